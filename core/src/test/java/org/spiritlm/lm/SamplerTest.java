package org.spiritlm.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.InputException;

/** What is drawn is what a slow and plain sampler in double precision says, also how often. */
class SamplerTest {
  private static final double[] PENALTIES = {1, 1.3, 0.8};
  private static final double[] TEMPERATURES = {0.3, 1, 3};
  private static final int[] TOP_KS = {0, 1, 3, 10};
  private static final double[] TOP_PS = {1, 0.83, 0.37};
  private static final double[] MIN_PS = {0, 0.07, 0.4};
  private static final int DRAWS = 1000;

  /** A cell of the chi-square statistic expects at least so many draws. */
  private static final double CELL = 8;

  /** Logits of a vocabulary, what is forbidden, and what stands in the prompt. */
  @SuppressWarnings("ArrayRecordComponent") // never changed
  private record Case(float[] logits, BitSet forbidden, int[] prompt) {
    static Case of(Random random, int size, double step, int absent) {
      float[] logits = new float[size];
      for (int i = 0; i < size; i++) {
        logits[i] = (float) (step * Math.round(2 * random.nextGaussian() / step)); // with ties
      }
      random.ints(absent, 0, size).forEach(i -> logits[i] = Float.NEGATIVE_INFINITY);
      BitSet forbidden = new BitSet();
      random.ints(size / 6, 0, size).forEach(forbidden::set);
      return new Case(logits, forbidden, random.ints(size / 3, 0, size).toArray());
    }

    /** Draws the first token after the prompt. */
    int draw(Sampling options) {
      return new Sampler(options, logits.length, forbidden, prompt).next(logits);
    }
  }

  /** The probability of each id. */
  private static double[] oracle(Sampling options, Case input) {
    int size = input.logits.length;
    BitSet seen = new BitSet();
    Arrays.stream(input.prompt).forEach(seen::set);
    double[] scores = new double[size];
    for (int id = 0; id < size; id++) {
      double logit = input.logits[id];
      double penalty = seen.get(id) ? options.repetitionPenalty() : 1;
      scores[id] = (float) (logit > 0 ? logit / penalty : logit * penalty);
    }
    List<Integer> kept = new ArrayList<>();
    for (int id = 0; id < size; id++) {
      if (!input.forbidden.get(id)) {
        kept.add(id);
      }
    }
    kept.sort(Comparator.comparingDouble((Integer id) -> -scores[id]).thenComparing(id -> id));
    if (options.topK() > 0 && options.topK() < kept.size()) {
      double last = scores[kept.get(options.topK() - 1)];
      kept.removeIf(id -> scores[id] < last);
    }
    double best = scores[kept.get(0)];
    double[] shares = new double[size];
    for (int id : kept) {
      shares[id] = Math.exp((scores[id] - best) / options.temperature());
    }
    double wanted = options.topP() * Arrays.stream(shares).sum();
    double mass = 0;
    for (int id : kept) {
      if (mass >= wanted || shares[id] < options.minP()) {
        shares[id] = 0;
      } else {
        mass += shares[id];
      }
    }
    double sum = Arrays.stream(shares).sum();
    return Arrays.stream(shares).map(share -> share / sum).toArray();
  }

  private static void assertDrawnAsTheOracleSays(Sampling options, Case input, int draws) {
    assertDrawn(options, input, draws, oracle(options, input));
  }

  private static void assertDrawn(Sampling options, Case input, int draws, double... expected) {
    int[] found = new int[expected.length];
    for (int i = 0; i < draws; i++) {
      found[input.draw(options.withSeed(i))]++;
    }
    double statistic = 0;
    int cells = 0;
    double restExpected = 0;
    int restFound = 0;
    for (int id = 0; id < found.length; id++) {
      if (expected[id] == 0) {
        assertThat(found[id]).as("%s: id %d is never drawn", options, id).isZero();
      } else if (expected[id] * draws < CELL) {
        restExpected += expected[id] * draws;
        restFound += found[id];
      } else {
        statistic += square(found[id] - expected[id] * draws) / (expected[id] * draws);
        cells++;
      }
    }
    if (restExpected >= CELL) {
      statistic += square(restFound - restExpected) / restExpected;
      cells++;
    }
    // more than five deviations above the mean of the distribution
    double bound = cells - 1 + 5 * Math.sqrt(2.0 * Math.max(cells - 1, 1)) + 5;
    assertThat(statistic).as("%s: frequencies", options).isLessThan(bound);
  }

