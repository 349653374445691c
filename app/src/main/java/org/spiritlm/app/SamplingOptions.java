package org.spiritlm.app;

import org.jspecify.annotations.Nullable;
import org.spiritlm.GenerationOptions;
import org.spiritlm.torch.InputException;
import picocli.CommandLine.Option;

/** How the next token is chosen, and how many. */
final class SamplingOptions {
  @Option(
      names = "--max-new-tokens",
      paramLabel = "N",
      description = "At most so many tokens (default: 200; to speak, as --max-seconds needs).")
  @Nullable Integer maxNewTokens;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      description =
          "Divides the logits; lower is safer (default: 0.8; to say texts 0.5 if that was learnt; to"
              + " transcribe 0).")
  @Nullable Double temperature;

  @Option(names = "--top-k", paramLabel = "K", description = "Choose among the K likeliest tokens.")
  @Nullable Integer topK;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      description =
          "Choose among the likeliest tokens that together have probability P (default: 0.95).")
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

  @Option(
      names = "--beams",
      paramLabel = "N",
      description =
          "Beam search of this width (to transcribe 4 if that was learnt; 1 listens once).")
  @Nullable Integer beams;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "Chooses what is drawn: the same seed gives the same answer (default: 0).")
  @Nullable Long seed;

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
    if (beams != null && beams > 1 && draws != null) {
      throw new InputException("--beams draws nothing, so it cannot go with " + draws);
    }
  }

  /** Whether these options say that there can be no second answer. */
  boolean isGreedy() {
    return greedy && (beams == null || beams == 1);
  }

  /**
   * Changes what was given.
   *
   * @throws InputException if a value is not allowed, or tokens are to be drawn in some way where
   *     none are drawn
   */
  GenerationOptions applied(GenerationOptions options) {
    check();
    String draws = drawing();
    GenerationOptions changed = greedy || draws != null ? options.withBeams(1) : options;
    if (maxNewTokens != null) {
      changed = changed.withMaxNewTokens(maxNewTokens);
    }
    if (temperature != null) {
      changed = changed.withTemperature(temperature);
    }
    if (draws != null && changed.sampling().isGreedy()) {
      throw new InputException(
          draws
              + " is for tokens that are drawn, and none are; add --temperature 0.8, or leave it");
    }
    if (topK != null) {
      changed = changed.withTopK(topK);
    }
    if (topP != null) {
      changed = changed.withTopP(topP);
    }
    if (minP != null) {
      changed = changed.withMinP(minP);
    }
    if (seed != null) {
      changed = changed.withSeed(seed);
    }
    if (repetitionPenalty != null) {
      changed = changed.withRepetitionPenalty(repetitionPenalty);
    }
    if (greedy) {
      changed = changed.greedy();
    }
    return beams == null ? changed : changed.withBeams(beams);
  }

  /** The first option that only matters where tokens are drawn, or null. */
  private @Nullable String drawing() {
    if (temperature != null && temperature != 0) {
      return "--temperature";
    }
    return topK != null
        ? "--top-k"
        : topP != null ? "--top-p" : minP != null ? "--min-p" : seed != null ? "--seed" : null;
  }
}
