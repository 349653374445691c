package org.spiritlm.app.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.spiritlm.lm.LlamaConfig;
import org.spiritlm.lm.LlamaModel;
import org.spiritlm.lm.RopeScaling;
import org.spiritlm.torch.AdamW;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.Gradients;
import org.spiritlm.torch.Torch;
import org.spiritlm.torch.Weights;
import org.spiritlm.training.language.NextTokenLoss;
import org.spiritlm.training.language.TrainingDocument;

/** Steps of training: gradients, clipping, a change of all parameters. */
public final class TrainingBenchmarks {
  private static final String UNIT = "tokens/s";

  /** Sequences of a step. */
  private static final int SEQUENCES = 8;

  /** Tokens of a sequence. */
  private static final int LENGTH = 512;

  /** A model of 16 million parameters, for a laptop. */
  private static final LlamaConfig SMALL =
      new LlamaConfig(
          4096,
          384,
          8,
          6,
          6,
          64,
          1024,
          1e-6,
          10_000,
          new RopeScaling.None(),
          2048,
          true,
          false,
          false);

  private TrainingBenchmarks() {}

  /** Language models in float32, and with products in bfloat16. */
  public static List<Benchmark> all(Device device) {
    return List.of(
        new Benchmark("train-16m-fp32", UNIT, () -> language(device, Torch.Precision.FULL)),
        new Benchmark("train-16m-bf16", UNIT, () -> language(device, Torch.Precision.BFLOAT16)));
  }

  private static Benchmark.Task language(Device device, Torch.Precision precision) {
    Weights weights = Weights.initialise(1).on(device).trained();
    LlamaModel model = new LlamaModel(weights, SMALL);
    NextTokenLoss loss = new NextTokenLoss(model);
    AdamW optimiser = new AdamW(weights.taken(), new AdamW.Options(0.9, 0.95, 1e-8, 0.1));
    List<TrainingDocument> batch = new ArrayList<>();
    for (int i = 0; i < SEQUENCES; i++) {
      batch.add(TrainingDocument.of(new Random(i).ints(LENGTH, 0, SMALL.vocabulary()).toArray()));
    }
    return (round, clock) -> {
      Torch.precision(precision);
      Gradients.clear(weights.taken().values());
      loss.backward(batch, 1.0 / (SEQUENCES * (LENGTH - 1)));
      Gradients.clip(weights.taken().values(), 1);
      optimiser.step(1e-4);
      Torch.precision(Torch.Precision.FULL);
      return SEQUENCES * LENGTH;
    };
  }
}
