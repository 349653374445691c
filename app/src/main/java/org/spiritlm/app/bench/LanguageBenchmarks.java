package org.spiritlm.app.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.bytedeco.pytorch.Tensor;
import org.spiritlm.lm.KvCache;
import org.spiritlm.lm.LlamaConfig;
import org.spiritlm.lm.LlamaModel;
import org.spiritlm.lm.Piece;
import org.spiritlm.lm.RopeScaling;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;

/** Language models of several sizes: reading a prompt, and writing token by token. */
public final class LanguageBenchmarks {
  private static final String UNIT = "tokens/s";

  /** EXPRESSIVE's vocabulary. */
  private static final int VOCABULARY = 32_768;

  private static final int CONTEXT = 2048;

  /** Tokens of the prompt that is read. */
  private static final int PREFILL = 512;

  /** Tokens that stand before those that are written. */
  private static final int BEFORE = 128;

  /** Tokens that are written in a round. */
  private static final int STEPS = 24;

  private LanguageBenchmarks() {}

  /** A model's sizes under the name that its benchmarks have. */
  private record Size(String key, LlamaConfig config) {
    static Size of(
        String key,
        int width,
        int layers,
        int heads,
        int keyValueHeads,
        int feedForward,
        boolean tied) {
      return new Size(
          key,
          new LlamaConfig(
              VOCABULARY,
              width,
              layers,
              heads,
              keyValueHeads,
              width / heads,
              feedForward,
              1e-6,
              10_000,
              new RopeScaling.None(),
              CONTEXT,
              tied,
              false,
              false));
    }
  }

  /** Those of SmolLM2-135M, TinyLlama-1.1B, and four of the 32 blocks of Llama-2-7B. */
  private static final List<Size> SIZES =
      List.of(
          Size.of("135m", 576, 30, 9, 3, 1536, true),
          Size.of("1b", 2048, 22, 32, 4, 5632, false),
          Size.of("7b-4-layers", 4096, 4, 32, 32, 11_008, false));

  /** Prefill and decode of every size in both types. */
  public static List<Benchmark> all(Device device) {
    List<Benchmark> all = new ArrayList<>();
    for (Size size : SIZES) {
      for (DType dtype : List.of(DType.F32, DType.BF16)) {
        String name =
            size.key + "-" + (dtype == DType.F32 ? "fp32" : dtype.name().toLowerCase(Locale.ROOT));
        all.add(new Benchmark("prefill-" + name, UNIT, () -> prefill(model(size, dtype, device))));
        long bytes = weights(size.config) * dtype.bytes();
        all.add(
            new Benchmark("decode-" + name, UNIT, bytes, () -> decode(model(size, dtype, device))));
      }
    }
    return Collections.unmodifiableList(all);
  }

  /** Parameters that each token needs: all but the rows of other ids. */
  private static long weights(LlamaConfig config) {
    long width = config.width();
    long attention = 2 * width * (config.heads() + config.keyValueHeads()) * config.headWidth();
    long feedForward = 3 * width * config.feedForward();
    return config.layers() * (attention + feedForward) + width * config.vocabulary();
  }

  private static LlamaModel model(Size size, DType dtype, Device device) {
    Weights weights = Weights.initialise(1, dtype).on(device);
    if (dtype != DType.BF16) {
      return new LlamaModel(weights.packed(), size.config);
    }
    // as a server has them
    boolean widens = device.kind() == Device.Kind.CPU && Weights.packsHalves();
    return new LlamaModel((widens ? weights.as(DType.F32) : weights).allPacked(), size.config);
  }

  private static Benchmark.Task prefill(LlamaModel model) {
    int[] prompt = ids(PREFILL);
    return (round, clock) -> {
      try (KvCache cache = model.cache(PREFILL)) {
        next(model, cache, prompt);
      }
      return PREFILL;
    };
  }

  private static Benchmark.Task decode(LlamaModel model) {
    int[] prompt = ids(BEFORE);
    return (round, clock) -> {
      try (KvCache cache = model.cache(BEFORE + STEPS)) {
        int id = next(model, cache, prompt);
        clock.start();
        for (int i = 0; i < STEPS; i++) {
          id = next(model, cache, id);
        }
      }
      return STEPS;
    };
  }

  private static int next(LlamaModel model, KvCache cache, int... ids) {
    try (Scope scope = Scope.open()) {
      Tensor logits = model.next(List.of(new Piece(ids, cache)));
      return (int) Tensors.longs(logits.argmax())[0];
    }
  }

  private static int[] ids(int count) {
    return new Random(count).ints(count, 0, VOCABULARY).toArray();
  }
}
