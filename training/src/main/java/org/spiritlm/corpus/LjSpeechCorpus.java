package org.spiritlm.corpus;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;

/**
 * LJSpeech: {@code metadata.csv}, a line an utterance, {@code id|text|text with numbers written
 * out}, and {@code wavs/ID.wav}. The last text that is there is taken.
 */
final class LjSpeechCorpus implements Corpus {
  static final String METADATA = "metadata.csv";

  /** The only speaker. */
  private static final String SPEAKER = "LJ";

  @Override
  public void read(Path source, CorpusListener listener) {
    Path root = Files.isDirectory(source) ? source : source.resolveSibling("");
    Path directory = root.resolve("wavs");
    SeenNames seen = new SeenNames();
    try (TextLines lines = TextLines.open(root.resolve(METADATA))) {
      while (true) {
        try {
          String line = lines.next();
          if (line == null) {
            break;
          }
          if (!line.isBlank()) {
            utterance(line.split("\\|", -1), lines.where(), directory, seen, listener);
          }
        } catch (InputException e) {
          listener.reject(new Rejection(lines.where(), null, String.valueOf(e.getMessage())));
        }
      }
    }
    try {
      for (Path file : FileTree.list(directory)) {
        if (AudioFiles.isAudio(AudioFiles.name(file)) && !seen.contains(AudioFiles.stem(file))) {
          listener.reject(
              new Rejection(
                  AudioFiles.stem(file),
                  AudioFiles.location(file),
                  "has no transcript in " + METADATA));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void utterance(
      String[] fields, String where, Path directory, SeenNames seen, CorpusListener listener) {
    String id = fields[0].strip();
    if (fields.length < 2 || id.isEmpty()) {
      throw new InputException(where + ": expected id|text|text");
    }
    seen.add(id);
    String last = fields[fields.length - 1].strip();
    String text = last.isEmpty() ? fields[1].strip() : last;
    @Nullable Path file = AudioFiles.find(directory, id);
    if (file == null) {
      listener.reject(
          new Rejection(
              id,
              AudioFiles.location(directory.resolve(id + ".wav")),
              "there is no such recording, " + where));
    } else {
      listener.accept(
          new Utterance(
              id, AudioFiles.location(file), null, null, text, List.of(), SPEAKER, null, null));
    }
  }
}
