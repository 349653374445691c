package org.spiritlm.lm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;

/**
 * The likeliest answer while it is looked for, as {@link BeamSearch} says. The listener hears the
 * ids in which all beams and the best answer so far agree.
 */
final class Beams implements GrowingAnswer {
  private static final Comparator<Continued> WORST_FIRST =
      Comparator.comparingDouble(Continued::logProbability)
          .thenComparing(Comparator.comparingInt(Continued::place).reversed())
          .thenComparing(Comparator.comparingInt(Continued::id).reversed());

  private final Request request;
  private final int width;
  private final double lengthPenalty;
  private final int vocabulary;
  private final int most;
  private final int[] allowed;
  private final List<KvCache> caches = new ArrayList<>(); // that are open
  private List<Beam> beams = List.of(); // best first; one of no ids while the prompt is read
  private final List<Answer.Candidate> ended = new ArrayList<>(); // best first
  private int heard; // ids that the listener knows
  private boolean over;
  private @Nullable FinishReason reason;
  private long finished;

  /** The beginning of an answer. */
  @SuppressWarnings("ArrayRecordComponent") // never changed
  private record Beam(int[] ids, double logProbability, KvCache cache) {}

  /** A beam, of that place among the beams, with one more token. */
  private record Continued(int place, int id, double logProbability) {}

  /**
   * Begins.
   *
   * @throws InputException if tokens are to be drawn, the prompt fills the model's context, or an
   *     id is not in its vocabulary
   */
  Beams(Request request, int width, double lengthPenalty, LlamaModel model) {
    if (!request.sampling().isGreedy()) {
      throw new InputException(
          "beam search draws nothing; set the temperature to 0, found "
              + request.sampling().temperature());
    }
    this.request = request;
    this.width = width;
    this.lengthPenalty = lengthPenalty;
    this.vocabulary = model.config().vocabulary();
    this.most = request.mostNewTokens(model);
    this.allowed = Sampler.allowed(vocabulary, request.forbidden());
  }

  @Override
  public int[] prompt() {
    return request.prompt();
  }

  @Override
  public int capacity() {
    return request.prompt().length + most - 1;
  }

  @Override
  public int width() {
    return width;
  }

  @Override
  public @Nullable KvCache cache() {
    return beams.isEmpty() ? null : beams.get(0).cache;
  }

  @Override
  public void take(KvCache filled) {
    caches.add(filled);
    beams = List.of(new Beam(new int[0], 0, filled));
  }

  @Override
  public @Nullable KvCache release() {
    KvCache released = cache();
    caches.remove(released);
    close();
    return released;
  }

  @Override
  public int[] all() {
    int[] prompt = request.prompt();
    int[] ids = beams.isEmpty() ? new int[0] : beams.get(0).ids;
    int[] all = Arrays.copyOf(prompt, prompt.length + ids.length);
    System.arraycopy(ids, 0, all, prompt.length, ids.length);
    return all;
  }

  @Override
  public List<Piece> unread(int most) {
    if (!hasReadPrompt()) {
      return List.of(GrowingAnswer.unread(request.prompt(), Objects.requireNonNull(cache()), most));
    }
    return beams.stream()
        .map(beam -> new Piece(new int[] {beam.ids[beam.ids.length - 1]}, beam.cache))
        .toList();
  }

  /** Adds a token to all beams; some end, some are left. */
  @Override
  public void accept(float[] logits) {
    int length = beams.get(0).ids.length + 1;
    double divisor = Math.pow(length, lengthPenalty);
    List<Continued> best = best(logProbabilities(logits));
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
            new Answer.Candidate(
                ids(next),
                ends ? FinishReason.END : FinishReason.LENGTH,
                next.logProbability / divisor));
      }
    }
    over =
        going.isEmpty()
            || (ended.size() == width
                && going.get(0).logProbability / divisor <= ended.get(width - 1).score());
    if (!over) {
      fork(going);
    }
    tell();
  }

  private float[] logProbabilities(float[] logits) {
    try (Scope scope = Scope.open()) {
      return Tensors.floats(Tensors.of(logits, beams.size(), vocabulary).log_softmax(1));
    }
  }

  /** The likeliest continuations, enough that {@code width} of them do not end; best first. */
  private List<Continued> best(float[] logProbabilities) {
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

  private void end(Answer.Candidate answer) {
    int at = ended.size();
    while (at > 0 && answer.score() > ended.get(at - 1).score()) {
      at--;
    }
    ended.add(at, answer);
    if (ended.size() > width) {
      ended.remove(width);
    }
  }

  /** Beams that go on: the first of a beam's continuations takes its cache. */
  private void fork(List<Continued> going) {
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
    beams = forked;
  }

  /** Tells what is certain now, and ends where that is all, or enough. */
  private void tell() {
    int[] certain = certain();
    boolean goesOn = true;
    while (goesOn && heard < certain.length) {
      goesOn = request.listener().test(certain[heard++]);
    }
    if (over && heard == certain.length && (goesOn || ended.get(0).reason() == FinishReason.END)) {
      reason = ended.get(0).reason();
    } else if (!goesOn) {
      reason = FinishReason.STOPPED;
    }
    finished = System.nanoTime();
  }

  /** The ids with which the answer begins, whatever comes; all of them at the end. */
  private int[] certain() {
    int[] first = ended.isEmpty() ? beams.get(0).ids : ended.get(0).ids();
    int count = first.length;
    if (!over) {
      for (Beam beam : beams) {
        int differs = Arrays.mismatch(first, beam.ids);
        count = differs < 0 ? count : Math.min(count, differs);
      }
    }
    return Arrays.copyOf(first, count);
  }

  @Override
  public @Nullable FinishReason reason() {
    return reason;
  }

  @Override
  public List<Answer.Candidate> candidates() {
    return over && reason != FinishReason.STOPPED ? ended : List.of();
  }

  @Override
  public Answer answer(long began, long read) {
    if (reason == null) {
      throw new IllegalStateException("the answer goes on");
    }
    return new Answer(
        Arrays.copyOf(certain(), heard),
        reason,
        0,
        (read - began) / 1e9,
        Math.max(0, finished - read) / 1e9,
        candidates());
  }

  @Override
  public void close() {
    caches.forEach(KvCache::close);
    caches.clear();
    beams = List.of();
  }
}
