package org.spiritlm.task;

import org.spiritlm.Golden;
import org.spiritlm.LoadOptions;
import org.spiritlm.SpiritLm;
import org.spiritlm.torch.DType;

/** Models for tests of tasks. */
final class TaskModels {
  static final SpiritLm BASE = load("base");
  static final SpiritLm EXPRESSIVE = load("expressive");

  private TaskModels() {}

  private static SpiritLm load(String variant) {
    return SpiritLm.load(
        Golden.path("checkpoints"),
        LoadOptions.standard().withVariant(variant).withDtype(DType.F32));
  }
}
