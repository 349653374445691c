package org.spiritlm.torch;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * A convolution over time without padding, alone or with what often comes after it.
 *
 * <p>Its input lies in memory step by step: [1, C, 1, T] with the channels innermost. Kernels take
 * this form as it is.
 */
public sealed interface StepConvolution permits OneDnnConvolution, PlainStepConvolution {

  /**
   * The fastest that there is for a weight.
   *
   * @param weight [C', C, K]
   * @param bias [C'] or nothing
   * @param dilation steps from one tap to the next
   * @param slope what {@link #rectified} multiplies negative values by
   * @param length steps that its output often has; others work too
   */
  static StepConvolution of(
      Tensor weight, TensorOptional bias, long dilation, double slope, long length) {
    boolean oneDnn =
        torch.hasMKLDNN() && weight.is_cpu() && DType.of(weight) == DType.F32 && bias.has_value();
    return oneDnn
        ? new OneDnnConvolution(weight, bias.get(), dilation, slope, length)
        : new PlainStepConvolution(weight, bias, dilation, slope);
  }

  /** Steps [1, C, 1, T] to [1, C', 1, T - (K - 1) * dilation]. */
  Tensor forward(Tensor x);

  /** As {@link #forward}, then a leaky rectifier. */
  Tensor rectified(Tensor x);

  /** Adds what {@link #forward} gives to a tensor of its shape and layout, in place. */
  void addTo(Tensor sum, Tensor x);
}
