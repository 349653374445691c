package org.spiritlm.app;

import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;
import picocli.CommandLine.Option;

/** How long streamed speech waits for what comes. */
final class LookAheadOption {
  @Option(
      names = "--look-ahead",
      paramLabel = "FRAMES",
      description = {
        "Let streamed speech wait for so many frames only, and so begin sooner: with 11, after 12"
            + " units at most.",
        "It then differs a little from what is spoken at leisure (default: as many as make no"
            + " difference; 20 in the released vocoders).",
      })
  @Nullable Integer frames;

  /**
   * The frames, or null for the vocoder's.
   *
   * @throws InputException if there are none
   */
  @Nullable Integer frames() {
    if (frames != null && frames < 1) {
      throw new InputException("--look-ahead must be 1 or more, found " + frames);
    }
    return frames;
  }
}
