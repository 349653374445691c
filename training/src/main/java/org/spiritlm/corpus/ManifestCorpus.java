package org.spiritlm.corpus;

import java.nio.file.Path;
import org.spiritlm.torch.InputException;

/** A manifest: what was converted already. Its relative audio becomes absolute. */
final class ManifestCorpus implements Corpus {
  @Override
  public void read(Path source, CorpusListener listener) {
    Path directory = source.toAbsolutePath().resolveSibling("");
    Manifest.read(
        source,
        new CorpusListener() {
          @Override
          public void accept(Utterance utterance) {
            AudioLocation audio = utterance.audio();
            if (UtteranceAudio.isUri(audio.file())) {
              listener.accept(utterance);
              return;
            }
            try {
              Path file = UtteranceAudio.localFile(audio, directory).normalize();
              listener.accept(utterance.withAudio(audio.withFile(AudioFiles.written(file))));
            } catch (InputException e) {
              reject(new Rejection(utterance.id(), audio, String.valueOf(e.getMessage())));
            }
          }

          @Override
          public void reject(Rejection rejection) {
            listener.reject(rejection);
          }
        });
  }
}
