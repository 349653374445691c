package org.spiritlm.lm;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An answer while it grows, first by reading its prompt. Whoever makes it grow gives it a cache,
 * has the model read what is {@link #unread}, and lets it accept what comes of that once the prompt
 * is read. Not for use by several threads.
 */
interface GrowingAnswer extends AutoCloseable {
  /**
   * The beginning of an answer, of one beam or of several.
   *
   * @throws org.spiritlm.torch.InputException if the prompt fills the model's context, or holds an
   *     id that is not in its vocabulary; tokens are to be drawn, and there are several beams
   */
  static GrowingAnswer of(Request request, LlamaModel model) {
    return request.beams() == 1
        ? new Sequence(request, model)
        : new Beams(request, request.beams(), 1, model);
  }

  /** What it answers, in ids. */
  int[] prompt();

  /** Positions that each of its caches needs room for: the last token is never read. */
  int capacity();

  /** Caches that it has at the most. */
  int width();

  /** The cache, of several the best beam's, or null where it has none yet. */
  @Nullable KvCache cache();

  /** Takes a cache, in which the beginning of its prompt may stand already. */
  void take(KvCache filled);

  /** Its {@link #cache}, which is the caller's now; all others are closed. */
  @Nullable KvCache release();

  /** Ids of which the first stand in the {@link #cache}: the prompt's, then new ones. */
  int[] all();

  /** What the model is to read next: the newest tokens, or at most so many of the prompt. */
  List<Piece> unread(int most);

  /** Whether there is nothing of the prompt left to read. */
  default boolean hasReadPrompt() {
    KvCache cache = cache();
    return cache != null && cache.length() >= prompt().length;
  }

  /**
   * Grows by a token, and tells the listener what is certain now.
   *
   * @param logits what the model says after each piece that was unread, [pieces, V]
   */
  void accept(float[] logits);

  /** Why it ended, or null while it goes on. */
  @Nullable FinishReason reason();

  /** What beams found in the end, the best first; none without beams. */
  default List<Answer.Candidate> candidates() {
    return List.of();
  }

  /**
   * What came of it.
   *
   * @param began when the prompts of the same call began to be read, and when they were ({@link
   *     System#nanoTime})
   */
  Answer answer(long began, long read);

  @Override
  void close();

  /** The part of a prompt that is read next. */
  static Piece unread(int[] prompt, KvCache cache, int most) {
    int from = cache.length();
    return new Piece(Arrays.copyOfRange(prompt, from, Math.min(prompt.length, from + most)), cache);
  }
}
