package org.spiritlm.lm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.spiritlm.lm.NotServedException.Reason;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Torch;

/** The answers that an {@link Engine} makes together. For its thread only. */
final class EngineBatch implements AutoCloseable {
  /** Tokens of prompts that are read in a step where nobody waits for the next token. */
  private static final int ALONE_TOKENS = 2048;

  /** The same where answers are being made, so that none of them stops for long. */
  private static final int BESIDE_TOKENS = 256;

  /** Prompts with more tokens are worth all threads, where nobody else is busy. */
  private static final int FEW_TOKENS = 32;

  /** A shorter beginning that prompts share is read anew. */
  private static final int LEAST_SHARED = 16;

  private final LlamaModel model;
  private final EngineLimits limits;
  private final List<EngineCall.Member> members = new ArrayList<>();
  private final KeptCaches kept = new KeptCaches();
  private final CacheBlock block; // of those that answer
  private long reserved; // memory of the members' caches, when all are there (bytes)
  private long promptTokens;
  private long reusedTokens;
  private long newTokens;
  private long steps;

  EngineBatch(LlamaModel model, EngineLimits limits) {
    this.model = model;
    this.limits = limits;
    this.block = new CacheBlock(model);
  }

  static NotServedException late() {
    return new NotServedException(Reason.LATE, "the time for the answer has passed");
  }

  /** Caches that are there, or may be. */
  int size() {
    return members.stream().mapToInt(member -> member.answer.width()).sum();
  }

  EngineFigures figures() {
    return new EngineFigures(
        0,
        size(),
        reserved + block.overhead(),
        kept.bytes(),
        promptTokens,
        reusedTokens,
        newTokens,
        steps,
        0);
  }

  boolean hasRoomFor(EngineCall.Member member) {
    return size() + member.answer.width() <= limits.sequences() && member.bytes <= unreserved();
  }

  /** Memory that is left beside that of the members (bytes). */
  private long unreserved() {
    return limits.cacheBytes() - reserved - block.overhead();
  }

  void join(EngineCall.Member member) {
    members.add(member);
    reserved += member.bytes;
  }

  /** Lets go of those that nobody wants, and those for which it is too late. */
  void sweep(long now) {
    for (EngineCall.Member member : List.copyOf(members)) {
      if (member.isDropped()) {
        leave(member);
      } else if (member.terms().isLate(now)) {
        leave(member);
        member.fail(late());
      }
    }
  }

  /**
   * Runs the model once.
   *
   * @return tells callers of the answers that have ended, which have left already
   */
  List<Runnable> step() {
    List<Runnable> ends = new ArrayList<>();
    List<Unread> running = new ArrayList<>();
    try (Scope scope = Scope.open()) {
      addUnread(running, ends);
      if (running.isEmpty()) {
        return ends;
      }
      List<Piece> pieces = running.stream().flatMap(each -> each.pieces.stream()).toList();
      block.gather(pieces, (limits.cacheBytes() - reserved) / 2);
      kept.shrink(unreserved());
      boolean beside = running.stream().anyMatch(each -> each.member.answer.hasReadPrompt());
      float[] logits = next(pieces, beside); // [pieces, V]
      steps++;
      int vocabulary = logits.length / pieces.size();
      int at = 0;
      for (Unread each : running) {
        int to = at + each.pieces.size() * vocabulary;
        if (each.member.answer.hasReadPrompt()) {
          accept(each.member, Arrays.copyOfRange(logits, at, to), ends);
        }
        at = to;
      }
    } catch (RuntimeException | Error e) { // all of them may have lost something
      running.forEach(each -> forget(each.member));
      running.forEach(each -> ends.add(() -> each.member.fail(e)));
    }
    return ends;
  }

  /**
   * @param beside whether answers are being made, whose callers are busy with what they hear
   */
  private float[] next(List<Piece> pieces, boolean beside) {
    Supplier<float[]> logits = () -> Tensors.floats(model.next(pieces));
    int tokens = pieces.stream().mapToInt(piece -> piece.ids().length).sum();
    return beside || tokens <= FEW_TOKENS ? logits.get() : Torch.onAllThreads(logits);
  }

  /** What a member has the model read in a step. */
  private record Unread(EngineCall.Member member, List<Piece> pieces) {}

