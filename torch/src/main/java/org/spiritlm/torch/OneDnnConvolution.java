package org.spiritlm.torch;

import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * A convolution by oneDNN's kernels for float32 on the processor: its weight stays in their own
 * layout, and they do on the way what else would be another pass over the result.
 *
 * <p>Which layout that is may depend on the input's length: with AVX2 it is in blocks of 16 or of
 * 24 channels. A weight in another one is brought into it at each call, which takes many times as
 * long as the convolution of a short piece; so the weight is kept in each layout that was needed.
 */
final class OneDnnConvolution implements StepConvolution {
  private static final NamedOperator UNARY =
      new NamedOperator("mkldnn::_convolution_pointwise", "");
  private static final NamedOperator BINARY =
      new NamedOperator("mkldnn::_convolution_pointwise_", "binary");

  /** Tells layouts apart; null where libtorch cannot. */
  private static final @Nullable NamedOperator LAYOUT = layoutOperator();

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

  private final IValue bias;
  private final IValue dilation;
  private final IValue slope;
  private final long[] dilations;
  private final long in;
  private final List<Packed> layouts = new ArrayList<>(); // the first never changes
  private final Map<Long, IValue> weights = new ConcurrentHashMap<>(); // by steps of input

  /**
   * A weight in a layout.
   *
   * @param layout its description; equal ones mean the same
   */
  private record Packed(IValue weight, IntBuffer layout) {}

  OneDnnConvolution(Tensor weight, Tensor bias, long dilation, double slope, long length) {
    this.dilations = new long[] {1, dilation};
    this.in = weight.size(1);
    this.bias = Scope.release(new IValue(bias));
    this.dilation = UNARY.list("dilation", dilations);
    this.slope = UNARY.list("scalars", slope);
    try (Scope scope = Scope.open()) {
      long steps = length + (weight.size(2) - 1) * dilation;
      Tensor plain = weight.unsqueeze(2).to_mkldnn(); // [C', C, 1, K]
      weights.put(steps, kept(packed(plain, steps)));
    }
  }

  /** A weight in the layout for inputs of so many steps. */
  private Tensor packed(Tensor weight, long steps) {
    return torch.mkldnn_reorder_conv2d_weight(weight, ZEROS, ONES, dilations, 1, 1, in, 1, steps);
  }

  private IValue kept(Tensor packed) {
    IntBuffer layout = layout(packed);
    for (Packed known : layouts) {
      if (known.layout().equals(layout)) {
        return known.weight();
      }
    }
    Packed more = new Packed(Scope.release(new IValue(packed)), layout);
    layouts.add(more);
    return more.weight();
  }

  private static @Nullable NamedOperator layoutOperator() {
    try {
      return new NamedOperator("mkldnn::_get_mkldnn_serialized_md", "");
    } catch (RuntimeException e) {
      return null; // a libtorch without it
    }
  }

  private static IntBuffer layout(Tensor packed) {
    return LAYOUT == null
        ? IntBuffer.allocate(0)
        : IntBuffer.wrap(Tensors.ints(LAYOUT.call(new IValue(packed))));
  }

  /** The weight as it is read for an input. */
  private IValue weight(Tensor x) {
    return weights.computeIfAbsent(x.size(3), this::weight);
  }

  private synchronized IValue weight(long steps) {
    Packed first = layouts.get(0);
    if (LAYOUT == null) {
      return first.weight();
    }
    try (Scope scope = Scope.open()) {
      return kept(packed(first.weight().toTensor(), steps));
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
              weight(x),
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
          weight(x),
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
