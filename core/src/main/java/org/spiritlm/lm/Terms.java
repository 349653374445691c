package org.spiritlm.lm;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * On which terms an {@link Engine} works for someone.
 *
 * @param client whose turn it is: clients take turns, however much each of them asks for
 * @param deadline when it is too late for an answer ({@link System#nanoTime})
 * @param wanted asked now and then, by the waiting thread, whether an answer is still wanted
 */
public record Terms(String client, long deadline, BooleanSupplier wanted) {
  /** A client without a deadline, who waits for the end. */
  public static Terms of(String client) {
    return new Terms(client, System.nanoTime() + Long.MAX_VALUE / 2, () -> true);
  }

  /** The same with so much time from now. */
  public Terms within(Duration time) {
    return new Terms(client, System.nanoTime() + time.toNanos(), wanted);
  }

  /** The same as long as this says so. */
  public Terms asLongAs(BooleanSupplier condition) {
    return new Terms(client, deadline, condition);
  }

  boolean isLate(long now) {
    return now - deadline > 0;
  }
}
