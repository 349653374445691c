package org.spiritlm.lm;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;

/**
 * Rotary position embedding (Su et al., 2021): turns each pair (i, i + d/2) of a head's entries by
 * an angle that grows with the position.
 *
 * <p>Angles are computed in float32, as in Hugging Face's Llama. Safe for use by several threads.
 */
final class RotaryEmbedding {
  private final int width;
  private final Tensor frequencies; // [d / 2]
  private final DType dtype;
  private final Device device;
  private volatile Table table;

  /**
   * The factors of the first positions.
   *
   * @param cosine of each angle, twice, [positions, 1, d]
   * @param sine the same of the sine, its first half negative
   */
  private record Table(int positions, Tensor cosine, Tensor sine) {}

  /**
   * The factors of some positions, for {@link #rotate}.
   *
   * @param cosine [N, 1, d]
   * @param sine [N, 1, d], its first half negative
   */
  record Angles(Tensor cosine, Tensor sine) {}

  RotaryEmbedding(LlamaConfig config, DType dtype, Device device) {
    this.width = config.headWidth();
    this.dtype = dtype;
    this.device = device;
    float[] values = new float[width / 2];
    for (int i = 0; i < values.length; i++) {
      // rounded where the reference rounds: to float32 after each step
      float power = (float) Math.pow((float) config.ropeBase(), (float) (2 * i) / width);
      values[i] = (float) config.ropeScaling().scale(1f / power);
    }
    this.frequencies = Scope.detach(Tensors.of(values));
    this.table = compute(64);
  }

  /** The factors of these positions, [N]. */
  Angles at(int... positions) {
    int last = 0;
    for (int position : positions) {
      last = Math.max(last, position);
    }
    Table known = upTo(last);
    if (isRun(positions)) {
      return new Angles(
          known.cosine.narrow(0, positions[0], positions.length),
          known.sine.narrow(0, positions[0], positions.length));
    }
    Tensor index = device.place(Tensors.of(positions));
    return new Angles(known.cosine.index_select(0, index), known.sine.index_select(0, index));
  }

  private static boolean isRun(int... positions) {
    for (int i = 1; i < positions.length; i++) {
      if (positions[i] != positions[i - 1] + 1) {
        return false;
      }
    }
    return positions.length > 0;
  }

  /** Turns heads [N, heads, d] in place. */
  void rotate(Tensor x, Angles angles) {
    Tensor swapped = x.roll(new long[] {width / 2}, 2);
    x.mul_(angles.cosine).addcmul_(swapped, angles.sine);
  }

  /** The same as a tensor of its own, through which gradients go. */
  Tensor rotated(Tensor x, Angles angles) {
    Tensor swapped = x.roll(new long[] {width / 2}, 2);
    ScalarType type = x.scalar_type();
    return x.mul(angles.cosine.to(type)).addcmul(swapped, angles.sine.to(type));
  }

  private Table upTo(int position) {
    Table known = table;
    if (position < known.positions) {
      return known;
    }
    synchronized (this) {
      if (position >= table.positions) {
        // the one before is left to the garbage collector: another thread may be using it
        table = compute(Math.max(position + 1, 2 * table.positions));
      }
      return table;
    }
  }

  private Table compute(int positions) {
    float[] numbers = new float[positions];
    for (int i = 0; i < positions; i++) {
      numbers[i] = i;
    }
    try (Scope scope = Scope.open()) {
      Tensor angles = Tensors.of(numbers).outer(frequencies); // [positions, d / 2]
      Tensor cosine = angles.cos();
      Tensor sine = angles.sin();
      return new Table(
          positions, place(cosine, cosine, positions), place(sine.neg(), sine, positions));
    }
  }

  private Tensor place(Tensor first, Tensor second, int positions) {
    Tensor both = Tensors.cat(List.of(first, second), 1).to(dtype.scalarType());
    return Scope.detach(device.place(both.view(positions, 1, width)));
  }
}
