package org.spiritlm.lm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;

/**
 * Looks for the likeliest continuations of a prompt: at each step only so many beginnings (beams)
 * are kept, the likeliest ones. Nothing is drawn, so the same request has the same answers.
 *
 * <p>An answer's score is the sum of its tokens' log-probabilities, divided by its length (an end
 * token counts) to the power of the length penalty. Log-probabilities are those of the whole
 * vocabulary, also where ids are forbidden. A repetition penalty multiplies them for tokens that
 * stand in the prompt or the beam already.
 *
 * <p>At each step the likeliest continuations of all beams are ranked: of equal ones first that of
 * the better beam, then that with the lower id. Of those that end, only ones among the first {@code
 * width} become answers, and the likeliest {@code width} that do not end go on. The search is over
 * when there are {@code width} answers and the best beam, by its score at its present length, is no
 * better than the worst of them; so later answers that only a large length penalty would lift are
 * not found. All this is what Hugging Face's {@code generate} does with {@code num_beams} and
 * {@code early_stopping=False}, its default.
 *
 * <p>Differs from that: beams without probability are dropped, so that there may be fewer answers.
 *
 * <p>Safe for use by several threads.
 */
public final class BeamSearch {
  private static final Comparator<Continued> WORST_FIRST =
      Comparator.comparingDouble(Continued::logProbability)
          .thenComparing(Comparator.comparingInt(Continued::place).reversed())
          .thenComparing(Comparator.comparingInt(Continued::id).reversed());

  private final LlamaModel model;
  private final int width;
  private final double lengthPenalty;

  /** A search with scores per token: the length penalty is 1. */
  public BeamSearch(LlamaModel model, int width) {
    this(model, width, 1);
  }

  /**
   * A search.
   *
   * @param width beams, and the most answers, at least 1
   * @param lengthPenalty above 0 favours long answers, below 0 short ones; 0 takes sums as they are
   * @throws InputException if one of them is out of its range
   */
  public BeamSearch(LlamaModel model, int width, double lengthPenalty) {
    if (width < 1) {
      throw new InputException("the number of beams must be 1 or more, found " + width);
    }
    if (!Double.isFinite(lengthPenalty)) {
      throw new InputException("the length penalty must be a number, found " + lengthPenalty);
    }
    this.model = model;
    this.width = width;
    this.lengthPenalty = lengthPenalty;
  }

  /**
   * A continuation with its score.
   *
   * @param answer all of them have the times of the whole search
   * @param score the higher the likelier
   */
  public record Found(Answer answer, double score) {}

  /** The beginning of an answer. */
  @SuppressWarnings("ArrayRecordComponent") // never changed
  private record Beam(int[] ids, double logProbability, KvCache cache) {}

  /** A beam, of that place among the beams, with one more token. */
  private record Continued(int place, int id, double logProbability) {}

  /** An answer, of which the times are not known yet. */
  @SuppressWarnings("ArrayRecordComponent") // never changed
  private record Ended(int[] ids, FinishReason reason, double score) {}

  /**
   * The best answers to a prompt, the best first: one or more, at most as many as there are beams.
   *
   * @param request its listener is not told: answers are known only at the end
   * @throws InputException if tokens are to be drawn, the prompt fills the model's context, or an
   *     id is not in its vocabulary
   */
  public List<Found> search(Request request) {
    if (!request.sampling().isGreedy()) {
      throw new InputException(
          "beam search draws nothing; set the temperature to 0, found "
              + request.sampling().temperature());
    }
    int most = request.mostNewTokens(model);
    long began = System.nanoTime();
    try (Run run = new Run(request, most)) {
      run.begin();
      long read = System.nanoTime();
      while (!run.beams.isEmpty()) {
        run.step();
      }
      double prefill = (read - began) / 1e9;
      double decode = (System.nanoTime() - read) / 1e9;
      return run.ended.stream()
          .map(end -> new Found(new Answer(end.ids, end.reason, 0, prefill, decode), end.score))
          .toList();
    }
  }

  /** One search while it goes on. */
  private final class Run implements AutoCloseable {
    private final Request request;
    private final int most;
    private final int[] allowed;
    private final List<KvCache> caches = new ArrayList<>(); // that are open
    private List<Beam> beams = List.of(); // best first
    private final List<Ended> ended = new ArrayList<>(); // best first

    Run(Request request, int most) {
      this.request = request;
      this.most = most;
      this.allowed = Sampler.allowed(model.config().vocabulary(), request.forbidden());
    }

