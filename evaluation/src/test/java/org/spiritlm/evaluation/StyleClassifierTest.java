package org.spiritlm.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.spiritlm.torch.InputException;

/** Styles are learnt from values, whatever their scale. */
final class StyleClassifierTest {
  /** Opposite corners of a square belong together, so that no plane tells them apart. */
  private static List<StyleClassifier.Example> corners(int count, long seed, int share) {
    Random random = new Random(seed);
    List<StyleClassifier.Example> examples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      boolean right = random.nextBoolean();
      boolean upper = i % share == 0 ? !right : right;
      double[] values = {
        1000 + 100 * ((right ? 1 : -1) + 0.2 * random.nextGaussian()),
        0.001 * ((upper ? 1 : -1) + 0.2 * random.nextGaussian()),
        random.nextGaussian(),
        7
      };
      examples.add(new StyleClassifier.Example(values, right == upper ? "same" : "other"));
    }
    return examples;
  }

  private static double right(StyleClassifier classifier, List<StyleClassifier.Example> examples) {
    List<String> found =
        classifier.labels(examples.stream().map(StyleClassifier.Example::values).toList());
    int right = 0;
    for (int i = 0; i < found.size(); i++) {
      right += found.get(i).equals(examples.get(i).label()) ? 1 : 0;
    }
    return (double) right / found.size();
  }

  @Test
  void whatCanBeToldIsTold() {
    try (StyleClassifier classifier = StyleClassifier.learn(corners(200, 1, 2))) {
      assertThat(classifier.labels()).containsExactly("other", "same");
      assertThat(right(classifier, corners(200, 2, 2))).isGreaterThan(0.97);
    }
  }

  @Test
  void aRareStyleCountsAsMuch() {
    try (StyleClassifier classifier = StyleClassifier.learn(corners(300, 3, 15))) {
      List<StyleClassifier.Example> rare =
          corners(300, 4, 2).stream().filter(each -> each.label().equals("other")).toList();
      assertThat(right(classifier, rare)).isGreaterThan(0.9);
    }
  }

  @Test
  void labelsThatMeanNothingAreGuessed() {
    Random random = new Random(5);
    List<StyleClassifier.Example> examples = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      double[] values = {random.nextGaussian(), random.nextGaussian()};
      examples.add(new StyleClassifier.Example(values, i % 2 == 0 ? "a" : "b"));
    }
    try (StyleClassifier classifier = StyleClassifier.learn(examples.subList(0, 200))) {
      assertThat(right(classifier, examples.subList(200, 400))).isBetween(0.38, 0.62);
    }
  }

  @Test
  void theSameExamplesGiveTheSame() {
    List<double[]> asked = corners(50, 9, 2).stream().map(StyleClassifier.Example::values).toList();
    try (StyleClassifier one = StyleClassifier.learn(corners(60, 8, 2));
        StyleClassifier two = StyleClassifier.learn(corners(60, 8, 2))) {
      assertThat(one.labels(asked)).isEqualTo(two.labels(asked));
      assertThat(one.labels(List.of())).isEmpty();
    }
  }

  @Test
  void oneStyleIsNone() {
    List<StyleClassifier.Example> same =
        corners(20, 1, 2).stream().filter(each -> each.label().equals("same")).toList();
    assertThatThrownBy(() -> StyleClassifier.learn(same))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("[same]");
    assertThatThrownBy(() -> StyleClassifier.learn(List.of()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("two styles or more");
  }
}
