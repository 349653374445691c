package org.spiritlm.lm;

/** Why an answer ended. */
public enum FinishReason {
  /** The model gave an end token. */
  END,
  /** The most new tokens, or the model's context, was reached. */
  LENGTH,
  /** The one who listens wanted no more. */
  STOPPED
}
