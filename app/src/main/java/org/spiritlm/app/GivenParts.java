package org.spiritlm.app;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.spiritlm.Segment;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** Text and speech in the order in which they were given. */
final class GivenParts {
  @ArgGroup(exclusive = true, multiplicity = "0..*")
  List<Given> parts = new ArrayList<>();

  /** One of the two. */
  static final class Given {
    @Option(
        names = "--text",
        paramLabel = "TEXT",
        required = true,
        description = "The next part, a text.")
    @Nullable String text;

    @Option(
        names = "--speech",
        paramLabel = "FILE",
        required = true,
        description = "The next part, an audio file of any format.")
    @Nullable Path speech;

    private Segment segment() {
      return text != null ? Segment.text(text) : Segment.speech(Objects.requireNonNull(speech));
    }
  }

  /** What was given, in order. */
  List<Segment> segments() {
    return parts.stream().map(Given::segment).toList();
  }
}