  /** What is read next: the newest tokens of each answer, and as much of prompts as may be. */
  private void addUnread(List<Unread> running, List<Runnable> ends) {
    boolean alone = members.stream().noneMatch(member -> member.answer.hasReadPrompt());
    int left = alone ? ALONE_TOKENS : BESIDE_TOKENS;
    for (EngineCall.Member member : List.copyOf(members)) {
      boolean reads = !member.answer.hasReadPrompt();
      if (!reads || (left > 0 && begins(member, ends))) {
        List<Piece> pieces = member.answer.unread(left);
        running.add(new Unread(member, pieces));
        int count = reads ? pieces.get(0).ids().length : 0;
        left -= count;
        promptTokens += count;
      }
    }
  }

  private void accept(EngineCall.Member member, float[] logits, List<Runnable> ends) {
    try {
      newTokens++;
      member.answer.accept(logits);
      FinishReason reason = member.answer.reason();
      if (reason != null) {
        leave(member);
        ends.add(() -> member.end(reason));
      }
    } catch (RuntimeException e) {
      forget(member);
      ends.add(() -> member.fail(e));
    }
  }

  /** The same, where a failure, as for want of memory, is this member's alone. */
  private boolean begins(EngineCall.Member starting, List<Runnable> ends) {
    try {
      return begins(starting);
    } catch (RuntimeException | OutOfMemoryError e) {
      forget(starting);
      ends.add(() -> starting.fail(e));
      return false;
    }
  }

  /**
   * Makes an answer's cache, if there is none, with what is known of its prompt already; false
   * where another one is reading a beginning that both share.
   */
  private boolean begins(EngineCall.Member starting) {
    GrowingAnswer answer = starting.answer;
    if (answer.cache() != null) {
      return true;
    }
    int[] prompt = answer.prompt();
    KeptCaches.Kept source = kept.longest(prompt);
    int shared = source == null ? 0 : source.common(prompt);
    int coming = 0; // of those that are read now
    KvCache other = null;
    for (EngineCall.Member member : members) {
      KvCache cache = member.answer.cache();
      if (cache != null) {
        int common = KeptCaches.common(member.answer.all(), prompt);
        coming = member.answer.hasReadPrompt() ? coming : Math.max(coming, common);
        if (Math.min(common, cache.length()) > shared) {
          shared = Math.min(common, cache.length());
          other = cache;
        }
      }
    }
    if (coming >= LEAST_SHARED && coming > shared) {
      return false;
    }
    answer.take(cache(answer.capacity(), shared, other, source));
    int reused = Objects.requireNonNull(answer.cache()).length();
    starting.reuse(reused);
    reusedTokens += reused;
    return true;
  }

  /** A cache that holds the shared positions of an active one, or of one that is kept. */
  private KvCache cache(
      int capacity, int shared, @Nullable KvCache active, KeptCaches.@Nullable Kept source) {
    long most = unreserved();
    if (shared < LEAST_SHARED) {
      kept.shrink(most);
      return model.cache(capacity);
    }
    if (active != null) {
      kept.shrink(most);
      return active.copy(shared, capacity);
    }
    Objects.requireNonNull(source);
    if (shared == source.ids().length || source.cache().bytes() > most) {
      KvCache moved = kept.take(source).moved(shared, capacity);
      kept.shrink(most);
      return moved;
    }
    kept.touch(source);
    kept.shrink(most);
    return source.cache().copy(shared, capacity);
  }

  /** Takes a member out; what it has read is kept for others, if there is memory to move it. */
  private void leave(EngineCall.Member member) {
    remove(member);
    int[] ids = member.answer.all();
    KvCache cache = member.answer.release();
    if (cache == null) {
      return;
    }
    if (cache.length() < LEAST_SHARED) {
      cache.close();
      return;
    }
    try {
      kept.add(ids, cache);
    } catch (RuntimeException e) {
      cache.close();
    }
  }

  private void forget(EngineCall.Member member) {
    remove(member);
    member.answer.close();
  }

  private void remove(EngineCall.Member member) {
    for (Iterator<EngineCall.Member> i = members.iterator(); i.hasNext(); ) {
      if (i.next() == member) {
        i.remove();
        reserved -= member.bytes;
      }
    }
  }

  void failAll(Throwable why) {
    List<EngineCall.Member> all = List.copyOf(members);
    all.forEach(this::forget);
    all.forEach(member -> member.fail(why));
  }

  @Override
  public void close() {
    kept.close();
  }
}
