package org.spiritlm.torch;

import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A convolution by oneDNN's kernels for float32 on the processor: its weight stays in their own
 * layout, and they do on the way what else would be another pass over the result.
 */
final class OneDnnConvolution implements StepConvolution {
  private static final NamedOperator UNARY =
      new NamedOperator("mkldnn::_convolution_pointwise", "");
  private static final NamedOperator BINARY =
      new NamedOperator("mkldnn::_convolution_pointwise_", "binary");

  // The arguments that never change.
  private static final long[] ONES = {1, 1};
  private static final long[] ZEROS = {0, 0};
  private static final IValue STRIDE = UNARY.list("stride", ONES);
  private static final IValue PADDING = UNARY.list("padding", ZEROS);
  private static final IValue GROUPS = Scope.release(new IValue(1L));
  private static final IValue NOTHING = Scope.release(new IValue());
  private static final IValue NO_NUMBERS = UNARY.list("scalars", new double[0]);
  private static final IValue NONE = Scope.release(new IValue("none"));
  private static final IValue LEAKY = Scope.release(new IValue("leaky_relu"));
  private static final IValue ADD = Scope.release(new IValue("add"));

  private final IValue weight;
  private final IValue bias;
  private final IValue dilation;
  private final IValue slope;

  OneDnnConvolution(Tensor weight, Tensor bias, long dilation, double slope, long length) {
    long[] dilations = {1, dilation};
    this.bias = Scope.release(new IValue(bias));
    this.dilation = UNARY.list("dilation", dilations);
    this.slope = UNARY.list("scalars", slope);
    try (Scope scope = Scope.open()) {
      long steps = length + (weight.size(2) - 1) * dilation;
      Tensor packed =
          torch.mkldnn_reorder_conv2d_weight(
              weight.unsqueeze(2).to_mkldnn(), // [C', C, 1, K]
              ZEROS,
              ONES,
              dilations,
              1,
              1,
              weight.size(1),
              1,
              steps);
      this.weight = Scope.release(new IValue(packed));
    }
  }

  @Override
  public Tensor forward(Tensor x) {
    return unary(x, NONE, NO_NUMBERS);
  }

  @Override
  public Tensor rectified(Tensor x) {
    return unary(x, LEAKY, slope);
  }

  private Tensor unary(Tensor x, IValue function, IValue numbers) {
    try (Scope scope = Scope.open()) {
      return scope.keep(
          UNARY.call(
              new IValue(x),
              weight,
              bias,
              PADDING,
              STRIDE,
              dilation,
              GROUPS,
              function,
              numbers,
              NOTHING));
    }
  }

  @Override
  public void addTo(Tensor sum, Tensor x) {
    try (Scope scope = Scope.open()) {
      BINARY.call(
          new IValue(sum),
          new IValue(x),
          weight,
          bias,
          PADDING,
          STRIDE,
          dilation,
          GROUPS,
          ADD,
          NOTHING,
          NOTHING,
          NO_NUMBERS,
          NOTHING);
    }
  }
}
