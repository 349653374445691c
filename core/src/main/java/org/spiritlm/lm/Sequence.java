package org.spiritlm.lm;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** One answer while it grows. Not for use by several threads. */
final class Sequence implements AutoCloseable {
  private final Request request;
  private final Sampler sampler;
  private final int[] ids;
  private int count;
  private @Nullable KvCache cache;
  private @Nullable FinishReason reason;
  private long ended;

  /**
   * Begins.
   *
   * @throws org.spiritlm.torch.InputException if the prompt fills the model's context, or holds an
   *     id that is not in its vocabulary
   */
  Sequence(Request request, LlamaModel model) {
    this.request = request;
    this.ids = new int[request.mostNewTokens(model)];
    this.sampler =
        new Sampler(
            request.sampling(), model.config().vocabulary(), request.forbidden(), request.prompt());
  }

  /** Positions that its cache needs room for: the last token is never read. */
  int capacity() {
    return request.prompt().length + ids.length - 1;
  }

  int[] prompt() {
    return request.prompt();
  }

  @Nullable KvCache cache() {
    return cache;
  }

  void take(KvCache filled) {
    cache = filled;
  }

  /** Its cache, which is the caller's now. */
  @Nullable KvCache release() {
    KvCache released = cache;
    cache = null;
    return released;
  }

  /** Why it ended, or null while it goes on. */
  @Nullable FinishReason reason() {
    return reason;
  }

  /** The prompt's ids, then the new ones. */
  int[] all() {
    int[] prompt = request.prompt();
    int[] all = Arrays.copyOf(prompt, prompt.length + count);
    System.arraycopy(ids, 0, all, prompt.length, count);
    return all;
  }

  /** The next ids to read, at most so many: of the prompt, or the newest one. */
  int[] unread(int most) {
    int[] prompt = request.prompt();
    int read = cache == null ? 0 : cache.length();
    return read < prompt.length
        ? Arrays.copyOfRange(prompt, read, Math.min(prompt.length, read + most))
        : new int[] {ids[count - 1]};
  }

  /** Whether there is nothing of the prompt left to read. */
  boolean hasReadPrompt() {
    return cache != null && cache.length() >= request.prompt().length;
  }

  /** Chooses the next token by what the model says of it, and tells the listener. */
  void accept(float[] logits) {
    int id = sampler.next(logits);
    ids[count++] = id;
    boolean goesOn = request.listener().test(id);
    if (request.ends().contains(id)) {
      reason = FinishReason.END;
    } else if (!goesOn) {
      reason = FinishReason.STOPPED;
    } else if (count == ids.length) {
      reason = FinishReason.LENGTH;
    }
    if (reason != null) {
      ended = System.nanoTime();
    }
  }

  /**
   * What came of it.
   *
   * @param began when the prompts of the same call began to be read, and when they were ({@link
   *     System#nanoTime})
   */
  Answer answer(long began, long read) {
    if (reason == null) {
      throw new IllegalStateException("the answer goes on");
    }
    return new Answer(
        Arrays.copyOf(ids, count),
        reason,
        0,
        (read - began) / 1e9,
        Math.max(0, ended - read) / 1e9);
  }

  @Override
  public void close() {
    if (cache != null) {
      cache.close();
      cache = null;
    }
  }
}
