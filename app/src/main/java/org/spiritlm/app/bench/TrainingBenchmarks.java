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
import org.spiritlm.torch.Optimiser;
import org.spiritlm.torch.ProcessGroup;
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

  /** Tokens of a step of one process. */
  static final int TOKENS = SEQUENCES * LENGTH;

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

  /** Language models in float32, with products in bfloat16, and so in two processes. */
  public static List<Benchmark> all(Device device) {
    List<Benchmark> all = new ArrayList<>();
    all.add(new Benchmark("train-16m-fp32", UNIT, () -> alone(device, Torch.Precision.FULL)));
    all.add(new Benchmark("train-16m-bf16", UNIT, () -> alone(device, Torch.Precision.BFLOAT16)));
    if (device.kind() == Device.Kind.CPU) { // several GPUs are not counted on
      all.add(new Benchmark("train-16m-2-ranks", UNIT, () -> RankProcess.start(2)));
    }
    return all;
  }

  private static Benchmark.Task alone(Device device, Torch.Precision precision) {
    return language(device, precision, ProcessGroup.alone());
  }

  /** The steps of one process, alone or of several that train together. */
  static Benchmark.Task language(Device device, Torch.Precision precision, ProcessGroup ranks) {
    Weights weights = Weights.initialise(1).on(device).trained();
    LlamaModel model = new LlamaModel(weights, SMALL);
    NextTokenLoss loss = new NextTokenLoss(model);
    AdamW.Options adam = new AdamW.Options(0.9, 0.95, 1e-8, 0.1);
    Optimiser optimiser = Optimiser.of(weights.taken(), adam, ranks);
    List<TrainingDocument> batch = new ArrayList<>();
    for (int i = 0; i < SEQUENCES; i++) {
      Random random = new Random((long) SEQUENCES * ranks.rank() + i);
      batch.add(TrainingDocument.of(random.ints(LENGTH, 0, SMALL.vocabulary()).toArray()));
    }
    double share = 1.0 / (ranks.size() * SEQUENCES * (LENGTH - 1));
    return (round, clock) -> {
      Torch.precision(precision);
      Gradients.clear(weights.taken().values());
      optimiser.expectLastPass();
      loss.backward(batch, share, false);
      optimiser.clip(1);
      optimiser.step(1e-4);
      Torch.precision(Torch.Precision.FULL);
      return TOKENS;
    };
  }
}
