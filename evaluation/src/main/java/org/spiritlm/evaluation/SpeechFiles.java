package org.spiritlm.evaluation;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.audio.AudioWriter;
import org.spiritlm.corpus.AudioLocation;
import org.spiritlm.corpus.Manifest;
import org.spiritlm.corpus.Utterance;

/**
 * The speech that an independent recogniser is to hear: WAV files by kind and number, and a
 * manifest that says what each says.
 */
final class SpeechFiles {
  private static final String MANIFEST = "manifest.jsonl";

  /** The recordings themselves. */
  static final String ORIGINAL = "original";

  /** What the model says when it is given a text. */
  static final String SPOKEN = "tts";

  /** What becomes of recordings that are encoded and decoded. */
  static final String RESYNTHESIZED = "resynthesis";

  private static final List<String> KINDS = List.of(ORIGINAL, SPOKEN, RESYNTHESIZED);

  private final Path directory;

  SpeechFiles(Path directory) {
    this.directory = directory;
  }

  /** The name of a recording in the manifest and in its transcripts. */
  static String name(String kind, Item item) {
    return kind + "/" + item.id();
  }

  /** Where a recording lies. */
  Path file(String kind, Item item) {
    return directory.resolve(kind).resolve(String.format(Locale.ROOT, "%06d.wav", item.number()));
  }

  /** Writes a recording beside its place and moves it there. */
  void write(String kind, Item item, Audio audio) {
    Path file = file(kind, item);
    try {
      Files.createDirectories(directory.resolve(kind));
      Path beside = file.resolveSibling("." + file.getFileName() + ".part");
      AudioWriter.write(beside, audio);
      Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads a recording back, at 16 kHz. */
  float[] read(String kind, Item item) {
    return AudioReader.read(file(kind, item), AudioReader.Options.speech()).samples();
  }

  /** Writes the manifest of what the measures of these names have made. */
  void writeManifest(List<Item> items, Results results) {
    Path beside = directory.resolve("." + MANIFEST + ".part");
    try {
      Files.createDirectories(directory);
      try (Manifest.Writer writer = new Manifest.Writer(beside)) {
        for (String kind : KINDS) {
          for (Item item : items) {
            if (results.has(kind, item.id()) && !Results.failed(results.of(kind, item.id()))) {
              Path file = directory.relativize(file(kind, item));
              writer.write(
                  Utterance.of(
                      name(kind, item),
                      AudioLocation.of(file.toString().replace('\\', '/')),
                      item.text()));
            }
          }
        }
      }
      Files.move(
          beside,
          directory.resolve(MANIFEST),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
