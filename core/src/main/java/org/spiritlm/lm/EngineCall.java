package org.spiritlm.lm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One call of an {@link Engine}: its answers grow on the engine's thread, and the calling thread
 * hears of them here.
 */
final class EngineCall {
  /** How often it is asked whether answers are still wanted (ns). */
  private static final long PATIENCE = TimeUnit.MILLISECONDS.toNanos(100);

  final Terms terms;
  final List<Member> members = new ArrayList<>();
  private final LinkedBlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private final Runnable wake;

  /**
   * What the engine has to say of one answer: an id, the end, or a failure.
   *
   * @param id a new one, or -1
   * @param candidates with the end
   */
  private record Event(
      Member member,
      int id,
      @Nullable FinishReason end,
      List<Answer.Candidate> candidates,
      @Nullable Throwable failure) {}

  /** One answer that was asked for. */
  final class Member {
    final GrowingAnswer answer;
    final long bytes;
    private final Request request;
    private final long began = System.nanoTime();
    private volatile boolean dropped;
    private volatile int reused;
    // of the calling thread
    private int[] ids = new int[8];
    private int count;
    private long first;
    private @Nullable FinishReason reason;
    private List<Answer.Candidate> candidates = List.of();
    private long ended;

    Member(Request request, LlamaModel model) {
      this.request = request;
      this.answer =
          GrowingAnswer.of(
              request.heardBy(
                  id -> {
                    events.add(new Event(this, id, null, List.of(), null));
                    return !dropped;
                  }),
              model);
      this.bytes = (long) ((double) model.cacheBytes(answer.capacity()) * answer.width());
    }

    Terms terms() {
      return terms;
    }

    /** So much of its prompt need not be read. */
    void reuse(int count) {
      reused = count;
    }

    /** Whether nobody wants more of it. */
    boolean isDropped() {
      return dropped;
    }

    /** Tells the calling thread that there is no more. */
    void end(FinishReason why) {
      events.add(new Event(this, -1, why, answer.candidates(), null));
    }

    /** Tells the calling thread that there will be no answer. */
    void fail(Throwable why) {
      events.add(new Event(this, -1, null, List.of(), why));
    }

    private void hear(int id) {
      if (count == ids.length) {
        ids = Arrays.copyOf(ids, 2 * count);
      }
      first = count == 0 ? System.nanoTime() : first;
      ids[count++] = id;
      boolean goesOn = request.listener().test(id);
      if (!goesOn && !request.ends().contains(id)) {
        drop();
      }
    }

    private void drop() {
      dropped = true;
      end(FinishReason.STOPPED, System.nanoTime());
      wake.run();
    }

    private void end(FinishReason why, long now) {
      reason = why;
      ended = now;
    }

    private Answer answer() {
      long read = count == 0 ? ended : first;
      return new Answer(
          Arrays.copyOf(ids, count),
          Objects.requireNonNull(reason),
          reused,
          (read - began) / 1e9,
          Math.max(0, ended - read) / 1e9,
          candidates);
    }
  }

  /**
   * @param wake tells the engine to look after its sequences
   */
  EngineCall(List<Request> requests, Terms terms, LlamaModel model, Runnable wake) {
    this.terms = terms;
    this.wake = wake;
    requests.forEach(request -> members.add(new Member(request, model)));
  }

  /** Waits for all answers, and lets the requests' listeners hear them. */
  List<Answer> answers() {
    try {
      long asked = System.nanoTime();
      int open = members.size();
      while (open > 0) {
        Event event = events.poll(PATIENCE, TimeUnit.NANOSECONDS);
        if (event != null && event.member.reason == null) {
          open -= take(event) ? 0 : 1;
        }
        if (System.nanoTime() - asked >= PATIENCE) {
          asked = System.nanoTime();
          if (!terms.wanted().getAsBoolean()) {
            break;
          }
        }
      }
      drop();
      return members.stream().map(Member::answer).toList();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new NotServedException(
          NotServedException.Reason.CLOSED, "the thread that waited for an answer was interrupted");
    } finally {
      drop();
    }
  }

  /** Whether the answer goes on. */
  private static boolean take(Event event) {
    Member member = event.member;
    if (event.failure instanceof RuntimeException failure) {
      throw failure;
    } else if (event.failure instanceof Error failure) {
      throw failure;
    } else if (event.end != null) {
      member.candidates = event.candidates;
      member.end(event.end, System.nanoTime());
    } else {
      member.hear(event.id);
    }
    return member.reason == null;
  }

  /** Wants no more of answers that go on. */
  private void drop() {
    members.stream().filter(member -> member.reason == null).forEach(Member::drop);
  }
}
