package org.spiritlm.corpus;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.spiritlm.torch.InputException;

/**
 * LibriSpeech: {@code SPLIT/SPEAKER/CHAPTER/ID.flac} with {@code SPEAKER-CHAPTER.trans.txt} beside,
 * a line an utterance: the id, a blank, the words. The whole corpus, a split, or any directory in
 * it.
 */
final class LibriSpeechCorpus implements Corpus {
  static final String TRANSCRIPTS = ".trans.txt";

  @Override
  public void read(Path source, CorpusListener listener) {
    FileTree.walk(source, listener, (directory, files) -> chapter(directory, files, listener));
  }

  private static void chapter(Path directory, List<Path> files, CorpusListener listener) {
    Map<String, Path> audio = new TreeMap<>();
    for (Path file : files) {
      if (AudioFiles.isAudio(AudioFiles.name(file))) {
        audio.put(AudioFiles.stem(file), file);
      }
    }
    for (Path file : files) {
      if (AudioFiles.name(file).endsWith(TRANSCRIPTS)) {
        transcripts(directory, file, audio, listener);
      }
    }
    audio.forEach(
        (id, file) ->
            listener.reject(
                new Rejection(
                    id,
                    AudioFiles.location(file),
                    "has no transcript in a file " + TRANSCRIPTS + " beside it")));
  }

  private static void transcripts(
      Path directory, Path file, Map<String, Path> audio, CorpusListener listener) {
    try (TextLines lines = TextLines.open(file)) {
      while (true) {
        try {
          String line = lines.next();
          if (line == null) {
            return;
          }
          if (!line.isBlank()) {
            utterance(directory, lines.where(), line, audio, listener);
          }
        } catch (InputException e) {
          listener.reject(new Rejection(lines.where(), null, String.valueOf(e.getMessage())));
        }
      }
    }
  }

  private static void utterance(
      Path directory, String where, String line, Map<String, Path> audio, CorpusListener listener) {
    String[] parts = line.strip().split("\\s+", 2);
    String id = parts[0];
    Path file = audio.remove(id);
    if (file == null) {
      listener.reject(
          new Rejection(
              id,
              AudioFiles.location(directory.resolve(id + ".flac")),
              "there is no such recording beside its transcript, " + where));
      return;
    }
    if (parts.length < 2) {
      listener.reject(
          new Rejection(id, AudioFiles.location(file), "the transcript is empty, " + where));
      return;
    }
    String[] names = id.split("-", -1);
    listener.accept(
        new Utterance(
            id,
            AudioFiles.location(file),
            null,
            null,
            parts[1],
            List.of(),
            names.length == 3 ? names[0] : AudioFiles.name(parent(directory)),
            null,
            AudioFiles.name(parent(parent(directory)))));
  }

  private static Path parent(Path directory) {
    Path parent = directory.getParent();
    return parent == null ? directory : parent;
  }
}
