package org.spiritlm.units.pitch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.bytedeco.pytorch.Tensor;
import org.spiritlm.torch.Convolution;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;

class TimeConvolutionTest {
  @Property(tries = 60)
  void equalsTheLibrarysConvolution(
      @ForAll @IntRange(min = 1, max = 5) int kernel,
      @ForAll @IntRange(min = 1, max = 3) int stride,
      @ForAll @IntRange(min = 0, max = 4) int padding,
      @ForAll @IntRange(min = 1, max = 3) int dilation,
      @ForAll @IntRange(min = 1, max = 40) int time) {
    var shape = new TimeConvolution.Shape(3, 5, kernel, stride, padding, dilation);
    if (time + 2 * padding <= dilation * (kernel - 1)) {
      assertThat(shape.frames(time)).isZero();
      return;
    }
    Weights weights = Weights.initialise(7);
    TimeConvolution byTaps = new TimeConvolution(weights, shape);
    Convolution library =
        new Convolution(
            weights,
            Convolution.Shape.of(3, 5, kernel).stride(stride).padding(padding).dilation(dilation));
    float[] values = new float[time * 3];
    Random random = new Random(time);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    try (Scope scope = Scope.open()) {
      Tensor x = Tensors.of(values, time, 3);
      Tensor expected = library.forward(x.t().unsqueeze(0)).squeeze(0).t();
      Tensor found = byTaps.forward(x);
      assertThat(found.size(0)).isEqualTo(shape.frames(time)).isEqualTo(expected.size(0));
      assertThat(found.sub(expected).abs().max().item_double()).isCloseTo(0, within(1e-5));
    }
  }
}