  private static double square(double x) {
    return x * x;
  }

  static final List<Double> PENALTY_LIST = Arrays.stream(PENALTIES).boxed().toList();

  /** All combinations; with and without ties, and ids without any probability. */
  @ParameterizedTest
  @FieldSource("PENALTY_LIST")
  void theOracleSaysTheSame(double penalty) {
    Random random = new Random(11);
    int tried = 0;
    for (double temperature : TEMPERATURES) {
      for (int topK : TOP_KS) {
        for (double topP : TOP_PS) {
          for (double minP : MIN_PS) {
            Case input = Case.of(random, 24, tried % 2 == 0 ? 1.0 : 1e-4, tried % 3);
            assertDrawnAsTheOracleSays(
                new Sampling(penalty, temperature, topK, topP, minP, 0), input, DRAWS);
            tried++;
          }
        }
      }
    }
    assertThat(tried).isEqualTo(108);
  }

  /** A vocabulary so large that unlikely ids are not sorted, and the k-th is found by a heap. */
  @Test
  void theOracleSaysTheSameOfLargeVocabularies() {
    Random random = new Random(5);
    for (double temperature : new double[] {0.2, 1, 20}) {
      for (int topK : new int[] {0, 400}) {
        for (double topP : new double[] {0.2, 0.9, 0.999999}) {
          Case input = Case.of(random, 2000, 0.01, 50);
          assertDrawnAsTheOracleSays(new Sampling(1.1, temperature, topK, topP, 0, 0), input, 200);
        }
      }
    }
  }

  /** One in 60,000 each, and two thirds all together. */
  @Test
  void manyUnlikelyTokensTogetherAreLikely() {
    float[] logits = new float[100_001];
    Arrays.fill(logits, -11);
    logits[70_000] = 0;
    int unlikely = 0;
    for (int seed = 0; seed < 60; seed++) {
      Sampling options = Sampling.random(seed).withTopP(0.99);
      int id = new Sampler(options, logits.length, new BitSet()).next(logits);
      unlikely += id == 70_000 ? 0 : 1;
    }
    assertThat(unlikely).isBetween(25, 50);
  }

  /** So that the comparisons above would show a mistake. */
  @Test
  void otherOptionsAreDrawnOtherwise() {
    float[] logits = {2, 1.8f, 1.6f, 1.4f, 1.2f, 1, 0.8f, 0.6f, 0.4f, 0.2f, 0, -0.2f};
    Case input = new Case(logits, new BitSet(), new int[] {0, 3});
    Sampling options = new Sampling(1.3, 1, 8, 0.9, 0.01, 0);
    assertDrawn(options, input, 2000, oracle(options, input));
    for (Sampling other :
        List.of(
            options.withRepetitionPenalty(1),
            options.withTemperature(1.5),
            options.withTopK(3),
            options.withTopP(0.7),
            options.withMinP(0.6))) {
      assertThatThrownBy(() -> assertDrawn(options, input, 2000, oracle(other, input)))
          .as("%s", other)
          .isInstanceOf(AssertionError.class);
    }
  }

  @Test
  void greedyTakesTheFirstOfTheLikeliestAllowed() {
    Random random = new Random(3);
    for (int i = 0; i < 500; i++) {
      Case input = Case.of(random, 24, 1.0, 3);
      Sampling options = Sampling.greedy().withRepetitionPenalty(PENALTIES[i % 3]).withSeed(i);
      double[] expected = oracle(options.withTemperature(1), input);
      int best = 0;
      for (int id = 0; id < 24; id++) {
        best = expected[id] > expected[best] ? id : best;
      }
      assertThat(input.draw(options)).isEqualTo(best);
    }
  }

