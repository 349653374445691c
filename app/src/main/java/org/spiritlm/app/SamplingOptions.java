package org.spiritlm.app;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;
import picocli.CommandLine.Option;

/** How the next token is chosen, and when to end. */
final class SamplingOptions {
  @Option(
      names = "--max-new-tokens",
      paramLabel = "N",
      description = "At most so many tokens (default: ${DEFAULT-VALUE}).")
  int maxNewTokens = 256;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      description = "Divides the logits; lower is safer (default: 1).")
  @Nullable Double temperature;

  @Option(names = "--top-k", paramLabel = "K", description = "Choose among the K likeliest tokens.")
  @Nullable Integer topK;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      description = "Choose among the likeliest tokens that together have probability P.")
  @Nullable Double topP;

  @Option(
      names = "--min-p",
      paramLabel = "P",
      description = "Choose among tokens at least P times as likely as the likeliest.")
  @Nullable Double minP;

  @Option(
      names = "--repetition-penalty",
      paramLabel = "R",
      description = "Above 1: make tokens that were there already less likely.")
  @Nullable Double repetitionPenalty;

  @Option(names = "--greedy", description = "Always the likeliest token; draws nothing.")
  boolean greedy;

  @Option(names = "--beams", paramLabel = "N", description = "Beam search of this width.")
  @Nullable Integer beams;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "The same seed gives the same answer (default: another one each time).")
  @Nullable Long seed;

  @Option(
      names = "--stop",
      paramLabel = "TEXT",
      description = "End before this text; may be given several times.")
  List<String> stop = new ArrayList<>();

  @Option(
      names = "--max-seconds",
      paramLabel = "S",
      description = "At most so many seconds of speech.")
  @Nullable Double maxSeconds;

  @Option(
      names = "--num-return",
      paramLabel = "N",
      description = "So many answers (default: ${DEFAULT-VALUE}).")
  int numReturn = 1;

  @Option(
      names = "--no-modality-mask",
      description = "Let the model leave the modality that is asked for.")
  boolean noModalityMask;

  /**
   * Finds options that exclude each other.
   *
   * @throws InputException naming them
   */
  void check() {
    String draws = drawing();
    if (greedy && draws != null) {
      throw new InputException("--greedy draws nothing, so it cannot go with " + draws);
    }
    if (beams != null && beams > 1 && (greedy || draws != null)) {
      throw new InputException(
          "--beams searches, so it cannot go with " + (greedy ? "--greedy" : draws));
    }
    if (greedy && numReturn > 1) {
      throw new InputException(
          "--greedy gives one answer, so it cannot go with --num-return " + numReturn);
    }
    if (numReturn < 1) {
      throw new InputException("--num-return must be 1 or more, found " + numReturn);
    }
    if (beams != null && numReturn > beams) {
      throw new InputException(
          "--beams " + beams + " has no " + numReturn + " answers (--num-return); use more beams");
    }
  }

  /** Whether answers are drawn at random. */
  boolean draws() {
    return !greedy && (beams == null || beams == 1);
  }

  private @Nullable String drawing() {
    return temperature != null
        ? "--temperature"
        : topK != null
            ? "--top-k"
            : topP != null ? "--top-p" : minP != null ? "--min-p" : seed != null ? "--seed" : null;
  }
}
