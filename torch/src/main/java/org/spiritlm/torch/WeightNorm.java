package org.spiritlm.torch;

import java.util.stream.LongStream;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;

/**
 * Weights that are learnt as directions and lengths (Salimans and Kingma, 2016): {@code g v / |v|},
 * the norm of each slice of the first axis, with gradients.
 */
public final class WeightNorm {
  private static final NamedOperator AT_ONCE = new NamedOperator("aten::_weight_norm", "");

  private WeightNorm() {}

  /**
   * The weights.
   *
   * @param direction v, [C, ..]
   * @param gain g, [C, 1, ..]
   */
  public static Tensor of(Tensor direction, Tensor gain) {
    return direction.is_cpu() ? stepByStep(direction, gain) : atOnce(direction, gain);
  }

  static Tensor stepByStep(Tensor direction, Tensor gain) {
    long[] others = LongStream.range(1, direction.dim()).toArray();
    Tensor norm = direction.square().sum(others, true, new ScalarTypeOptional()).sqrt();
    return direction.mul(gain.div(norm));
  }

  /** One launch of a GPU in place of five, and one in place of a dozen backwards. */
  static Tensor atOnce(Tensor direction, Tensor gain) {
    return AT_ONCE.call(new IValue(direction), new IValue(gain), new IValue(0L));
  }
}
