package org.spiritlm.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;

/** Beam search against greedy answers, all sequences there are, and scores computed anew. */
class BeamSearchTest {
  private static final double CLOSE = 1e-4;
  private static final int SMALL_VOCABULARY = 6;
  private static final int LENGTH = 4;
  private static final int ALL = 1296; // 6 to the power of 4

  private static final LlamaModel SIX =
      LlamaModels.varied(LlamaModels.SMALL.withVocabulary(SMALL_VOCABULARY));

  @Property(tries = 40, seed = "4")
  void oneBeamIsTheGreedyAnswer(
      @ForAll("variants") String name, @ForAll("requests") Request request) {
    LlamaModel model = LlamaVariant.of(name).model();
    Request greedy = request.with(Sampling.greedy()).by(1);
    Answer expected = new Generator(model).generate(greedy);
    List<Answer.Candidate> found = new BeamSearch(model, 1).search(greedy);
    assertThat(found).hasSize(1);
    assertThat(found.get(0).ids()).containsExactly(expected.ids());
    assertThat(found.get(0).reason()).isEqualTo(expected.reason());
  }

  @Property(tries = 40, seed = "5")
  void answersAreSortedDifferentAndScoredAsIfReadAnew(
      @ForAll("variants") String name,
      @ForAll("requests") Request request,
      @ForAll @IntRange(min = 2, max = 7) int width,
      @ForAll("penalties") double penalty) {
    LlamaModel model = LlamaVariant.of(name).model();
    Request greedy = request.with(Sampling.greedy());
    List<Answer.Candidate> found = new BeamSearch(model, width, penalty).search(greedy);
    assertThat(found).hasSizeBetween(1, width);
    assertThat(found).isSortedAccordingTo(Comparator.comparingDouble(each -> -each.score()));
    assertThat(found.stream().map(each -> Arrays.toString(each.ids()))).doesNotHaveDuplicates();
    int most = Math.min(request.maxNewTokens(), model.config().context() - request.prompt().length);
    for (Answer.Candidate each : found) {
      int[] ids = each.ids();
      boolean ended = each.reason() == FinishReason.END;
      assertThat(ended || each.reason() == FinishReason.LENGTH).isTrue();
      assertThat(ids.length).isBetween(1, most);
      assertThat(ended || ids.length == most).isTrue();
      for (int i = 0; i < ids.length; i++) {
        assertThat(request.forbidden().get(ids[i])).isFalse();
        assertThat(request.ends().contains(ids[i])).isEqualTo(ended && i == ids.length - 1);
      }
      double sum =
          Arrays.stream(new Scorer(model).score(new Scorer.Pair(request.prompt(), ids))).sum();
      double score = sum / Math.pow(ids.length, penalty);
      assertThat(each.score()).isCloseTo(score, within(CLOSE * (1 + Math.abs(score))));
    }
  }

  /** What all beams agree on is told at once, and is the best answer in the end. */
  @Property(tries = 40, seed = "6")
  void theListenerHearsTheBestAnswer(
      @ForAll("variants") String name,
      @ForAll("requests") Request request,
      @ForAll @IntRange(min = 2, max = 5) int width,
      @ForAll @IntRange(min = 1, max = 20) int wanted) {
    LlamaModel model = LlamaVariant.of(name).model();
    Request greedy = request.with(Sampling.greedy()).by(width);
    Answer.Candidate best = new BeamSearch(model, width).search(greedy).get(0);
    List<Integer> heard = new ArrayList<>();
    Answer whole = new Generator(model).generate(greedy.heardBy(heard::add));
    assertThat(whole.ids()).containsExactly(best.ids());
    assertThat(whole.reason()).isEqualTo(best.reason());
    assertThat(whole.candidates().get(0).ids()).containsExactly(best.ids());
    assertThat(heard.stream().mapToInt(id -> id).toArray()).containsExactly(best.ids());

    heard.clear();
    Answer stopped =
        new Generator(model).generate(greedy.heardBy(id -> heard.add(id) && heard.size() < wanted));
    int count = Math.min(wanted, best.ids().length);
    assertThat(stopped.ids()).containsExactly(Arrays.copyOf(best.ids(), count));
    assertThat(heard).hasSize(count);
    boolean ended = count == best.ids().length && best.reason() == FinishReason.END;
    boolean isCut = wanted <= best.ids().length && !ended;
    assertThat(stopped.reason()).isEqualTo(isCut ? FinishReason.STOPPED : best.reason());
  }

  @Example
  void theListenerHearsBeforeTheEnd() {
    int early = 0;
    for (String name : LlamaVariant.NAMES) {
      LlamaModel model = LlamaVariant.of(name).model();
      List<Integer> heard = new ArrayList<>();
      Request request = Request.greedy(new int[] {5}, 15).heardBy(heard::add);
      try (Beams beams = new Beams(request, 2, 1, model)) {
        beams.take(model.cache(beams.capacity()));
        while (beams.reason() == null) {
          early += heard.isEmpty() ? 0 : 1;
          try (Scope scope = Scope.open()) {
            beams.accept(Tensors.floats(model.next(beams.unread(1))));
          }
        }
      }
      assertThat(heard).isNotEmpty();
    }
    assertThat(early).isGreaterThan(LlamaVariant.NAMES.size());
  }

  @Property(tries = 10)
  void theSameRequestHasTheSameAnswers(
      @ForAll("variants") String name, @ForAll("requests") Request request) {
    BeamSearch search = new BeamSearch(LlamaVariant.of(name).model(), 4);
    Request greedy = request.with(Sampling.greedy());
    List<Answer.Candidate> one = search.search(greedy);
    List<Answer.Candidate> two = search.search(greedy.with(Sampling.greedy().withSeed(9)));
    assertThat(two).hasSameSizeAs(one);
    for (int i = 0; i < one.size(); i++) {
      assertThat(two.get(i).ids()).containsExactly(one.get(i).ids());
      assertThat(two.get(i).score()).isEqualTo(one.get(i).score());
    }
  }

