package org.spiritlm.corpus;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.spiritlm.torch.InputException;

/**
 * VCTK: {@code wav48_silence_trimmed/SPEAKER/ID_mic1.flac} and {@code _mic2} (or, before version
 * 0.92, {@code wav48/SPEAKER/ID.wav}) with {@code txt/SPEAKER/ID.txt}. Each microphone's recording
 * is an utterance of its own, named by its file.
 */
final class VctkCorpus implements Corpus {
  static final List<String> AUDIO = List.of("wav48_silence_trimmed", "wav48", "wav16", "wav22");
  static final String TEXT = "txt";

  @Override
  public void read(Path source, CorpusListener listener) {
    Path audio =
        AUDIO.stream()
            .map(source::resolve)
            .filter(Files::isDirectory)
            .findFirst()
            .orElseThrow(
                () ->
                    new InputException(
                        source + ": expected one of the directories " + String.join(", ", AUDIO)));
    Path text = source.resolve(TEXT);
    FileTree.walk(
        audio,
        listener,
        (directory, files) -> {
          if (!directory.equals(audio)) {
            speaker(files, text.resolve(AudioFiles.name(directory)), listener);
          }
        });
    FileTree.walk(
        text,
        listener,
        (directory, files) -> {
          if (!files.isEmpty()) {
            unspoken(files, audio.resolve(AudioFiles.name(directory)), listener);
          }
        });
  }

  private static void speaker(List<Path> files, Path texts, CorpusListener listener) {
    String speaker = AudioFiles.name(texts);
    for (Path file : files) {
      if (!AudioFiles.isAudio(AudioFiles.name(file))) {
        continue;
      }
      String id = AudioFiles.stem(file);
      Path transcript = texts.resolve(sentence(id) + ".txt");
      AudioLocation location = AudioFiles.location(file);
      if (!Files.isRegularFile(transcript)) {
        listener.reject(
            new Rejection(id, location, "has no transcript: " + transcript + " does not exist"));
        continue;
      }
      try {
        String text = TextLines.whole(transcript);
        listener.accept(
            new Utterance(id, location, null, null, text, List.of(), speaker, null, null));
      } catch (InputException e) {
        listener.reject(new Rejection(id, location, String.valueOf(e.getMessage())));
      }
    }
  }

  /** The name of what is said, without that of the microphone. */
  private static String sentence(String id) {
    int microphone = id.lastIndexOf("_mic");
    return microphone < 0 ? id : id.substring(0, microphone);
  }

  private static void unspoken(List<Path> transcripts, Path audio, CorpusListener listener) {
    Set<String> spoken = new HashSet<>();
    try {
      if (Files.isDirectory(audio)) {
        FileTree.list(audio).forEach(file -> spoken.add(sentence(AudioFiles.stem(file))));
      }
    } catch (IOException e) {
      return; // told of already
    }
    for (Path transcript : transcripts) {
      String id = AudioFiles.stem(transcript);
      if (!spoken.contains(id)) {
        listener.reject(
            new Rejection(id, null, "there is no recording of the transcript " + transcript));
      }
    }
  }
}
