package org.spiritlm.vocoder;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.spiritlm.torch.Initializer;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;

class GeneratorTest {
  private final Weights weights = Weights.initialise(3);
  private final VocoderConfig config = Vocoders.config(Vocoders.BASE);
  private final Generator generator = new Generator(weights, config);
  private final PlainGenerator plain = new PlainGenerator(weights, config);

  private static float[] whole(PlainGenerator plain, Tensor frames) {
    try (Scope scope = Scope.open()) {
      return Tensors.floats(plain.forward(frames.t().unsqueeze(0)));
    }
  }

  private static Tensor frames(long count, long seed) {
    return Weights.initialise(seed).tensor("x", Initializer.normal(3), count, 18);
  }

  /** Pieces of any lengths, but for the first, and a last one with some frames too many. */
  @Property(tries = 100)
  void piecesGiveTheWhole(
      @ForAll @Size(max = 5) List<@IntRange(min = 1, max = 20) Integer> pieces,
      @ForAll @IntRange(max = 20) int lastPiece,
      @ForAll @IntRange(max = 5) int beyond,
      @ForAll long seed) {
    int first = pieces.isEmpty() ? 0 : generator.lookAhead() - 1;
    int count = first + pieces.stream().mapToInt(i -> i).sum() + lastPiece;
    if (count == 0) {
      return;
    }
    Tensor frames = frames(count + beyond, seed);
    float[] expected = whole(plain, frames.narrow(0, 0, count));
    float[] samples = new float[expected.length + beyond * config.hop()];
    int at = 0;
    int ready = 0;
    try (GeneratorState state = generator.start()) {
      for (int i = 0; i <= pieces.size(); i++) {
        boolean last = i == pieces.size();
        int size = last ? lastPiece + beyond : pieces.get(i) + (i == 0 ? first : 0);
        if (last) {
          state.finish(beyond);
        }
        try (Scope scope = Scope.open()) {
          float[] piece =
              Tensors.floats(generator.forward(frames.narrow(0, at, size).clone(), state));
          System.arraycopy(piece, 0, samples, ready, piece.length);
          ready += piece.length;
          at += size;
        }
      }
    }
    assertThat(ready).isEqualTo(samples.length);
    Waves.assertClose(java.util.Arrays.copyOf(samples, expected.length), expected, 1e-5);
  }

  /** The first sample changes with the last frame of the look-ahead, and with none behind it. */
  @Test
  void lookAheadIsTheReceptiveField() {
    int count = generator.lookAhead();
    float sample = whole(plain, frames(count + 5, 1))[0];
    try (Scope scope = Scope.open()) {
      Tensor behind = frames(count + 5, 1).clone();
      behind.narrow(0, count, 5).zero_();
      assertThat(whole(plain, behind)[0]).isEqualTo(sample);
      // so large that the outermost weights, which multiply their way to the sample, show
      behind.narrow(0, count - 1, 1).mul_(Tensors.scalar(1000));
      assertThat(whole(plain, behind)[0]).isNotEqualTo(sample);
    }
  }

  @Test
  void lookAheadAtTheReleasedSize() {
    Map<String, Object> released =
        Vocoders.with(
            Vocoders.BASE,
            Map.of(
                "upsample_rates", List.of(5, 4, 4, 4, 2),
                "upsample_kernel_sizes", List.of(11, 8, 8, 8, 4),
                "upsample_initial_channel", 32,
                "resblock_kernel_sizes", List.of(3, 7, 11),
                "resblock_dilation_sizes",
                    List.of(List.of(1, 3, 5), List.of(1, 3, 5), List.of(1, 3, 5)),
                "code_hop_size", 640));
    assertThat(new Generator(Weights.initialise(1), Vocoders.config(released)).lookAhead())
        .isEqualTo(20);
  }
}
