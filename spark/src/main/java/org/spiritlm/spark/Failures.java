package org.spiritlm.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;

/** Finds what went wrong in what Spark says of it. */
final class Failures {
  /** Longer than any chain of causes. */
  private static final int DEEPEST = 50;

  private Failures() {}

  /**
   * The failure of a task as if it had happened here: the user's mistake, or the system's refusal,
   * where one of them is among the causes.
   */
  static RuntimeException unwrap(Throwable failure) {
    @Nullable Throwable at = failure;
    for (int depth = 0; at != null && depth < DEEPEST; depth++, at = at.getCause()) {
      if (at instanceof InputException mistake) {
        return mistake;
      }
      if (at instanceof UncheckedIOException refused) {
        return refused;
      }
      if (at instanceof IOException refused) {
        return new UncheckedIOException(refused);
      }
      if (at instanceof OutOfMemoryError full) {
        throw full;
      }
    }
    // Spark's messages hold whole traces.
    return new IllegalStateException(
        String.valueOf(failure.getMessage()).lines().findFirst().orElse(""), failure);
  }
}
