package org.spiritlm.alignment;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.assertj.core.data.Offset;

/** The alignment against all paths there are, and against a whole lattice. */
final class CtcAlignmentLawsTest {
  private static final int LABELS = 4;

  /** No path that spells the target is better, whether scores are all different or often equal. */
  @Property(tries = 400)
  void noPathIsBetter(
      @ForAll("targets") List<Integer> target,
      @ForAll @IntRange(min = 1, max = 7) int frames,
      @ForAll @IntRange(min = 0, max = LABELS - 1) int blank,
      @ForAll boolean coarse,
      @ForAll long seed) {
    int[] targets = targets(target, blank);
    Assume.that(CtcAlignment.leastFrames(targets) <= frames);
    Emissions emissions = emissions(frames, coarse, seed);

    CtcAlignment alignment = CtcAlignment.of(emissions, targets, blank);

    assertThat(collapsed(alignment.path(), blank)).containsExactlyElementsOf(boxed(targets));
    assertThat(alignment.score())
        .isEqualTo(bestOfAll(emissions, targets, blank), Offset.offset(1e-5));
  }

  /** Halving the frames again and again gives the very path of one whole lattice. */
  @Property(tries = 200)
  void memoryDoesNotMatter(
      @ForAll("long targets") List<Integer> target,
      @ForAll @IntRange(min = 1, max = 90) int frames,
      @ForAll @IntRange(min = 0, max = LABELS - 1) int blank,
      @ForAll boolean coarse,
      @ForAll @IntRange(min = 1, max = 200) int cells,
      @ForAll long seed) {
    int[] targets = targets(target, blank);
    Assume.that(CtcAlignment.leastFrames(targets) <= frames);
    Emissions emissions = emissions(frames, coarse, seed);

    CtcAlignment halved = CtcAlignment.of(emissions, targets, blank, cells);

    assertThat(halved.path()).containsExactly(wholeLattice(emissions, targets, blank));
    assertThat(halved.spans())
        .isEqualTo(CtcAlignment.of(emissions, targets, blank).spans())
        .extracting(LabelSpan::label)
        .containsExactlyElementsOf(boxed(targets));
  }

  @Provide
  Arbitrary<List<Integer>> targets() {
    return Arbitraries.integers().between(1, LABELS - 1).list().ofMaxSize(4);
  }

  @Provide("long targets")
  Arbitrary<List<Integer>> longTargets() {
    return Arbitraries.integers().between(1, LABELS - 1).list().ofMaxSize(40);
  }

  /** Any label but the blank. */
  private static int[] targets(List<Integer> numbers, int blank) {
    return numbers.stream().mapToInt(n -> (blank + n) % LABELS).toArray();
  }

  private static Emissions emissions(int frames, boolean coarse, long seed) {
    Random random = new Random(seed);
    float[] values = new float[frames * LABELS];
    for (int i = 0; i < values.length; i++) {
      values[i] = coarse ? -random.nextInt(3) : (float) Math.log(random.nextDouble());
    }
    return new Emissions(values, frames, LABELS);
  }

  private static List<Integer> boxed(int[] labels) {
    return Arrays.stream(labels).boxed().toList();
  }

  private static List<Integer> collapsed(int[] path, int blank) {
    List<Integer> labels = new ArrayList<>();
    for (int t = 0; t < path.length; t++) {
      if (path[t] != blank && (t == 0 || path[t] != path[t - 1])) {
        labels.add(path[t]);
      }
    }
    return labels;
  }

  /** The best score among all sequences of labels that spell the target. */
  private static double bestOfAll(Emissions emissions, int[] targets, int blank) {
    List<Integer> wanted = boxed(targets);
    double best = Double.NEGATIVE_INFINITY;
    int[] path = new int[emissions.frames()];
    for (int number = 0; number < Math.pow(LABELS, path.length); number++) {
      double score = 0;
      for (int t = 0, rest = number; t < path.length; t++, rest /= LABELS) {
        path[t] = rest % LABELS;
        score += emissions.at(t, path[t]);
      }
      if (score > best && collapsed(path, blank).equals(wanted)) {
        best = score;
      }
    }
    return best;
  }

  /** The plain algorithm: every state in every frame, with every step back. */
  private static int[] wholeLattice(Emissions emissions, int[] targets, int blank) {
    int states = 2 * targets.length + 1;
    int frames = emissions.frames();
    double[][] scores = new double[frames][states];
    int[][] back = new int[frames][states];
    for (int t = 0; t < frames; t++) {
      for (int s = 0; s < states; s++) {
        int label = s % 2 == 0 ? blank : targets[s / 2];
        double best = t == 0 && s < 2 ? 0 : Double.NEGATIVE_INFINITY;
        boolean skips = s % 2 == 1 && s > 1 && targets[s / 2] != targets[s / 2 - 1];
        for (int step = 0; t > 0 && step <= Math.min(s, skips ? 2 : 1); step++) {
          if (scores[t - 1][s - step] > best) {
            best = scores[t - 1][s - step];
            back[t][s] = step;
          }
        }
        scores[t][s] = best + emissions.at(t, label);
      }
    }
    double[] last = scores[frames - 1];
    int state = states > 1 && last[states - 1] <= last[states - 2] ? states - 2 : states - 1;
    int[] path = new int[frames];
    for (int t = frames - 1; t >= 0; t--) {
      path[t] = state % 2 == 0 ? blank : targets[state / 2];
      state -= back[t][state];
    }
    return path;
  }
}
