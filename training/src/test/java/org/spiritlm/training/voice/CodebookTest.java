package org.spiritlm.training.voice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;

/** Codes go where the vectors are, and those that are of no use begin anew. */
final class CodebookTest {
  private static final Codebook.Options OPTIONS = new Codebook.Options(0.5, 0.1);

  /** A step of one batch. */
  private static int follow(Codebook codebook, Tensor batch, SplittableRandom random) {
    codebook.add(batch, codebook.nearest(batch), random);
    return codebook.follow();
  }

  @Test
  void followsTheMeans() {
    Codebook codebook = new Codebook(2, 1, OPTIONS, Device.CPU);
    SplittableRandom random = new SplittableRandom(1);
    try (Scope scope = Scope.open()) {
      Tensor rows = Tensors.of(new float[] {0, 10}, 2, 1);
      assertThat(codebook.isEmpty()).isTrue();
      codebook.begin(rows, random);
      Tensor batch = Tensors.of(new float[] {1, 3, 8}, 3, 1);
      int[] codes = Tensors.ints(codebook.nearest(batch));
      assertThat(codes[0]).isEqualTo(codes[1]).isNotEqualTo(codes[2]);
      assertThat(follow(codebook, batch, random)).isZero();
      float[] vectors = Tensors.floats(codebook.vectors());
      // half of what was, one vector at 0, and half of two at 1 and 3: (0 + 4) / (1 + 2)
      assertThat(vectors[codes[0]]).isEqualTo(4f / 3, within(1e-6f));
      assertThat(vectors[codes[2]]).isEqualTo(9, within(1e-6f));
      codebook.begin(Tensors.of(new float[] {100, 200}, 2, 1), random);
      assertThat(Tensors.floats(codebook.vectors())).isEqualTo(vectors);
    }
    codebook.close();
  }

  @Test
  void deadCodesBeginAnew() {
    Codebook codebook = new Codebook(2, 1, OPTIONS, Device.CPU);
    SplittableRandom random = new SplittableRandom(1);
    try (Scope scope = Scope.open()) {
      codebook.begin(Tensors.of(new float[] {0, 100}, 2, 1), random);
      Tensor near = Tensors.of(new float[] {-1, 1, 2}, 3, 1);
      int restarts = 0;
      for (int i = 0; i < 4; i++) {
        restarts += follow(codebook, near, random);
      }
      assertThat(restarts).isEqualTo(1);
      float[] vectors = Tensors.floats(codebook.vectors());
      assertThat(vectors[0]).isBetween(-1f, 2f);
      assertThat(vectors[1]).isBetween(-1f, 2f);
      follow(codebook, near, random);
      assertThat(Tensors.ints(codebook.nearest(near))).contains(0, 1);
    }
    codebook.close();
  }

  @Test
  void batchesOfAStepAreAsOne() {
    List<float[]> found = new ArrayList<>();
    for (boolean together : new boolean[] {true, false}) {
      Codebook codebook = new Codebook(2, 1, OPTIONS, Device.CPU);
      SplittableRandom random = new SplittableRandom(1);
      try (Scope scope = Scope.open()) {
        codebook.begin(Tensors.of(new float[] {0, 10}, 2, 1), random);
        Tensor first = Tensors.of(new float[] {1, 3}, 2, 1);
        Tensor second = Tensors.of(new float[] {4, 8}, 2, 1);
        for (Tensor batch :
            together ? List.of(Tensors.cat(List.of(first, second), 0)) : List.of(first, second)) {
          codebook.add(batch, codebook.nearest(batch), random);
        }
        codebook.follow();
        found.add(Tensors.floats(codebook.vectors()));
      }
      codebook.close();
    }
    assertThat(found.get(1)).containsExactly(found.get(0), within(1e-6f));
  }

  /** Where no code is ever dead, one that nothing is near to stays where it is. */
  @ParameterizedTest
  @ValueSource(doubles = {0, 0.5})
  void unusedCodesStay(double decay) {
    Codebook codebook = new Codebook(2, 1, new Codebook.Options(decay, 0), Device.CPU);
    SplittableRandom random = new SplittableRandom(1);
    try (Scope scope = Scope.open()) {
      codebook.begin(Tensors.of(new float[] {0, 100}, 2, 1), random);
      Tensor near = Tensors.of(new float[] {1}, 1, 1);
      for (int i = 0; i < 200; i++) { // half of a half … is 0 after 150
        assertThat(follow(codebook, near, random)).isZero();
      }
      assertThat(Tensors.floats(codebook.vectors())).containsExactlyInAnyOrder(1, 100);
      Tensor far = Tensors.of(new float[] {90}, 1, 1);
      follow(codebook, far, random);
      assertThat(Tensors.floats(codebook.vectors())).containsExactlyInAnyOrder(1, 90);
    }
    codebook.close();
  }

  @Test
  void useIsCounted() {
    CodeUse use = new CodeUse(5);
    assertThat(use.largestShare()).isZero();
    use.add(new int[] {0, 0, 3, 3});
    assertThat(use.used()).isEqualTo(2);
    assertThat(use.perplexity()).isEqualTo(2, within(1e-9));
    use.add(new int[] {0, 0});
    assertThat(use.largestShare()).isEqualTo(4.0 / 6, within(1e-9));
  }
}
