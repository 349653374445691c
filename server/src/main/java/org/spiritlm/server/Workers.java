package org.spiritlm.server;

import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.spiritlm.lm.Terms;

/**
 * Lets in so many at a time who turn audio into tokens, tokens into audio, or score. Clients take
 * turns: what waits is let in by rounds, in each of which every client has one place, in the order
 * in which they came.
 */
final class Workers {
  private final ReentrantLock lock = new ReentrantLock();
  private final Queue<Waiting> queue =
      new PriorityQueue<>(
          Comparator.comparingLong((Waiting each) -> each.round)
              .thenComparingLong(each -> each.number));
  private final int most;
  private int free;
  private long round; // of who was let in last
  private long came;

  /** Somebody who waits. */
  private static final class Waiting {
    final String client;
    final long round;
    final long number;
    final Condition called;
    boolean isIn;

    Waiting(String client, long round, long number, Condition called) {
      this.client = client;
      this.round = round;
      this.number = number;
      this.called = called;
    }
  }

  /**
   * @param atOnce how many work
   * @param waiting how many may wait for it
   */
  Workers(int atOnce, int waiting) {
    this.free = atOnce;
    this.most = waiting;
  }

  /**
   * Does some work when it is its turn.
   *
   * @throws ApiException if too many wait, or the time for the request passes or its client goes
   */
  <T> T run(Terms terms, Supplier<T> work) {
    enter(terms);
    try {
      check(terms);
      return work.get();
    } finally {
      leave();
    }
  }

  /** How many wait. */
  int waiting() {
    lock.lock();
    try {
      return queue.size();
    } finally {
      lock.unlock();
    }
  }

  private void enter(Terms terms) {
    lock.lock();
    try {
      if (free > 0) { // so nobody waits
        free--;
        return;
      }
      if (queue.size() >= most) {
        throw new ApiException(
            429,
            "rate_limit_error",
            "rate_limit_exceeded",
            null,
            most + " requests wait already; ask again later");
      }
      await(
          new Waiting(terms.client(), nextRound(terms.client()), came++, lock.newCondition()),
          terms.deadline());
    } finally {
      lock.unlock();
    }
  }

  /** The round after that of what the client has waiting, or after the present one. */
  private long nextRound(String client) {
    return 1
        + queue.stream()
            .filter(each -> each.client.equals(client))
            .mapToLong(each -> each.round)
            .max()
            .orElse(round);
  }

  private void await(Waiting me, long deadline) {
    queue.add(me);
    try {
      while (!me.isIn) {
        long left = deadline - System.nanoTime();
        if (left <= 0) {
          throw late();
        }
        me.called.await(left, TimeUnit.NANOSECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      if (!me.isIn) {
        throw new ApiException(
            503, "server_error", "shutting_down", null, "the server is being stopped");
      }
    } finally {
      queue.remove(me);
    }
  }

  private void leave() {
    lock.lock();
    try {
      Waiting next = queue.poll();
      if (next == null) {
        free++;
      } else {
        round = next.round;
        next.isIn = true;
        next.called.signal();
      }
    } finally {
      lock.unlock();
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
}