  /** With a beam for every sequence nothing is lost: the answers are the best there are. */
  @Property(tries = 12)
  void enoughBeamsFindTheBestThereAre(
      @ForAll @IntRange(max = 5) int prompt,
      @ForAll("smallEnds") Set<Integer> ends,
      @ForAll("smallForbidden") Set<Integer> forbidden,
      @ForAll("penalties") double penalty) {
    BitSet without = new BitSet();
    forbidden.forEach(without::set);
    int[] start = {prompt, 2};
    Request request = Request.greedy(start, LENGTH).until(ends).without(without);
    Map<String, Double> expected = new TreeMap<>();
    enumerate(request, new int[0], 0, penalty, expected);
    List<Answer.Candidate> found = new BeamSearch(SIX, ALL, penalty).search(request);
    assertThat(found).hasSameSizeAs(expected.keySet());
    double[] sorted = expected.values().stream().mapToDouble(x -> -x).sorted().toArray();
    for (int i = 0; i < sorted.length; i++) {
      Answer.Candidate each = found.get(i);
      double own = expected.remove(Arrays.toString(each.ids()));
      assertThat(each.score()).isCloseTo(own, within(CLOSE));
      assertThat(each.score()).isCloseTo(-sorted[i], within(CLOSE));
    }
  }

  /** All sequences with their scores. */
  private static void enumerate(
      Request request, int[] ids, double sum, double penalty, Map<String, Double> all) {
    int last = ids.length - 1;
    if (ids.length == LENGTH || (last >= 0 && request.ends().contains(ids[last]))) {
      all.put(Arrays.toString(ids), sum / Math.pow(ids.length, penalty));
      return;
    }
    float[][] logits = LlamaModels.logits(SIX, LlamaModels.join(request.prompt(), ids));
    double[] probabilities = LlamaModels.logSoftmax(logits[logits.length - 1]);
    for (int id = 0; id < SMALL_VOCABULARY; id++) {
      if (!request.forbidden().get(id)) {
        enumerate(request, LlamaModels.join(ids, id), sum + probabilities[id], penalty, all);
      }
    }
  }

  /** A few beams find a likelier answer than greedy choice does, else they would be of no use. */
  @Example
  void beamsFindLikelierAnswersThanGreedyChoice() {
    int better = 0;
    for (String name : LlamaVariant.NAMES) {
      LlamaModel model = LlamaVariant.of(name).model();
      for (int first = 0; first < 10; first++) {
        Request request = Request.greedy(new int[] {first}, 10);
        double one = new BeamSearch(model, 1).search(request).get(0).score();
        double six = new BeamSearch(model, 6).search(request).get(0).score();
        better += six > one + CLOSE ? 1 : 0;
      }
    }
    assertThat(better).isGreaterThan(20);
  }

  /** Equal logits everywhere: the lowest ids come first. */
  @Example
  void tiesGoToLowerIds() {
    LlamaModel model = LlamaModels.silent(LlamaModels.SMALL);
    List<Answer.Candidate> found =
        new BeamSearch(model, 3).search(Request.greedy(new int[] {5}, 2).without(bits(0, 2)));
    assertThat(found.stream().map(each -> each.ids()))
        .containsExactly(new int[] {1, 1}, new int[] {1, 3}, new int[] {1, 4});
    assertThat(found.get(0).score()).isCloseTo(-Math.log(96), within(1e-6));
    assertThat(new Generator(model).generate(Request.greedy(new int[] {5}, 3)).ids())
        .containsExactly(0, 0, 0);
  }

  @Example
  void thereMayBeFewerAnswersThanBeams() {
    LlamaModel model = LlamaVariant.of("linear").model();
    BitSet allButTwo = new BitSet();
    allButTwo.set(2, LlamaVariant.VOCABULARY);
    Request request = Request.greedy(new int[] {5}, 2).without(allButTwo);
    List<Answer.Candidate> found = new BeamSearch(model, 10).search(request);
    assertThat(found.stream().map(each -> each.ids()))
        .containsExactlyInAnyOrder(
            new int[] {0, 0}, new int[] {0, 1}, new int[] {1, 0}, new int[] {1, 1});
  }

  @Example
  void senselessSearchesAreRefused() {
    LlamaModel model = LlamaVariant.of("linear").model();
    assertThatThrownBy(() -> new BeamSearch(model, 0))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("found 0");
    assertThatThrownBy(() -> new BeamSearch(model, 2, Double.NaN))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("NaN");
    Request drawn = Request.greedy(new int[] {5}, 2).with(Sampling.random(1));
    assertThatThrownBy(() -> new BeamSearch(model, 2).search(drawn))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("temperature");
  }

  private static BitSet bits(int... ids) {
    BitSet bits = new BitSet();
    IntStream.of(ids).forEach(bits::set);
    return bits;
  }

  @Provide
  Arbitrary<String> variants() {
    return ReadingLawsTest.variants();
  }

  @Provide
  Arbitrary<Request> requests() {
    return GeneratorLawsTest.requests();
  }

  @Provide
  Arbitrary<Double> penalties() {
    return Arbitraries.of(1.0, 0.0, 2.0, -1.0);
  }

  @Provide
  Arbitrary<Set<Integer>> smallEnds() {
    return Arbitraries.of(List.of(Set.of(), Set.of(3), Set.of(0, 4)));
  }

  @Provide
  Arbitrary<Set<Integer>> smallForbidden() {
    return Arbitraries.of(List.of(Set.of(), Set.of(5), Set.of(1, 2, 3)));
  }
}
