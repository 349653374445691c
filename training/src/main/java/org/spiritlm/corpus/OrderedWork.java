package org.spiritlm.corpus;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.spiritlm.torch.InputException;

/**
 * Does something with items in several threads, and hands the results on in the items' order, in
 * the thread that brings the items. Few items are held at a time.
 *
 * @param <T> items
 * @param <R> results
 */
public final class OrderedWork<T, R> implements AutoCloseable {
  private static final int HELD = 2; // for each thread

  private final Function<T, R> work;
  private final Consumer<R> taker;
  private final ExecutorService pool;
  private final Deque<Future<R>> held = new ArrayDeque<>();
  private final int most;

  /**
   * Nothing to do yet.
   *
   * @param threads how many
   * @param work what is done with an item, safe for use by several threads
   * @param taker takes the results
   */
  public OrderedWork(int threads, Function<T, R> work, Consumer<R> taker) {
    this.work = work;
    this.taker = taker;
    this.most = HELD * threads;
    this.pool =
        Executors.newFixedThreadPool(
            threads,
            task -> {
              Thread thread = new Thread(task, "ordered-work");
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * Brings an item; results that are there may be handed on.
   *
   * @throws RuntimeException what the work with an item before threw
   */
  public void add(T item) {
    if (held.size() == most) {
      take();
    }
    held.add(pool.submit(() -> work.apply(item)));
  }

  /**
   * Hands on all results that are not yet.
   *
   * @throws RuntimeException what the work with an item threw
   */
  public void finish() {
    while (!held.isEmpty()) {
      take();
    }
  }

  private void take() {
    try {
      taker.accept(held.remove().get());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InputException("interrupted; the same command goes on", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException runtime) {
        throw runtime;
      }
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  /** Leaves what is not begun, and waits for the rest: nothing is done after it. */
  @Override
  public void close() {
    pool.shutdownNow();
    boolean interrupted = false;
    while (!pool.isTerminated()) {
      try {
        pool.awaitTermination(1, TimeUnit.MINUTES);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
