package org.spiritlm.lm;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** An answer of one sequence, whose next token is chosen at each step. */
final class Sequence implements GrowingAnswer {
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

  @Override
  public int capacity() {
    return request.prompt().length + ids.length - 1;
  }

  @Override
  public int width() {
    return 1;
  }

  @Override
  public int[] prompt() {
    return request.prompt();
  }

  @Override
  public @Nullable KvCache cache() {
    return cache;
  }

  @Override
  public void take(KvCache filled) {
    cache = filled;
  }

  @Override
  public @Nullable KvCache release() {
    KvCache released = cache;
    cache = null;
    return released;
  }

  @Override
  public @Nullable FinishReason reason() {
    return reason;
  }

  @Override
  public int[] all() {
    int[] prompt = request.prompt();
    int[] all = Arrays.copyOf(prompt, prompt.length + count);
    System.arraycopy(ids, 0, all, prompt.length, count);
    return all;
  }

  @Override
  public List<Piece> unread(int most) {
    KvCache read = Objects.requireNonNull(cache);
    return List.of(
        hasReadPrompt()
            ? new Piece(new int[] {ids[count - 1]}, read)
            : GrowingAnswer.unread(request.prompt(), read, most));
  }

  /** Chooses the next token by what the model says of it. */
  @Override
  public void accept(float[] logits) {
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

  @Override
  public Answer answer(long began, long read) {
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
