package org.spiritlm.app;

import org.jspecify.annotations.Nullable;
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
      description = "The vocoder's style of speaking, where it has one (default: the model's).")
  @Nullable String style;
}
