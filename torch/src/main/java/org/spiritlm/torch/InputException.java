package org.spiritlm.torch;

import org.jspecify.annotations.Nullable;

/**
 * Something that the user gave is wrong: the message says what, where, what was expected and found,
 * and what to do.
 *
 * <p>The command line prints the message alone and ends with exit code 2.
 */
public class InputException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public InputException(String message) {
    this(message, null);
  }

  public InputException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
