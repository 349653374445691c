package org.spiritlm;

/** Why an answer ended. */
public enum EndReason {
  /** The model gave one of its end tokens. */
  END,
  /** One of the stop strings or stop ids that were asked for came. */
  STOP,
  /** The most new tokens, or the model's context, was reached. */
  LENGTH,
  /** The most seconds of speech were reached. */
  SECONDS,
  /** The listener wanted no more. */
  CANCELLED
}
