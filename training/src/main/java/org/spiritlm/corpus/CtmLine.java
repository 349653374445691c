package org.spiritlm.corpus;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.torch.InputException;

/**
 * A line of a CTM file: recording, channel, start, duration, word, and a confidence, which is
 * passed over. {@code ;;} begins a comment.
 *
 * @param recording its name
 * @param channel counted from 1; {@code A} is 1, {@code B} 2
 */
record CtmLine(String recording, int channel, AlignedWord word) {
  /**
   * Reads a line; null for one that is empty or a comment.
   *
   * @param where it stands, for messages
   * @throws InputException if it is none
   */
  static @Nullable CtmLine parse(String line, String where) {
    if (line.isBlank() || line.startsWith(";;")) {
      return null;
    }
    String[] fields = line.strip().split("\\s+", -1);
    try {
      if (fields.length >= 5) {
        double start = Double.parseDouble(fields[2]);
        double seconds = Double.parseDouble(fields[3]);
        if (Double.isFinite(start) && Double.isFinite(seconds)) {
          return new CtmLine(
              fields[0],
              channel(fields[1]),
              new AlignedWord(fields[4], start, Math.rint((start + seconds) * 1e6) / 1e6));
        }
      }
    } catch (NumberFormatException e) {
      throw new InputException(where + ": expected numbers for start and duration", e);
    }
    throw new InputException(where + ": expected recording, channel, start, duration, word");
  }

  private static int channel(String name) {
    return switch (name) {
      case "A", "a" -> 1;
      case "B", "b" -> 2;
      default -> Integer.parseInt(name);
    };
  }

  /** The words of a file that holds one recording. */
  static List<AlignedWord> words(Path file) {
    List<AlignedWord> words = new ArrayList<>();
    try (TextLines lines = TextLines.open(file)) {
      for (String line = lines.next(); line != null; line = lines.next()) {
        CtmLine parsed = parse(line, lines.where());
        if (parsed != null && !TextGrid.isSilence(parsed.word.word())) {
          words.add(parsed.word);
        }
      }
    }
    return words;
  }
}
