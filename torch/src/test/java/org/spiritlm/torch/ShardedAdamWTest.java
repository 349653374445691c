package org.spiritlm.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Several processes together change parameters as one does that has the gradients of all. */
final class ShardedAdamWTest {
  private static final AdamW.Options OPTIONS = new AdamW.Options(0.9, 0.95, 1e-8, 0.1);
  private static final long[][] SHAPES = {{3, 4}, {7}, {}, {2, 2, 3}, {1}, {5, 6}, {11}};
  private static final int STEPS = 4;

  /** In one step of this process: parameter i is used so often, in so many passes backwards. */
  private record Use(int passes, List<Boolean> used) {}

  private static Map<String, Tensor> parameters(long seed) {
    Map<String, Tensor> parameters = new LinkedHashMap<>();
    Random random = new Random(seed);
    for (int i = 0; i < SHAPES.length; i++) {
      Tensor made = values(random, SHAPES[i]);
      made.set_requires_grad(true);
      parameters.put("p" + i, made);
    }
    return parameters;
  }

  private static Tensor values(Random random, long... shape) {
    int count = 1;
    for (long each : shape) {
      count *= (int) each;
    }
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    Tensor flat = Tensors.of(values, count);
    return flat.view(shape);
  }

  /** What a process uses in a step: sometimes not all parameters, sometimes some twice. */
  private static Use use(long seed, int rank, int step) {
    Random random = new Random(seed * 1000 + rank * 100L + step);
    List<Boolean> used = new ArrayList<>();
    for (int i = 0; i < SHAPES.length; i++) {
      used.add(random.nextInt(4) > 0);
    }
    return new Use(1 + random.nextInt(2), used);
  }

  /** Adds gradients by passes backwards through sums of squares times random factors. */
  private static void backward(Map<String, Tensor> parameters, long seed, int rank, int step) {
    Use use = use(seed, rank, step);
    Random random = new Random(seed + 31L * rank + 977L * step);
    for (int pass = 0; pass < use.passes(); pass++) {
      Tensor sum = Tensors.zeros(DType.F32);
      boolean any = false;
      int i = 0;
      for (Tensor parameter : parameters.values()) {
        Tensor factor = values(random, SHAPES[i]);
        if (use.used().get(i++)) {
          sum = sum.add(parameter.mul(factor).sum()).add(parameter.square().mul(factor).sum());
          any = true;
        }
      }
      if (any) {
        sum.backward();
      }
    }
  }

  private static Map<String, float[]> floats(Map<String, Tensor> tensors) {
    Map<String, float[]> values = new TreeMap<>();
    tensors.forEach((name, tensor) -> values.put(name, Tensors.floats(tensor)));
    return values;
  }

  /** Norms, parameters and the state after the steps. */
  private record Outcome(
      List<Double> norms, Map<String, float[]> parameters, Map<String, float[]> state) {}

  private static Outcome alone(long seed, int size) {
    Map<String, Tensor> parameters = parameters(seed);
    AdamW optimiser = new AdamW(parameters, OPTIONS);
    List<Double> norms = new ArrayList<>();
    for (int step = 0; step < STEPS; step++) {
      Gradients.clear(parameters.values());
      for (int rank = 0; rank < size; rank++) {
        backward(parameters, seed, rank, step);
      }
      norms.add(optimiser.clip(1));
      optimiser.step(0.01);
    }
    return new Outcome(norms, floats(parameters), floats(optimiser.state()));
  }

  private static Outcome together(ProcessGroup group, long seed, long bucket) {
    Map<String, Tensor> parameters = parameters(seed);
    try (Scope scope = Scope.open();
        ShardedAdamW optimiser = new ShardedAdamW(parameters, OPTIONS, group, bucket)) {
      List<Double> norms = new ArrayList<>();
      for (int step = 0; step < STEPS; step++) {
        Gradients.clear(parameters.values());
        optimiser.expectLastPass();
        backward(parameters, seed, group.rank(), step);
        norms.add(optimiser.clip(1));
        optimiser.step(0.01);
      }
      return new Outcome(norms, floats(parameters), floats(optimiser.state()));
    }
  }

  @Property(tries = 12)
  void isAdamWOfTheSum(
      @ForAll @IntRange(min = 1, max = 3) int size,
      @ForAll @IntRange(min = 0, max = 1000) int seed,
      @ForAll @IntRange(min = 1, max = 200) int bucket) {
    Outcome expected = alone(seed, size);
    List<Outcome> outcomes = TogetherRanks.run(size, group -> together(group, seed, bucket));
    for (int rank = 0; rank < size; rank++) {
      Outcome found = outcomes.get(rank);
      for (int step = 0; step < STEPS; step++) {
        double norm = expected.norms().get(step);
        assertThat(found.norms().get(step)).isEqualTo(norm, within(1e-5 * norm));
      }
      assertSame(found.parameters(), expected.parameters());
      if (rank == 0) {
        assertSame(found.state(), expected.state());
      } else {
        assertThat(found.state()).isEmpty();
      }
    }
  }

