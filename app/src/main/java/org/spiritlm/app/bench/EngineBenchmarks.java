package org.spiritlm.app.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.spiritlm.lm.Continuer;
import org.spiritlm.lm.Engine;
import org.spiritlm.lm.EngineLimits;
import org.spiritlm.lm.LlamaConfig;
import org.spiritlm.lm.LlamaModel;
import org.spiritlm.lm.Request;
import org.spiritlm.lm.RopeScaling;
import org.spiritlm.lm.Terms;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.Weights;

/** Answers that are made together, as a server makes them: one alone, and eight at once. */
public final class EngineBenchmarks {
  private static final int VOCABULARY = 4096;
  private static final int PROMPT = 64;
  private static final int NEW_TOKENS = 100;

  /** The sizes of the preset tiny. */
  private static final LlamaConfig TINY =
      new LlamaConfig(
          VOCABULARY,
          320,
          8,
          5,
          5,
          64,
          864,
          1e-6,
          100_000,
          new RopeScaling.None(),
          2048,
          true,
          false,
          false);

  private EngineBenchmarks() {}

  /** Tokens a second of all answers together, reading prompts included. */
  public static List<Benchmark> all(Device device) {
    return List.of(
        new Benchmark("engine-tiny-1", "tokens/s", () -> answers(1, device)),
        new Benchmark("engine-tiny-8", "tokens/s", () -> answers(8, device)));
  }

  private static Benchmark.Task answers(int count, Device device) {
    LlamaModel model = new LlamaModel(Weights.initialise(1).on(device).allPacked(), TINY);
    Continuer engine = new Engine(model, EngineLimits.standard()).on(Terms.of("bench"));
    return (round, clock) -> {
      Random random = new Random(round); // so that no prompt was read before
      List<Request> requests = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        int[] prompt = random.ints(PROMPT, 0, VOCABULARY).toArray();
        requests.add(Request.greedy(prompt, NEW_TOKENS));
      }
      clock.start();
      engine.generate(requests);
      return count * NEW_TOKENS;
    };
  }
}
