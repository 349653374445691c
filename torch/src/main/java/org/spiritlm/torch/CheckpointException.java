package org.spiritlm.torch;

import org.jspecify.annotations.Nullable;

/**
 * A checkpoint file is missing, damaged, unsafe, or does not fit the model; the message names the
 * file and the tensor.
 */
public final class CheckpointException extends InputException {
  private static final long serialVersionUID = 1;

  public CheckpointException(String message) {
    super(message);
  }

  public CheckpointException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