  private static void assertSame(Map<String, float[]> found, Map<String, float[]> expected) {
    assertThat(found.keySet()).isEqualTo(expected.keySet());
    expected.forEach(
        (name, values) ->
            assertThat(found.get(name)).as(name).containsExactly(values, within(2e-5f)));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void aProcessKeepsItsShareAlone(int size) {
    List<Long> elements =
        TogetherRanks.run(
            size,
            group -> {
              Tensor one = Tensors.zeros(DType.F32, 100, 120);
              one.set_requires_grad(true);
              try (ShardedAdamW optimiser = new ShardedAdamW(Map.of("a", one), OPTIONS, group)) {
                return optimiser.elements();
              }
            });
    for (long each : elements) {
      assertThat(each).isEqualTo(2 * 12_000 / size + 1); // two averages and a count of steps
    }
  }

  @Test
  void bucketsAreExchangedWhileThePassGoesOn() {
    Map<String, Tensor> parameters = parameters(1);
    try (GradientBuckets buckets =
        new GradientBuckets(List.copyOf(parameters.values()), ProcessGroup.alone(), 1)) {
      Tensor product = Tensors.of(new float[] {1});
      for (Tensor parameter : parameters.values()) {
        product = product.mul(parameter.sum());
      }
      buckets.expect();
      assertThat(buckets.begun()).isZero();
      product.backward();
      // the last parameter's gradient is only known to be there when the pass is over
      assertThat(buckets.begun()).isEqualTo(SHAPES.length - 1);
      assertThat(buckets.finish()).containsOnly(true);
      for (GradientBuckets.Bucket bucket : buckets.buckets()) {
        Tensor parameter = bucket.slots().get(0).parameter();
        assertThat(parameter.grad().defined()).as("a gradient is in memory once").isFalse();
        // the derivative of a product of sums by what is in one of them
        float expected = product.item_float() / parameter.sum().item_float();
        assertThat(Tensors.floats(bucket.flat()))
            .hasSize((int) parameter.numel())
            .containsOnly(new float[] {expected}, within(1e-4f * Math.abs(expected)));
      }
    }
  }

  @Test
  void goesOnWithAnotherNumberOfProcesses(@TempDir Path directory) {
    long seed = 5;
    Path file = directory.resolve("state.safetensors");
    Path values = directory.resolve("parameters.safetensors");
    TogetherRanks.run(
        3,
        group -> {
          Map<String, Tensor> parameters = parameters(seed);
          try (Scope scope = Scope.open();
              ShardedAdamW optimiser = new ShardedAdamW(parameters, OPTIONS, group, 64)) {
            for (int step = 0; step < 2; step++) {
              Gradients.clear(parameters.values());
              optimiser.expectLastPass();
              backward(parameters, seed, group.rank(), step);
              optimiser.clip(1);
              optimiser.step(0.01);
            }
            Map<String, Tensor> state = optimiser.state();
            if (group.rank() == 0) {
              SafetensorsWriter.write(file, state, Map.of());
              SafetensorsWriter.write(values, parameters, Map.of());
            }
            return group.rank();
          }
        });
    Outcome through = alone(seed, 3);
    List<Map<String, float[]>> resumed =
        TogetherRanks.run(
            2,
            group -> {
              Map<String, Tensor> parameters = parameters(seed);
              Weights written = Weights.of(SafetensorsFile.open(values));
              parameters.forEach(
                  (name, tensor) ->
                      tensor.detach().copy_(written.tensor(name, Tensors.shape(tensor))));
              try (Scope scope = Scope.open();
                  ShardedAdamW optimiser = new ShardedAdamW(parameters, OPTIONS, group, 64)) {
                Weights state = Weights.of(SafetensorsFile.open(file));
                optimiser.restore(state);
                state.finish();
                for (int step = 2; step < STEPS; step++) {
                  Gradients.clear(parameters.values());
                  if (group.rank() == 0) { // two of the three parts
                    backward(parameters, seed, 2, step);
                  }
                  optimiser.expectLastPass();
                  backward(parameters, seed, group.rank(), step);
                  optimiser.clip(1);
                  optimiser.step(0.01);
                }
                return floats(parameters);
              }
            });
    assertSame(resumed.get(0), through.parameters());
    assertSame(resumed.get(1), through.parameters());
  }
}