    /** Reads the prompt and makes the first beams. */
    void begin() {
      int[] prompt = request.prompt();
      // the last token is never read
      KvCache cache = model.cache(prompt.length + most - 1);
      caches.add(cache);
      float[] logits = Generator.prefill(model, cache, prompt);
      beams = List.of(new Beam(new int[0], 0, cache));
      try (Scope scope = Scope.open()) {
        grow(Tensors.of(logits, 1, logits.length));
      }
    }

    void step() {
      try (Scope scope = Scope.open()) {
        List<Piece> pieces = new ArrayList<>(beams.size());
        for (Beam beam : beams) {
          pieces.add(new Piece(new int[] {beam.ids[beam.ids.length - 1]}, beam.cache));
        }
        grow(model.next(pieces));
      }
    }

    /** Adds a token to all beams by these logits, [beams, V]; some end, some are left. */
    private void grow(Tensor logits) {
      int length = beams.get(0).ids.length + 1;
      double divisor = Math.pow(length, lengthPenalty);
      List<Continued> best = best(Tensors.floats(logits.log_softmax(1)));
      List<Continued> going = new ArrayList<>();
      for (int rank = 0; rank < best.size(); rank++) {
        Continued next = best.get(rank);
        boolean ends = request.ends().contains(next.id);
        if (!ends && length < most) {
          if (going.size() < width) {
            going.add(next);
          }
        } else if (rank < width) {
          end(
              new Ended(
                  ids(next),
                  ends ? FinishReason.END : FinishReason.LENGTH,
                  next.logProbability / divisor));
        }
      }
      boolean over =
          going.isEmpty()
              || (ended.size() == width
                  && going.get(0).logProbability / divisor <= ended.get(width - 1).score);
      beams = over ? List.of() : fork(going);
    }

    /** The likeliest continuations, enough that {@code width} of them do not end; best first. */
    private List<Continued> best(float[] logProbabilities) {
      int vocabulary = model.config().vocabulary();
      long wanted = (1L + Math.max(1, request.ends().size())) * width;
      PriorityQueue<Continued> best = new PriorityQueue<>(WORST_FIRST);
      for (int place = 0; place < beams.size(); place++) {
        Beam beam = beams.get(place);
        BitSet seen = seen(beam);
        for (int id : allowed) {
          double own = logProbabilities[place * vocabulary + id];
          if (Double.isNaN(own)) {
            throw Sampler.noProbabilities();
          }
          double sum =
              beam.logProbability
                  + (seen.get(id) ? own * request.sampling().repetitionPenalty() : own);
          // an equal one that came before has a better place or a lower id
          if (best.size() == wanted && sum > best.element().logProbability) {
            best.remove();
          }
          if (best.size() < wanted && sum > Double.NEGATIVE_INFINITY) {
            best.add(new Continued(place, id, sum));
          }
        }
      }
      if (best.isEmpty()) {
        throw Sampler.noProbabilities();
      }
      List<Continued> sorted = new ArrayList<>(best);
      sorted.sort(WORST_FIRST.reversed());
      return sorted;
    }

    private BitSet seen(Beam beam) {
      BitSet seen = new BitSet();
      if (request.sampling().repetitionPenalty() != 1) {
        Arrays.stream(request.prompt()).forEach(seen::set);
        Arrays.stream(beam.ids).forEach(seen::set);
      }
      return seen;
    }

    private int[] ids(Continued next) {
      int[] before = beams.get(next.place).ids;
      int[] ids = Arrays.copyOf(before, before.length + 1);
      ids[before.length] = next.id;
      return ids;
    }

    private void end(Ended answer) {
      int at = ended.size();
      while (at > 0 && answer.score > ended.get(at - 1).score) {
        at--;
      }
      ended.add(at, answer);
      if (ended.size() > width) {
        ended.remove(width);
      }
    }

    /** The beams that go on: the first of a beam's continuations takes its cache. */
    private List<Beam> fork(List<Continued> going) {
      Set<Integer> parents = new HashSet<>();
      going.forEach(next -> parents.add(next.place));
      for (int place = 0; place < beams.size(); place++) {
        if (!parents.contains(place)) {
          caches.remove(beams.get(place).cache);
          beams.get(place).cache.close();
        }
      }
      List<Beam> forked = new ArrayList<>(going.size());
      for (Continued next : going) {
        KvCache cache = beams.get(next.place).cache;
        if (!parents.remove(next.place)) {
          cache = cache.copy(cache.length(), cache.capacity());
          caches.add(cache);
        }
        forked.add(new Beam(ids(next), next.logProbability, cache));
      }
      return forked;
    }

    @Override
    public void close() {
      caches.forEach(KvCache::close);
    }
  }
}
