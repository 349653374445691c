package org.spiritlm.lm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;

/**
 * Continues prompts: reads each (prefill), then adds a token to every answer at each step (decode)
 * until all have ended.
 *
 * <p>Prompts of any lengths go together, and each answer is what it would be alone. Equal prompts
 * are read once. Safe for use by several threads.
 */
public final class Generator {
  /** Tokens of a prompt that are read at once, so that memory stays bounded. */
  private static final int PREFILL_TOKENS = 2048;

  private final LlamaModel model;

  public Generator(LlamaModel model) {
    this.model = model;
  }

  /** The continuation of one prompt. */
  public Answer generate(Request request) {
    return generate(List.of(request)).get(0);
  }

  /**
   * The continuations of several prompts, in their order.
   *
   * @throws org.spiritlm.torch.InputException if a prompt fills the model's context, or holds an id
   *     that is not in its vocabulary
   */
  public List<Answer> generate(List<Request> requests) {
    List<Sequence> sequences = new ArrayList<>();
    try {
      long began = System.nanoTime();
      for (Request request : requests) {
        sequences.add(start(request, sequences));
      }
      long read = System.nanoTime();
      List<Sequence> active = going(sequences);
      while (!active.isEmpty()) {
        step(active);
        active = going(active);
      }
      return sequences.stream().map(sequence -> sequence.answer(began, read)).toList();
    } finally {
      sequences.forEach(Sequence::close);
    }
  }

  private static List<Sequence> going(List<Sequence> sequences) {
    return sequences.stream().filter(sequence -> sequence.reason == null).toList();
  }

  private Sequence start(Request request, List<Sequence> before) {
    Sequence sequence = new Sequence(request, model);
    try {
      sequence.first = read(sequence, before);
      sequence.accept(sequence.first);
      return sequence;
    } catch (RuntimeException | Error e) {
      sequence.close();
      throw e;
    }
  }

  /** Fills a sequence's cache; the logits of what may come first. */
  private float[] read(Sequence sequence, List<Sequence> before) {
    int[] prompt = sequence.request.prompt();
    for (Sequence other : before) {
      float[] first = other.first;
      if (first != null && Arrays.equals(other.request.prompt(), prompt)) {
        sequence.cache = other.cache.copy(prompt.length, sequence.capacity);
        return first;
      }
    }
    KvCache cache = model.cache(sequence.capacity);
    sequence.cache = cache;
    return prefill(model, cache, prompt);
  }

  /** Reads a prompt; the logits of what may come next. */
  static float[] prefill(LlamaModel model, KvCache cache, int... prompt) {
    int at = 0;
    while (true) {
      int to = Math.min(prompt.length, at + PREFILL_TOKENS);
      Piece piece = new Piece(Arrays.copyOfRange(prompt, at, to), cache);
      try (Scope scope = Scope.open()) {
        Tensor logits = model.next(List.of(piece));
        if (to == prompt.length) {
          return Tensors.floats(logits);
        }
      }
      at = to;
    }
  }

  private void step(List<Sequence> active) {
    try (Scope scope = Scope.open()) {
      List<Piece> pieces = new ArrayList<>(active.size());
      for (Sequence sequence : active) {
        pieces.add(new Piece(new int[] {sequence.last()}, sequence.cache));
      }
      float[] logits = Tensors.floats(model.next(pieces)); // [active, V]
      int vocabulary = logits.length / active.size();
      for (int i = 0; i < active.size(); i++) {
        active
            .get(i)
            .accept(
                active.size() == 1
                    ? logits
                    : Arrays.copyOfRange(logits, i * vocabulary, (i + 1) * vocabulary));
      }
    }
  }

  /** One answer while it grows. */
  private static final class Sequence implements AutoCloseable {
    private final Request request;
    private final int capacity;
    private final Sampler sampler;
    private final int[] ids;
    private int count;
    private @Nullable KvCache cache;
    private float @Nullable [] first; // logits after the prompt
    private @Nullable FinishReason reason;
    private long ended;

    Sequence(Request request, LlamaModel model) {
      this.request = request;
      this.ids = new int[request.mostNewTokens(model)];
      // the last token is never read
      this.capacity = request.prompt().length + ids.length - 1;
      this.sampler =
          new Sampler(
              request.sampling(),
              model.config().vocabulary(),
              request.forbidden(),
              request.prompt());
    }

    int last() {
      return ids[count - 1];
    }

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

    Answer answer(long began, long read) {
      return new Answer(
          Arrays.copyOf(ids, count), reason, (read - began) / 1e9, Math.max(0, ended - read) / 1e9);
    }

    @Override
    public void close() {
      if (cache != null) {
        cache.close();
      }
    }
  }
}
