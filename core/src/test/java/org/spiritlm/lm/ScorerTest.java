package org.spiritlm.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.spiritlm.torch.InputException;

/** Scores are the log-softmax, in double precision, of logits that are read at once. */
class ScorerTest {
  private static final double CLOSE = 1e-4;

  private static final LlamaModel LONG =
      LlamaModels.varied(
          new LlamaConfig(
              96,
              16,
              1,
              2,
              1,
              8,
              16,
              1e-5,
              10_000,
              new RopeScaling.None(),
              4096,
              true,
              false,
              false));

  private static double[] oracle(LlamaModel model, Scorer.Pair pair) {
    float[][] logits =
        LlamaModels.logits(model, LlamaModels.join(pair.prompt(), pair.continuation()));
    double[] scores = new double[pair.continuation().length];
    for (int i = 0; i < scores.length; i++) {
      float[] before = logits[pair.prompt().length + i - 1];
      scores[i] = LlamaModels.logSoftmax(before)[pair.continuation()[i]];
    }
    return scores;
  }

  @Property(tries = 40)
  void scoresAreThoseOfTheLogits(
      @ForAll("variants") String name, @ForAll("pairs") List<Scorer.Pair> pairs) {
    LlamaModel model = LlamaVariant.of(name).model();
    Scorer scorer = new Scorer(model);
    List<double[]> together = scorer.score(pairs);
    assertThat(together).hasSameSizeAs(pairs);
    for (int i = 0; i < pairs.size(); i++) {
      double[] expected = oracle(model, pairs.get(i));
      assertThat(together.get(i)).containsExactly(expected, within(CLOSE));
      assertThat(scorer.score(pairs.get(i))).containsExactly(expected, within(CLOSE));
    }
  }

  /** Ranks have the scores, and the likeliest are those of the logits. */
  @Property(tries = 20)
  void ranksAreThoseOfTheLogits(
      @ForAll("variants") String name, @ForAll("pairs") List<Scorer.Pair> pairs) {
    LlamaModel model = LlamaVariant.of(name).model();
    Scorer.Pair pair = pairs.get(0);
    double[] scores = oracle(model, pair);
    float[][] logits =
        LlamaModels.logits(model, LlamaModels.join(pair.prompt(), pair.continuation()));
    List<Scorer.Ranked> ranked = new Scorer(model).rank(pair, 3);
    assertThat(ranked).hasSameSizeAs(pair.continuation());
    for (int i = 0; i < scores.length; i++) {
      Scorer.Ranked each = ranked.get(i);
      assertThat(each.id()).isEqualTo(pair.continuation()[i]);
      assertThat(each.logProbability()).isCloseTo(scores[i], within(CLOSE));
      double[] all = LlamaModels.logSoftmax(logits[pair.prompt().length + i - 1]);
      double[] sorted = all.clone();
      Arrays.sort(sorted);
      assertThat(each.likeliest()).hasSize(3);
      for (int j = 0; j < 3; j++) {
        assertThat(each.logProbabilities()[j])
            .isCloseTo(sorted[sorted.length - 1 - j], within(CLOSE))
            .isCloseTo(all[each.likeliest()[j]], within(CLOSE));
      }
    }
    assertThat(new Scorer(model).rank(pair, 0).get(0).likeliest()).isEmpty();
    assertThat(new Scorer(model).rank(pair, 1000).get(0).likeliest())
        .hasSize(LlamaVariant.VOCABULARY);
  }

  /** More tokens than are read together, and more rows than are normalised together. */
  @Example
  void longPairsAreScoredInParts() {
    Random random = new Random(2);
    List<Scorer.Pair> pairs = new ArrayList<>();
    for (int[] lengths : new int[][] {{3, 700}, {700, 257}, {1, 1}, {900, 256}, {1200, 2000}}) {
      pairs.add(
          new Scorer.Pair(
              random.ints(lengths[0], 0, 96).toArray(), random.ints(lengths[1], 0, 96).toArray()));
    }
    List<double[]> scores = new Scorer(LONG).score(pairs);
    for (int i = 0; i < pairs.size(); i++) {
      assertThat(scores.get(i)).containsExactly(oracle(LONG, pairs.get(i)), within(CLOSE));
    }
  }

  @Example
  void whatCannotBeScoredIsRefused() {
    assertThatThrownBy(() -> new Scorer.Pair(new int[0], new int[1]))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("prompt has no tokens");
    assertThatThrownBy(() -> new Scorer.Pair(new int[1], new int[0]))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("continuation has no tokens");
    Scorer.Pair tooLong = new Scorer.Pair(new int[4000], new int[98]);
    assertThatThrownBy(() -> new Scorer(LONG).score(tooLong))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("4097")
        .hasMessageContaining("4096");
    assertThat(new Scorer(LONG).score(List.of())).isEmpty();
  }

  @Provide
  Arbitrary<String> variants() {
    return ReadingLawsTest.variants();
  }

  @Provide
  Arbitrary<List<Scorer.Pair>> pairs() {
    Arbitrary<int[]> ids =
        Arbitraries.integers()
            .between(0, LlamaVariant.VOCABULARY - 1)
            .array(int[].class)
            .ofMinSize(1)
            .ofMaxSize(LlamaVariant.CONTEXT / 2);
    return Combinators.combine(ids, ids).as(Scorer.Pair::new).list().ofMinSize(1).ofMaxSize(5);
  }
}
