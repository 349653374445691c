package org.spiritlm.corpus;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;

/**
 * The tables of Expresso: a name, a tab, and what is said of it. Lines that begin with # are
 * comments. A line that is none is a rejection. They are small and held in memory.
 */
final class ExpressoTables {
  /** Two times in brackets, each of which may be missing: {@code (0.5s, )}. */
  private static final Pattern TIMES =
      Pattern.compile("\\(\\s*([0-9.]*)\\s*s?\\s*,\\s*([0-9.]*)\\s*s?\\s*\\)");

  private final CorpusListener listener;

  ExpressoTables(CorpusListener listener) {
    this.listener = listener;
  }

  /**
   * A stretch of a recording.
   *
   * @param name of the split it belongs to, or null
   * @param start seconds
   * @param end seconds, or infinity
   */
  record Segment(@Nullable String name, double start, double end) {
    static Segment whole(@Nullable String name) {
      return new Segment(name, 0, Double.POSITIVE_INFINITY);
    }

    boolean isWhole() {
      return start == 0 && end == Double.POSITIVE_INFINITY;
    }
  }

  /** Transcripts by the name of the recording. */
  Map<String, String> transcripts(Path file) {
    Map<String, String> transcripts = new HashMap<>();
    lines(
        file,
        fields -> {
          if (fields.length < 2 || fields[1].isBlank()) {
            throw new InputException("the transcript of " + fields[0] + " is empty");
          }
          if (transcripts.putIfAbsent(fields[0], fields[1].strip()) != null) {
            throw new InputException("the id '" + fields[0] + "' was there before");
          }
        });
    return transcripts;
  }

  /** Segments in which somebody speaks, by the name of the recording; none without the file. */
  Map<String, List<Segment>> segments(Path file) {
    Map<String, List<Segment>> segments = new HashMap<>();
    if (Files.isRegularFile(file)) {
      lines(
          file,
          fields ->
              segments.put(fields[0], times(null, fields.length < 2 ? "" : fields[1], fields[0])));
    }
    return segments;
  }

  /** Stretches with the name of their split, by the name of the recording. */
  Map<String, List<Segment>> splits(Path directory, List<String> names) {
    Map<String, List<Segment>> splits = new HashMap<>();
    for (String name : names) {
      Path file = directory.resolve(name + ".txt");
      if (Files.isRegularFile(file)) {
        lines(
            file,
            fields ->
                splits
                    .computeIfAbsent(fields[0], id -> new ArrayList<>())
                    .addAll(
                        fields.length < 2 || fields[1].isBlank()
                            ? List.of(Segment.whole(name))
                            : times(name, fields[1], fields[0])));
      }
    }
    return splits;
  }

  private static List<Segment> times(@Nullable String name, String text, String id) {
    List<Segment> segments = new ArrayList<>();
    Matcher matcher = TIMES.matcher(text);
    while (matcher.find()) {
      try {
        double start = matcher.group(1).isEmpty() ? 0 : Double.parseDouble(matcher.group(1));
        double end =
            matcher.group(2).isEmpty()
                ? Double.POSITIVE_INFINITY
                : Double.parseDouble(matcher.group(2));
        segments.add(new Segment(name, start, end));
      } catch (NumberFormatException e) {
        throw new InputException("times of " + id + ": " + matcher.group(), e);
      }
    }
    if (segments.isEmpty()) {
      throw new InputException("expected times such as (0.5, 2.25) after " + id);
    }
    return segments;
  }

  private void lines(Path file, Consumer<String[]> taker) {
    try (TextLines lines = TextLines.open(file)) {
      while (true) {
        try {
          String line = lines.next();
          if (line == null) {
            return;
          }
          if (!line.isBlank() && !line.startsWith("#")) {
            taker.accept(line.strip().split("\t", 2));
          }
        } catch (InputException e) {
          listener.reject(new Rejection(lines.where(), null, String.valueOf(e.getMessage())));
        }
      }
    }
  }
}
