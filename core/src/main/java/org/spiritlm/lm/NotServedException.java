package org.spiritlm.lm;

/** An {@link Engine} makes no answer, or did not finish it; another time it may. */
public final class NotServedException extends RuntimeException {
  private final Reason reason;

  /** Why. */
  public enum Reason {
    /** As many wait as may; ask again later. */
    BUSY,
    /** The time for the answer has passed. */
    LATE,
    /** The engine is closed, or is being closed. */
    CLOSED
  }

  NotServedException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  /** Why. */
  public Reason reason() {
    return reason;
  }
}