  /** The penalty also counts what was chosen before. */
  @Test
  void whatWasChosenIsPenalised() {
    float[] logits = {3, 2.9f, -1, -1.05f};
    Sampling options = Sampling.greedy().withRepetitionPenalty(2);
    Sampler sampler = new Sampler(options, 4, new BitSet(), 2);
    assertThat(IntStream.range(0, 4).map(i -> sampler.next(logits))).containsExactly(0, 1, 0, 0);
    BitSet positive = new BitSet();
    positive.set(0, 2);
    Sampler negative = new Sampler(options, 4, positive, 2);
    assertThat(negative.next(logits)).isEqualTo(3); // -1.05, as -1 counts twice
    assertThat(negative.next(logits)).isEqualTo(2); // -2, and -2.1
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.MIN_VALUE, 1e-300, 1e-40, 1e-3})
  void aTemperatureNearZeroDrawsTheLikeliest(double temperature) {
    float[] logits = {1e30f, -1e30f, 1e30f, 0, Float.NEGATIVE_INFINITY};
    BitSet drawn = new BitSet();
    for (Sampling options :
        List.of(
            Sampling.random(0),
            Sampling.random(0).withTopP(0.9),
            Sampling.random(0).withMinP(0.5),
            Sampling.random(0).withTopK(4).withTopP(0.99))) {
      for (int seed = 0; seed < 50; seed++) {
        Sampling seeded = options.withTemperature(temperature).withSeed(seed);
        drawn.set(new Sampler(seeded, 5, new BitSet()).next(logits));
      }
    }
    assertThat(drawn.stream()).containsExactly(0, 2);
  }

  @ParameterizedTest
  @ValueSource(doubles = {1e6, 1e300, Double.MAX_VALUE})
  void aHugeTemperatureDrawsAnythingThatIsPossible(double temperature) {
    float[] logits = {5, -5, Float.NEGATIVE_INFINITY, 0, 100};
    int[] found = new int[5];
    for (int seed = 0; seed < 800; seed++) {
      Sampling options = Sampling.random(seed).withTemperature(temperature).withMinP(0.01);
      found[new Sampler(options, 5, new BitSet()).next(logits)]++;
    }
    assertThat(found[2]).isZero();
    for (int id : new int[] {0, 1, 3, 4}) {
      assertThat(found[id]).isBetween(150, 250);
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {1e-300, 1e300})
  void anExtremePenaltyStaysANumber(double penalty) {
    float[] logits = {1, -1, 0.5f};
    for (double temperature : new double[] {0, 1}) {
      Sampling options = new Sampling(penalty, temperature, 0, 1, 0, 1);
      int id = new Sampler(options, 3, new BitSet(), 0, 1).next(logits);
      assertThat(id).isEqualTo(penalty < 1 ? 0 : id);
      assertThat(id).isNotEqualTo(penalty > 1 ? 1 : 2);
    }
  }

  static final List<Sampling> WAYS =
      List.of(
          Sampling.greedy(),
          Sampling.random(1),
          Sampling.random(1).withTopK(2),
          Sampling.random(1).withTopP(0.5),
          Sampling.random(1).withMinP(0.1),
          new Sampling(1.2, 0.7, 3, 0.9, 0.05, 1));

  /** Nothing is chosen silently where there is no distribution. */
  @ParameterizedTest
  @FieldSource("WAYS")
  void whatIsNoDistributionIsAnError(Sampling options) {
    float infinity = Float.POSITIVE_INFINITY;
    for (float[] logits :
        List.of(
            new float[] {1, Float.NaN, 0, 2},
            new float[] {Float.NaN, 1, 0, 2},
            new float[] {1, 0, 2, Float.NaN},
            new float[] {1, infinity, 0, 2},
            new float[] {infinity, Float.NaN, 0, -infinity},
            new float[] {-infinity, -infinity, -infinity, -infinity},
            new float[] {Float.NaN, Float.NaN, Float.NaN, Float.NaN})) {
      assertThatThrownBy(() -> new Sampler(options, 4, new BitSet(), 1, 2).next(logits))
          .as(Arrays.toString(logits))
          .isInstanceOf(CheckpointException.class)
          .hasMessageContaining("not a number");
    }
    float[] fine = {Float.NaN, -infinity, -infinity, -3};
    BitSet first = new BitSet();
    first.set(0);
    assertThat(new Sampler(options, 4, first, 1, 2).next(fine)).isEqualTo(3);
  }

  @Test
  void optionsOutOfTheirRangesAreRefused() {
    Sampling fine = Sampling.random(1);
    for (Runnable wrong :
        List.<Runnable>of(
            () -> fine.withRepetitionPenalty(0),
            () -> fine.withRepetitionPenalty(Double.NaN),
            () -> fine.withTemperature(-0.1),
            () -> fine.withTemperature(Double.POSITIVE_INFINITY),
            () -> fine.withTopK(-1),
            () -> fine.withTopP(0),
            () -> fine.withTopP(1.1),
            () -> fine.withMinP(-0.1),
            () -> fine.withMinP(Double.NaN))) {
      assertThatThrownBy(wrong::run)
          .isInstanceOf(InputException.class)
          .hasMessageContaining("found");
    }
  }
}
