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
    List<GrowingAnswer> growing = new ArrayList<>();
    try {
      requests.forEach(request -> growing.add(GrowingAnswer.of(request, model)));
      return grown(growing);
    } finally {
      growing.forEach(GrowingAnswer::close);
    }
  }

  /** What becomes of these, which stay the caller's to close. */
  List<Answer> grown(List<? extends GrowingAnswer> all) {
    long began = System.nanoTime();
    start(all);
    long read = System.nanoTime();
    List<? extends GrowingAnswer> active = going(all);
    CacheBlock block = new CacheBlock(model);
    while (!active.isEmpty()) {
      step(active, block);
      active = going(active);
    }
    return all.stream().map(each -> each.answer(began, read)).toList();
  }

  private static List<? extends GrowingAnswer> going(List<? extends GrowingAnswer> all) {
    return all.stream().filter(each -> each.reason() == null).toList();
  }

  /** Reads prompts, and makes the first token after each. */
  private void start(List<? extends GrowingAnswer> all) {
    List<float[]> first = new ArrayList<>(); // logits after each prompt
    for (GrowingAnswer each : all) {
      int same = equal(each.prompt(), all.subList(0, first.size()));
      if (same < 0) {
        each.take(model.cache(each.capacity()));
        first.add(prefill(each));
      } else {
        KvCache read = Objects.requireNonNull(all.get(same).cache());
        each.take(read.copy(each.prompt().length, each.capacity()));
        first.add(first.get(same));
      }
      each.accept(first.get(first.size() - 1));
    }
  }

  /** The place of the first one with this prompt, or -1. */
  private static int equal(int[] prompt, List<? extends GrowingAnswer> others) {
    for (int i = 0; i < others.size(); i++) {
      if (Arrays.equals(others.get(i).prompt(), prompt)) {
        return i;
      }
    }
    return -1;
  }

  /** Reads a prompt; the logits of what may come next. */
  float[] prefill(GrowingAnswer answer) {
    while (true) {
      try (Scope scope = Scope.open()) {
        Tensor logits = model.next(answer.unread(PREFILL_TOKENS));
        if (answer.hasReadPrompt()) {
          return Tensors.floats(logits);
        }
      }
    }
  }

  private void step(List<? extends GrowingAnswer> active, CacheBlock block) {
    try (Scope scope = Scope.open()) {
      List<List<Piece>> unread = active.stream().map(each -> each.unread(1)).toList();
      List<Piece> pieces = unread.stream().flatMap(List::stream).toList();
      block.gather(pieces, Long.MAX_VALUE);
      float[] logits = Tensors.floats(model.next(pieces)); // [pieces, V]
      int vocabulary = logits.length / pieces.size();
      int at = 0;
      for (int i = 0; i < active.size(); i++) {
        int to = at + unread.get(i).size() * vocabulary;
        active.get(i).accept(active.size() == 1 ? logits : Arrays.copyOfRange(logits, at, to));
        at = to;
      }
    }
  }
}
