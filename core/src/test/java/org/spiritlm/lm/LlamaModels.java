package org.spiritlm.lm;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.spiritlm.Golden;
import org.spiritlm.checkpoint.ModelDirectory;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Weights;

/** Language models for tests. */
final class LlamaModels {
  /** Two layers, two query heads to a key head. */
  static final LlamaConfig SMALL =
      new LlamaConfig(
          96, 32, 2, 4, 2, 8, 48, 1e-5, 10_000, new RopeScaling.None(), 64, false, false, false);

  private static final Map<String, LlamaModel> LOADED = new ConcurrentHashMap<>();

  private LlamaModels() {}

  /** A random model. */
  static LlamaModel random(LlamaConfig config) {
    return new LlamaModel(Weights.initialise(7), config);
  }

  /** A model of the parity set, computed in float32. */
  static LlamaModel parity(String variant) {
    return LOADED.computeIfAbsent(variant, LlamaModels::load);
  }

  private static LlamaModel load(String variant) {
    ModelDirectory directory = ModelDirectory.open(Golden.path("checkpoints"), variant);
    ConfigFile config = ConfigFile.read(directory.languageModelDirectory().resolve("config.json"));
    return new LlamaModel(directory.languageModelWeights().as(DType.F32), LlamaConfig.read(config));
  }
}
