package org.spiritlm.server;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.spiritlm.lm.Terms;

/**
 * Lets in so many at a time who turn audio into tokens, tokens into audio, or score, in the order
 * in which they came.
 */
final class Workers {
  private final Semaphore free;
  private final int waiting;

  /**
   * @param atOnce how many work
   * @param waiting how many may wait for it
   */
  Workers(int atOnce, int waiting) {
    this.free = new Semaphore(atOnce, true);
    this.waiting = waiting;
  }

  /**
   * Does some work when it is its turn.
   *
   * @throws ApiException if too many wait, or the time for the request passes or its client goes
   */
  <T> T run(Terms terms, Supplier<T> work) {
    if (!free.tryAcquire()) {
      await(terms);
    }
    try {
      check(terms);
      return work.get();
    } finally {
      free.release();
    }
  }

  /** Whether there is anyone who wants it, and in time. */
  private static void check(Terms terms) {
    if (System.nanoTime() - terms.deadline() > 0) {
      throw late();
    }
    if (!terms.wanted().getAsBoolean()) {
      throw new ApiException(499, "client_error", "client_closed", null, "the client has gone");
    }
  }

  private static ApiException late() {
    return new ApiException(
        504, "timeout_error", "deadline_exceeded", null, "the time for the answer has passed");
  }

  private void await(Terms terms) {
    if (free.getQueueLength() >= waiting) {
      throw new ApiException(
          429,
          "rate_limit_error",
          "rate_limit_exceeded",
          null,
          waiting + " requests wait already; ask again later");
    }
    try {
      if (!free.tryAcquire(terms.deadline() - System.nanoTime(), TimeUnit.NANOSECONDS)) {
        throw late();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ApiException(
          503, "server_error", "shutting_down", null, "the server is being stopped");
    }
  }
}
