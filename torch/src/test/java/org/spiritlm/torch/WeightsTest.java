package org.spiritlm.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WeightsTest {
  @TempDir Path folder;

  private static TensorMap source(String origin, String... names) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (String name : names) {
      tensors.put(name, Tensors.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3));
    }
    return new TensorMap(origin, tensors);
  }

  @Test
  void tensorsAreTakenByPath() {
    Weights weights = Weights.of(source("m", "layers.3.q.weight", "head.weight"));
    Weights layer = weights.at("layers", 3).at("q");

    assertThat(Tensors.floats(layer.tensor("weight", 2, 3))).containsExactly(1, 2, 3, 4, 5, 6);
    assertThat(layer.has("weight")).isTrue();
    assertThat(layer.has("bias")).isFalse();
    assertThat(layer.info("weight")).isEqualTo(TensorInfo.of(DType.F32, 2, 3));
    assertThat(layer.info("bias")).isNull();
    assertThat(weights.names()).containsExactly("layers.3.q.weight", "head.weight");
    assertThat(weights.at("layers").names()).containsExactly("3.q.weight");
    assertThat(weights.at("lay").names()).isEmpty();
    assertThat(layer).hasToString("layers.3.q");
    assertThat(weights.initialises()).isFalse();
    assertThat(layer.device()).isEqualTo(Device.CPU);
  }

  @Test
  void whatIsMissingIsNamedWithWhatTheFileHas() {
    Weights weights = Weights.of(source("m.pt", "model.q.weight", "head.weight"));
    assertThatThrownBy(() -> weights.at("encoder", "q").tensor("weight", 5))
        .isInstanceOf(CheckpointException.class)
        .hasMessage(
            "m.pt: tensor 'encoder.q.weight' of shape [5] is missing (the file has"
                + " model.q.weight); the file is of another model or version");
    assertThatThrownBy(() -> weights.tensor("bias", 5))
        .hasMessage(
            "m.pt: tensor 'bias' of shape [5] is missing; the file is of another model or version");
  }

  @Test
  void aWrongShapeIsNamedWithBothShapes() {
    Weights weights = Weights.of(source("m.pt", "q.weight"));
    for (long[] shape : new long[][] {{3, 2}, {6}, {2, 3, 1}, {}}) {
      assertThatThrownBy(() -> weights.at("q").tensor("weight", shape))
          .isInstanceOf(CheckpointException.class)
          .hasMessageStartingWith("m.pt: tensor 'q.weight' has shape [2, 3], expected [");
    }
  }

  @Test
  void aTensorThatIsUsedTwiceIsOneTensorOfOneShape() {
    Weights weights = Weights.of(source("m.pt", "w"));
    Tensor first = weights.tensor("w", 2, 3);

    assertThat(weights.tensor("w", 2, 3).data_ptr().address())
        .isEqualTo(first.data_ptr().address());
    assertThatThrownBy(() -> weights.tensor("w", 3, 2))
        .isInstanceOf(CheckpointException.class)
        .hasMessage(
            "tensor 'w' is used twice, with shape [2, 3] and with shape [3, 2]; the configuration"
                + " contradicts itself");
  }

  @Test
  void whatIsLeftOverIsAnError() {
    Weights weights = Weights.of(source("m.pt", "a", "b.x", "b.y", "b.z"));
    weights.tensor("a", 2, 3);
    weights.at("b").tensor("x", 2, 3);

    assertThatThrownBy(weights::finish)
        .isInstanceOf(CheckpointException.class)
        .hasMessage(
            "m.pt: unexpected tensor 'b.y' of shape [2, 3] and 1 more; expected only those of the"
                + " network that the configuration describes; the file is of another model or"
                + " version");
    assertThatThrownBy(() -> weights.at("b").finish(name -> name.equals("z")))
        .hasMessageStartingWith("m.pt: unexpected tensor 'b.y' of shape [2, 3]; expected");
    weights.finish(name -> name.equals("b.y") || name.equals("b.z"));
    weights.at("b").finish(name -> name.equals("y") || name.equals("z"));
    weights.at("b").tensor("y", 2, 3);
    weights.at("b").tensor("z", 2, 3);
    weights.finish();
  }

  @Test
  void anUnexpectedTensorIsToldBesideThoseThatAreCalledAlike() {
    Weights weights = Weights.of(source("m.pt", "a.norm.weight", "b.norm.weight"));
    weights.tensor("a.norm.weight", 2, 3);

    assertThatThrownBy(weights::finish)
        .hasMessageContaining("'b.norm.weight'")
        .hasMessageContaining("(it has a.norm.weight)");
  }

  @Test
  void weightsThatCheckFindTheSameFaultsAndReadNothing() {
    TensorSource unread =
        new TensorSource() {
          @Override
          public String origin() {
            return "m.pt";
          }

          @Override
          public Set<String> names() {
            return Set.of("weight", "other");
          }

          @Override
          public TensorInfo info(String name) {
            return TensorInfo.of(DType.F32, 1L << 28, 1L << 10);
          }

          @Override
          public Tensor load(String name) {
            throw new AssertionError("read " + name);
          }
        };
    Weights weights = Weights.checking(unread);
    assertThat(new Embedding(weights, 1L << 28, 1L << 10).weight().size(0)).isEqualTo(1L << 28);
    Scope.free(weights.copy("weight", Initializer.normal(1), 1L << 28, 1L << 10));

    assertThatThrownBy(() -> weights.tensor("other", 3))
        .hasMessageStartingWith("m.pt: tensor 'other' has shape [268435456, 1024], expected [3]");
    assertThatThrownBy(() -> weights.tensor("none", 3)).hasMessageContaining("'none'");
    assertThatThrownBy(weights::finish).hasMessageStartingWith("m.pt: unexpected tensor 'other'");
  }

  @Test
  void severalFilesAreOneUnlessTheyShareAName() {
    Weights weights = Weights.of(source("m1", "a"), source("m2", "b"));
    assertThat(weights.names()).containsExactly("a", "b");
    assertThatThrownBy(() -> weights.tensor("c", 1)).hasMessageStartingWith("m1, m2: tensor 'c'");
    assertThatThrownBy(() -> Weights.of(source("m1", "a"), source("m2", "b", "a")))
        .isInstanceOf(CheckpointException.class)
        .hasMessage("tensor 'a' stands in two files: m1 and m2; remove one of them");
  }

  @Test
  void onlyFloatingPointTensorsAreConverted() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("f", Tensors.of(new float[] {1 + 1 / 256f, -3}));
    tensors.put("i", Tensors.of(new long[] {1L << 40}));
    Weights weights = Weights.of(new TensorMap("m", tensors)).as(DType.BF16);

    Tensor converted = weights.tensor("f", 2);
    assertThat(DType.of(converted)).isEqualTo(DType.BF16);
    assertThat(Tensors.floats(converted)).containsExactly(1, -3); // to the nearest even
    assertThat(DType.of(weights.tensor("i", 1))).isEqualTo(DType.I64);
    assertThat(Tensors.longs(weights.tensor("i", 1))).containsExactly(1L << 40);
    Weights own = Weights.of(new TensorMap("m", tensors)).on(Device.CPU);
    assertThat(DType.of(own.tensor("f", 2))).isEqualTo(DType.F32);
  }

  @Test
  void tensorsOutliveTheScopeInWhichTheyAreTaken() {
    Weights weights = Weights.of(source("m", "a", "b"));
    Tensor own;
    Tensor converted;
    try (Scope scope = Scope.open()) {
      own = weights.tensor("a", 2, 3);
      converted = weights.as(DType.F64).tensor("b", 2, 3);
    }
    assertThat(Tensors.floats(own)).containsExactly(1, 2, 3, 4, 5, 6);
    assertThat(Tensors.floats(converted)).containsExactly(1, 2, 3, 4, 5, 6);
  }

  private static Map<String, Tensor> initialised(long seed, DType type) {
    Weights weights = Weights.initialise(seed).as(type);
    weights.at("a").tensor("normal", 40, 50);
    weights.tensor("uniform", Initializer.uniform(0.25), 2000);
    weights.tensor("zeros", Initializer.zeros(), 2);
    weights.tensor("ones", Initializer.ones(), 2);
    weights.finish();
    return weights.taken();
  }

  @Test
  void oneSeedMakesTheSameWeightsAndAnotherOnesDoNot() {
    Map<String, Tensor> first = initialised(7, DType.F32);
    Map<String, Tensor> again = initialised(7, DType.F32);
    Map<String, Tensor> other = initialised(8, DType.F32);

    assertThat(first.keySet()).containsExactly("a.normal", "ones", "uniform", "zeros");
    first.forEach(
        (name, tensor) ->
            assertThat(Tensors.floats(tensor)).containsExactly(Tensors.floats(again.get(name))));
    assertThat(Tensors.floats(first.get("a.normal")))
        .isNotEqualTo(Tensors.floats(other.get("a.normal")));
    assertThat(Tensors.floats(first.get("zeros"))).containsExactly(0, 0);
    assertThat(Tensors.floats(first.get("ones"))).containsExactly(1, 1);
    double squares = 0;
    for (float value : Tensors.floats(first.get("a.normal"))) {
      squares += value * value;
    }
    assertThat(Math.sqrt(squares / 2000)).isCloseTo(0.02, within(0.002));
    float largest = 0;
    for (float value : Tensors.floats(first.get("uniform"))) {
      largest = Math.max(largest, Math.abs(value));
    }
    assertThat(largest).isBetween(0.24f, 0.25f);
  }

  @Test
  void freshWeightsOfANarrowTypeAreTheSameRounded() {
    Map<String, Tensor> wide = initialised(7, DType.F32);
    Map<String, Tensor> narrow = initialised(7, DType.BF16);
    wide.forEach(
        (name, tensor) -> {
          assertThat(DType.of(narrow.get(name))).isEqualTo(DType.BF16);
          assertThat(Tensors.floats(narrow.get(name)))
              .containsExactly(Tensors.floats(tensor.to(DType.BF16.scalarType())));
        });
  }

  @Test
  void whatWasInitialisedIsLoadedAsItWasMade() {
    Weights made = Weights.initialise(3);
    Linear linear = new Linear(made.at("l"), 4, 2);
    Path file = folder.resolve("m.safetensors");
    SafetensorsWriter.write(file, made.taken(), Map.of());

    Weights loaded = Weights.of(TensorFiles.open(file));
    Linear again = new Linear(loaded.at("l"), 4, 2);
    loaded.finish();
    Tensor x = Tensors.of(new float[] {1, -2, 3, 0.5f}, 1, 4);
    assertThat(Tensors.floats(again.forward(x))).containsExactly(Tensors.floats(linear.forward(x)));
    assertThat(made.initialises()).isTrue();
    assertThat(made.at("l").has("weight")).isFalse();
  }

  @Test
  void renamedTensorsAreThoseOfTheSource() {
    TensorMap source = source("m.pt", "model.a", "model.b", "junk");
    RenamedSource renamed =
        new RenamedSource(
            source, name -> name.equals("junk") ? null : name.replace("model.", "net."));

    assertThat(renamed.names()).containsExactly("net.a", "net.b");
    assertThat(renamed.origin()).isEqualTo("m.pt");
    assertThat(renamed.info("net.a")).isEqualTo(source.info("model.a"));
    assertThat(Tensors.floats(renamed.load("net.b"))).containsExactly(1, 2, 3, 4, 5, 6);
    for (String name : new String[] {"junk", "model.a"}) {
      assertThatThrownBy(() -> renamed.load(name))
          .isInstanceOf(CheckpointException.class)
          .hasMessage("m.pt: has no tensor '" + name + "'");
    }
    assertThatThrownBy(() -> new RenamedSource(source, name -> "x"))
        .isInstanceOf(CheckpointException.class)
        .hasMessageStartingWith("m.pt: tensors 'model.a' and 'model.b' both mean 'x'");
  }
}
