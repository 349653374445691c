package org.spiritlm.lm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;

/**
 * Continues prompts: reads each (prefill), then adds a token to every answer at each step (decode)
 * until all have ended.
 *
 * <p>Prompts of any lengths go together, and each answer is what it would be alone. Equal prompts
 * are read once. Safe for use by several threads.
 */
public final class Generator implements Continuer {
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

  @Override
  public List<Answer> generate(List<Request> requests) {
    List<Sequence> sequences = new ArrayList<>();
    try {
      long began = System.nanoTime();
      start(requests, sequences);
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
    return sequences.stream().filter(sequence -> sequence.reason() == null).toList();
  }

  /** Reads prompts, and makes the first token after each. */
  private void start(List<Request> requests, List<Sequence> sequences) {
    List<float[]> first = new ArrayList<>(); // logits after each prompt
    for (Request request : requests) {
      Sequence sequence = new Sequence(request, model);
      sequences.add(sequence);
      int same = equal(request.prompt(), requests.subList(0, first.size()));
      if (same < 0) {
        KvCache cache = model.cache(sequence.capacity());
        sequence.take(cache);
        first.add(prefill(model, cache, request.prompt()));
      } else {
        KvCache read = Objects.requireNonNull(sequences.get(same).cache());
        sequence.take(read.copy(request.prompt().length, sequence.capacity()));
        first.add(first.get(same));
      }
      sequence.accept(first.get(first.size() - 1));
    }
  }

  /** The place of the first request with this prompt, or -1. */
  private static int equal(int[] prompt, List<Request> requests) {
    for (int i = 0; i < requests.size(); i++) {
      if (Arrays.equals(requests.get(i).prompt(), prompt)) {
        return i;
      }
    }
    return -1;
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
        pieces.add(new Piece(sequence.unread(1), sequence.cache()));
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
}
