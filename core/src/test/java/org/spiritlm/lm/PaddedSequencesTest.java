package org.spiritlm.lm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.bytedeco.pytorch.Tensor;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.NoGradients;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;

final class PaddedSequencesTest {
  private static final LlamaConfig CONFIG = LlamaModels.SMALL;

  @Property(tries = 100)
  void everyPositionComesBackFromItsPlace(
      @ForAll @Size(min = 1, max = 30) List<@IntRange(min = 1, max = 60) Integer> lengths) {
    try (Scope scope = Scope.open()) {
      PaddedSequences padded = PaddedSequences.of(lengths, Device.CPU);
      int[] places = Tensors.ints(padded.places());
      int[] back = Tensors.ints(padded.back());
      assertThat(back).hasSize(lengths.stream().mapToInt(Integer::intValue).sum());
      for (int i = 0; i < back.length; i++) {
        assertThat(places[back[i]]).isEqualTo(i);
      }
      assertThat(Arrays.stream(padded.sizes()).sum()).isEqualTo(places.length);
      Tensor positions = Tensors.of(IntStream.range(0, back.length).toArray());
      assertThat(Tensors.ints(padded.spread(positions))).containsExactly(places);
      assertThat(Tensors.ints(padded.gathered(padded.spread(positions))))
          .containsExactly(Tensors.ints(positions));
    }
  }

  /** Attention to sequences together is attention to each, forwards and backwards. */
  @Property(tries = 20)
  void togetherIsAlone(
      @ForAll @Size(min = 1, max = 12) List<@IntRange(min = 1, max = 50) Integer> lengths,
      @ForAll long seed) {
    try (Scope scope = Scope.open()) {
      RotaryEmbedding rotary = new RotaryEmbedding(CONFIG, DType.F32, Device.CPU);
      Attention attention = new Attention(Weights.initialise(3).trained(), CONFIG, 0, rotary);
      List<Piece> pieces = new ArrayList<>();
      lengths.forEach(length -> pieces.add(Piece.alone(new int[length])));
      RotaryEmbedding.Angles angles = rotary.at(Step.positions(pieces));
      int all = lengths.stream().mapToInt(Integer::intValue).sum();
      float[] x = random(seed, all * CONFIG.width());
      float[] direction = random(seed + 1, all * CONFIG.width());
      PaddedSequences padded = Step.padded(pieces, Device.CPU);
      float[][] together =
          pass(attention, new Step(pieces, angles, padded, null, null), x, direction);
      float[] read = read(attention, new Step(pieces, angles, padded, null, null), x);
      int from = 0;
      for (Piece piece : pieces) {
        int to = from + piece.ids().length * CONFIG.width();
        Step one = Step.of(List.of(piece), rotary.at(Step.positions(List.of(piece))), null);
        float[][] alone =
            pass(
                attention,
                one,
                Arrays.copyOfRange(x, from, to),
                Arrays.copyOfRange(direction, from, to));
        for (int i = 0; i < alone.length; i++) {
          assertThat(Arrays.copyOfRange(together[i], from, to))
              .usingComparatorWithPrecision(1e-4f)
              .containsExactly(alone[i]);
        }
        assertThat(Arrays.copyOfRange(read, from, to))
            .usingComparatorWithPrecision(1e-4f)
            .containsExactly(alone[0]);
        from = to;
      }
    }
  }

  /** The result where nothing learns. */
  private static float[] read(Attention attention, Step step, float[] x) {
    try (NoGradients none = NoGradients.open();
        Scope scope = Scope.open()) {
      Tensor in = Tensors.of(x, x.length / CONFIG.width(), CONFIG.width());
      return Tensors.floats(attention.forward(in, step));
    }
  }

  /** The result, and the gradient of what goes in. */
  private static float[][] pass(Attention attention, Step step, float[] x, float[] direction) {
    int width = CONFIG.width();
    try (Scope scope = Scope.open()) {
      Tensor in = Tensors.of(x, x.length / width, width);
      in.set_requires_grad(true);
      Tensor out = attention.forward(in, step);
      out.mul(Tensors.of(direction, x.length / width, width)).sum().backward();
      return new float[][] {Tensors.floats(out.detach()), Tensors.floats(in.grad())};
    }
  }

  private static float[] random(long seed, int size) {
    Random random = new Random(seed);
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
