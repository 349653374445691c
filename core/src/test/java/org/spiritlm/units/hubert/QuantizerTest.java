package org.spiritlm.units.hubert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.spiritlm.Golden;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.Initializer;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;

class QuantizerTest {
  @Test
  void blanksAreReplacedAsInTheReference() {
    Golden golden = Golden.load("strings");
    JsonNode cases = golden.at("blank_replacement", "cases");
    assertThat(cases).isNotEmpty();
    for (JsonNode one : cases) {
      assertThat(LinearQuantizer.withoutBlanks(golden.values(one.get("argmax")).ints(), 500))
          .isEqualTo(golden.values(one.get("units")).ints());
    }
  }

  /** The reference's own way: shift by one, round and round, until no blank is left. */
  @Property
  void blanksAreReplacedAsByRepeatedCircularShifts(
      @ForAll @Size(max = 12) @IntRange(max = 3) int[] classes) {
    int blank = 3;
    int[] expected = classes.clone();
    for (int round = 0; round < classes.length; round++) {
      int[] before = expected.clone();
      for (int i = 0; i < expected.length; i++) {
        if (before[i] == blank) {
          expected[i] = before[(i + before.length - 1) % before.length];
        }
      }
    }

    assertThat(LinearQuantizer.withoutBlanks(classes, blank)).isEqualTo(expected);
  }

  @Test
  void widthsFollowFromMetasConfiguration() {
    assertThat(linear(500, 768, 768)).isEqualTo(new LinearQuantizer.Config(768, 702, 635, 500));
    assertThat(linear(500, 48, 517)).isEqualTo(new LinearQuantizer.Config(48, 44, 40, 500));
    // Python's // rounds down: -1 // 4 is -1.
    assertThat(linear(500, 48, 500)).isEqualTo(new LinearQuantizer.Config(48, 49, 49, 500));
    assertThatThrownBy(() -> linear(10, 48, 4000))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("upstream_dim");
  }

  private static LinearQuantizer.Config linear(int units, int width, int upstream) {
    return LinearQuantizer.Config.read(
        ConfigFile.of("test", Map.of("vocab_size", units, "dim", width, "upstream_dim", upstream)));
  }

  @Test
  void nearestCentreIsTheOneOfSmallestDistance() {
    Weights weights = Weights.initialise(1);
    Quantizer quantizer = new KMeansQuantizer(weights, new KMeansQuantizer.Config(9, 4));
    float[] centers = Tensors.floats(weights.tensor("cluster_centers", 9, 4));
    try (Scope scope = Scope.open()) {
      Tensor features = Weights.initialise(2).tensor("x", Initializer.normal(1), 50, 4);
      float[] x = Tensors.floats(features);
      int[] units = quantizer.units(features);

      assertThat(units).hasSize(50);
      for (int t = 0; t < units.length; t++) {
        int nearest = 0;
        for (int c = 1; c < 9; c++) {
          if (distance(x, t, centers, c) < distance(x, t, centers, nearest)) {
            nearest = c;
          }
        }
        assertThat(units[t]).isEqualTo(nearest);
      }
    }
  }

  private static double distance(float[] x, int row, float[] centers, int center) {
    double sum = 0;
    for (int i = 0; i < 4; i++) {
      double difference = x[4 * row + i] - centers[4 * center + i];
      sum += difference * difference;
    }
    return sum;
  }
}
