package org.spiritlm;

import java.util.Map;
import org.spiritlm.torch.DType;

/** The models of the parity set, in float32. */
final class FacadeModels {
  private static final Map<String, SpiritLm> LOADED =
      Map.of("base", load("base"), "expressive", load("expressive"));

  private FacadeModels() {}

  static SpiritLm parity(String variant) {
    return LOADED.get(variant);
  }

  /** One that has loaded nothing yet. */
  static SpiritLm load(String variant) {
    return SpiritLm.load(
        Golden.path("checkpoints"),
        LoadOptions.standard().withVariant(variant).withDtype(DType.F32));
  }
}
