package org.spiritlm.lm;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.spiritlm.lm.NotServedException.Reason;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.Torch;

/**
 * Continues the prompts of many callers together: answers join and leave between the steps of one
 * model (Yu et al., 2022, "continuous batching"), each being what it would be alone.
 *
 * <p>All runs on a thread of the engine's own; callers wait, and hear their answers on their own
 * threads, so that what a listener does (such as speaking, on that thread alone) holds up nobody
 * else. Clients take turns where more is asked for than fits. The memory of caches is set aside
 * when an answer begins, for all that it may become, so that none has to be given up later. What
 * was read is kept as long as there is room: a prompt that begins in the same way goes on from
 * there.
 *
 * <p>Safe for use by several threads. Close it.
 */
public final class Engine implements AutoCloseable {
  private final LlamaModel model;
  private final EngineLimits limits;
  private final EngineBatch batch;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final FairQueue<EngineCall.Member> waiting = new FairQueue<>();
  private final Thread thread;
  private EngineFigures figures = new EngineFigures(0, 0, 0, 0, 0, 0, 0, 0, 0);
  private long refused;
  private boolean closing;
  private boolean givingUp; // what has not ended

  /** Starts an engine for a model. */
  public Engine(LlamaModel model, EngineLimits limits) {
    this.model = model;
    this.limits = limits;
    this.batch = new EngineBatch(model, limits);
    this.thread = new Thread(this::start, "spiritlm-engine");
    thread.setDaemon(true);
    thread.start();
  }

  /**
   * This engine on terms.
   *
   * <p>Its calls throw a {@link NotServedException} where too many wait already, the deadline
   * passes, or the engine is closed. Where an answer is no longer wanted, it ends with what there
   * is, as if its listener had wanted no more.
   */
  public Continuer on(Terms terms) {
    return new Continuer() {
      @Override
      public List<Answer> generate(List<Request> requests) {
        return beside(() -> Engine.this.generate(requests, terms));
      }

      @Override
      public <T> T beside(Supplier<T> work) {
        return Torch.onOneThread(work);
      }
    };
  }

  /**
   * The most beams that may look for an answer here, at least 1.
   *
   * @param positions of prompt and answer
   */
  public int mostBeams(int positions) {
    long fitting = limits.cacheBytes() / Math.max(1, model.cacheBytes(positions));
    return (int) Math.max(1, Math.min(limits.sequences(), fitting));
  }

  /** What it does, and has done. */
  public EngineFigures figures() {
    lock.lock();
    try {
      return new EngineFigures(
          waiting.size(),
          figures.active(),
          figures.cacheBytes(),
          figures.keptBytes(),
          figures.promptTokens(),
          figures.reusedTokens(),
          figures.newTokens(),
          figures.steps(),
          refused);
    } finally {
      lock.unlock();
    }
  }

  private List<Answer> generate(List<Request> requests, Terms terms) {
    EngineCall call = new EngineCall(requests, terms, model, this::wake);
    for (EngineCall.Member member : call.members) {
      if (member.answer.width() > limits.sequences()) {
        throw new InputException(
            "an answer is looked for with "
                + member.answer.width()
                + " beams, and at most "
                + limits.sequences()
                + " are followed at once; ask for fewer");
      }
      if (member.bytes > limits.cacheBytes()) {
        throw new InputException(
            "prompt and answer of "
                + member.answer.capacity()
                + " tokens need "
                + member.bytes
                + " bytes of cache, and all caches together may take "
                + limits.cacheBytes()
                + "; shorten the prompt or ask for fewer new tokens");
      }
    }
    join(call);
    return call.answers();
  }

  private void join(EngineCall call) {
    int count = call.members.size();
    lock.lock();
    try {
      if (closing) {
        throw closed();
      }
      if (waiting.size() + count > limits.waiting()) {
        refused += count;
        throw new NotServedException(
            Reason.BUSY,
            count
                + " more answers cannot wait: "
                + waiting.size()
                + " of at most "
                + limits.waiting()
                + " wait already; ask again later");
      }
      call.members.forEach(member -> waiting.add(call.terms.client(), member));
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private static NotServedException closed() {
    return new NotServedException(Reason.CLOSED, "no more answers are made: the engine is closed");
  }

  private void wake() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * A step of a small model takes a few milliseconds, in which others that listeners keep busy
   * would have to be waited for at each operation.
   */
  private void start() {
    if (model.config().isSmall()) {
      Torch.onOneThread(
          () -> {
            run();
            return true;
          });
    } else {
      run();
    }
  }

  private void run() {
    try {
      while (admit()) {
        List<Runnable> ends = batch.step();
        publish(); // so that who has an answer finds it counted
        ends.forEach(Runnable::run);
      }
    } catch (RuntimeException | Error e) { // a fault: nobody may wait for ever
      end(e);
    }
    batch.close();
    publish();
  }

  private void end(Throwable fault) {
    lock.lock();
    try {
      closing = true;
      waiting.remove(each -> true).forEach(each -> each.fail(fault));
      batch.failAll(fault);
    } finally {
      lock.unlock();
    }
  }

  /** Waits until there is something to do, and lets in what fits; false where all is done. */
  private boolean admit() {
    lock.lock();
    try {
      while (true) {
        sweep();
        for (EngineCall.Member next = waiting.peek();
            next != null && batch.hasRoomFor(next);
            next = waiting.peek()) {
          waiting.poll();
          batch.join(next);
        }
        publish();
        if (batch.size() > 0) {
          return true;
        }
        if (closing && waiting.size() == 0) {
          return false;
        }
        changed.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Lets go of what nobody wants, or comes too late. */
  private void sweep() {
    long now = System.nanoTime();
    waiting.remove(EngineCall.Member::isDropped);
    for (EngineCall.Member late : waiting.remove(each -> givingUp || each.terms().isLate(now))) {
      late.fail(givingUp ? closed() : EngineBatch.late());
    }
    if (givingUp) {
      batch.failAll(closed());
    }
    batch.sweep(now);
  }

  private void publish() {
    lock.lock();
    try {
      figures = batch.figures();
    } finally {
      lock.unlock();
    }
  }

  /** Closes it within ten seconds. */
  @Override
  public void close() {
    close(Duration.ofSeconds(10));
  }

  /**
   * Takes no more requests, waits for the answers that were asked for, and after the grace time
   * gives up those that are left. Then all memory is freed.
   */
  public void close(Duration grace) {
    lock.lock();
    try {
      closing = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    boolean interrupted = !joined(grace);
    lock.lock();
    try {
      givingUp = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    interrupted |= !joined(Duration.ofSeconds(TimeUnit.MINUTES.toSeconds(1)));
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean joined(Duration time) {
    try {
      thread.join(Math.max(1, time.toMillis()));
      return true;
    } catch (InterruptedException e) {
      return false;
    }
  }
}
