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
   * @throws ApiException if too many wait, or the time for the request passes
   */
  <T> T run(Terms terms, Supplier<T> work) {
    if (!free.tryAcquire()) {
      await(terms);
    }
    try {
      return work.get();
    } finally {
      free.release();
    }
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
        throw new ApiException(
            504, "timeout_error", "deadline_exceeded", null, "the time for the answer has passed");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ApiException(
          503, "server_error", "shutting_down", null, "the server is being stopped");
    }
  }
}
