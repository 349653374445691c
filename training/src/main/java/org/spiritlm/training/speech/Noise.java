package org.spiritlm.training.speech;

import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.Dropout;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.Tensors;
import org.spiritlm.training.Settings;

/**
 * What keeps a network from relying on single values while it is trained: dropout, and blocks that
 * are left out. One object serves one pass; all that it draws follows from its seed.
 */
public final class Noise {
  private final Rates rates;
  private final @Nullable Generator values; // where the tensors lie
  private final @Nullable Generator blocks; // on the CPU

  /**
   * How much of it.
   *
   * @param dropout share of values set to 0; the others grow to keep the mean
   * @param layerDrop share of blocks left out
   */
  public record Rates(double dropout, double layerDrop) {
    public static final Rates NONE = new Rates(0, 0);

    public Rates {
      if (!(dropout >= 0 && dropout < 1) || !(layerDrop >= 0 && layerDrop < 1)) {
        throw new InputException(
            "'dropout' and 'layer_drop' must be at least 0 and below 1, found "
                + dropout
                + " and "
                + layerDrop);
      }
    }

    /** Reads {@code dropout} and {@code layer_drop}. */
    public static Rates of(Settings settings, Rates defaults) {
      return new Rates(
          settings.number("dropout", defaults.dropout),
          settings.number("layer_drop", defaults.layerDrop));
    }
  }

  private Noise(Rates rates, @Nullable Generator values, @Nullable Generator blocks) {
    this.rates = rates;
    this.values = values;
    this.blocks = blocks;
  }

  /** None at all. */
  public static Noise none() {
    return new Noise(Rates.NONE, null, null);
  }

  /** That of one pass, before which no other begins; it belongs to the enclosing scope. */
  public static Noise of(Rates rates, Device device, long seed) {
    if (rates.equals(Rates.NONE)) {
      return none();
    }
    Generator values = device.random(seed);
    boolean same = device.kind() == Device.Kind.CPU;
    return new Noise(rates, values, same ? values : Device.CPU.random(seed));
  }

  /** Dropout; without noise the tensor itself. */
  Tensor dropout(Tensor x) {
    if (values == null || rates.dropout == 0) {
      return x;
    }
    return Dropout.of(x, rates.dropout, values);
  }

  /** Whether the next block is left out. */
  boolean dropsLayer() {
    if (blocks == null || rates.layerDrop == 0) {
      return false;
    }
    Tensor draw = Tensors.empty(DType.F64, 1);
    return draw.uniform_(0, 1, new GeneratorOptional(blocks)).item_double() < rates.layerDrop;
  }
}
