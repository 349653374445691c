package org.spiritlm.lm;

import org.spiritlm.torch.InputException;

/** A prompt, or what is asked after it, has no room in the model's context. */
public final class ContextLengthException extends InputException {
  private static final long serialVersionUID = 1;

  ContextLengthException(String message) {
    super(message, null);
  }
}
