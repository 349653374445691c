package org.spiritlm.training.speech;

import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.Tensors;
import org.spiritlm.training.Settings;

/**
 * What keeps a network from relying on single values while it is trained: dropout, and blocks that
 * are left out. One object serves one pass; all that it draws follows from its seed.
 */
public final class Noise {
  private final Rates rates;
  private final Device device;
  private final @Nullable Generator random;

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

  private Noise(Rates rates, Device device, @Nullable Generator random) {
    this.rates = rates;
    this.device = device;
    this.random = random;
  }

  /** None at all. */
  public static Noise none() {
    return new Noise(Rates.NONE, Device.CPU, null);
  }

  /** That of one pass; it belongs to the enclosing scope. */
  public static Noise of(Rates rates, Device device, long seed) {
    return rates.equals(Rates.NONE)
        ? none()
        : new Noise(rates, device, torch.make_generator_cpu(seed));
  }

  /** Dropout; without noise the tensor itself. */
  Tensor dropout(Tensor x) {
    if (random == null || rates.dropout == 0) {
      return x;
    }
    double kept = 1 - rates.dropout;
    Tensor mask = Tensors.empty(DType.of(x), Tensors.shape(x));
    mask.bernoulli_(kept, new GeneratorOptional(random)).mul_(Tensors.scalar(1 / kept));
    return x.mul(device.place(mask));
  }

  /** Whether the next block is left out. */
  boolean dropsLayer() {
    if (random == null || rates.layerDrop == 0) {
      return false;
    }
    Tensor draw = Tensors.empty(DType.F64, 1);
    return draw.uniform_(0, 1, new GeneratorOptional(random)).item_double() < rates.layerDrop;
  }
}
