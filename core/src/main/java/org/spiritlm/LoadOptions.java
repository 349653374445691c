package org.spiritlm;

import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Device;

/**
 * How a model is loaded.
 *
 * @param variant {@code base} or {@code expressive} where a directory holds both (Meta's layout),
 *     else null
 * @param dtype what the language model computes in, or null for the type of its file, but float32
 *     for a small model (fewer than 32 million weights), or a bfloat16 one that is packed, on a
 *     processor without AVX-512, which takes longer in bfloat16; the other parts compute in float32
 * @param device where all parts compute
 * @param packed whether the language model's weights are copied into the order that this processor
 *     multiplies fastest although that takes seconds, and memory for those that would stay mapped:
 *     for what makes many tokens, such as a server. Those of a small model always are
 */
public record LoadOptions(
    @Nullable String variant, @Nullable DType dtype, Device device, boolean packed) {
  /** The only variant there is, the type that suits it, on the CPU. */
  public static LoadOptions standard() {
    return new LoadOptions(null, null, Device.CPU, false);
  }

  /** The same with this variant. */
  public LoadOptions withVariant(@Nullable String name) {
    return new LoadOptions(name, dtype, device, packed);
  }

  /** The same with the language model in this type. */
  public LoadOptions withDtype(@Nullable DType type) {
    return new LoadOptions(variant, type, device, packed);
  }

  /** The same on this device. */
  public LoadOptions withDevice(Device place) {
    return new LoadOptions(variant, dtype, place, packed);
  }

  /** The same with all weights of the language model packed. */
  public LoadOptions withPacked() {
    return new LoadOptions(variant, dtype, device, true);
  }
}
