package org.spiritlm.app;

import org.jspecify.annotations.Nullable;
import org.spiritlm.vocoder.VoiceOptions;
import picocli.CommandLine.Option;

/** The voice that speaks. */
final class VoiceOption {
  @Option(
      names = "--speaker",
      paramLabel = "NAME|N",
      description = "The vocoder's speaker, by name or number (default: the model's).")
  @Nullable String speaker;

  @Option(
      names = "--style",
      paramLabel = "NAME|N",
      description =
          "The style of speaking, by a name that 'info' lists, or by number; in an expressive model"
              + " the number of a style token (default: the model's).")
  @Nullable String style;

  @Option(
      names = "--no-duration-prediction",
      description = "Let each unit last one frame (40 ms in the released models).")
  boolean noDurationPrediction;

  /** As the library takes it. */
  VoiceOptions voice() {
    return VoiceOptions.standard()
        .withSpeaker(speaker)
        .withStyle(style)
        .withPredictedDurations(!noDurationPrediction);
  }

  /** The first option that was given, or null. */
  @Nullable String given() {
    return speaker != null
        ? "--speaker"
        : style != null ? "--style" : noDurationPrediction ? "--no-duration-prediction" : null;
  }
}
