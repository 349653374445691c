package org.spiritlm.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Products that are computed together, and packed ones, are the products one by one. */
class JointLinearTest {
  private static final int IN = 16;
  private static final int ROWS = 3;
  private static final long[] OUTS = {32, 16, 16};
  private static final List<String> NAMES = List.of("a", "b", "c");

  @TempDir Path folder;

  private final Random random = new Random(3);
  private final Tensor x = filled(ROWS, IN);
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();

  JointLinearTest() {
    for (int i = 0; i < OUTS.length; i++) {
      tensors.put(NAMES.get(i) + ".weight", filled(OUTS[i], IN));
    }
    for (int i = 0; i < OUTS.length; i++) {
      tensors.put(NAMES.get(i) + ".bias", filled(OUTS[i]));
    }
  }

  /** Values that bfloat16 holds exactly. */
  private Tensor filled(long... shape) {
    int count = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextInt(33) / 16f - 1;
    }
    return Tensors.of(values, shape);
  }

  private static JointLinear joint(Weights weights, boolean bias) {
    return new JointLinear(weights, Initializer.normal(1), IN, bias, NAMES, OUTS);
  }

  /** In double precision, each output of each row. */
  private float[][] expected(Map<String, Tensor> weights, boolean bias) {
    float[] input = Tensors.floats(x);
    float[][] all = new float[OUTS.length][];
    for (int part = 0; part < all.length; part++) {
      float[] weight = Tensors.floats(weights.get(NAMES.get(part) + ".weight"));
      int out = (int) OUTS[part];
      float[] added =
          bias ? Tensors.floats(weights.get(NAMES.get(part) + ".bias")) : new float[out];
      all[part] = new float[ROWS * out];
      for (int row = 0; row < ROWS; row++) {
        for (int o = 0; o < out; o++) {
          double sum = added[o];
          for (int i = 0; i < IN; i++) {
            sum += (double) input[row * IN + i] * weight[o * IN + i];
          }
          all[part][row * out + o] = (float) sum;
        }
      }
    }
    return all;
  }

  private void assertProducts(JointLinear joint, Map<String, Tensor> weights, boolean bias) {
    assertProducts(joint, x, expected(weights, bias), 1e-4f);
  }

  private static void assertProducts(
      JointLinear joint, Tensor input, float[][] expected, float tolerance) {
    try (Scope scope = Scope.open()) {
      List<Tensor> each = joint.each(input);
      assertThat(each).hasSize(OUTS.length);
      for (int i = 0; i < OUTS.length; i++) {
        assertThat(Tensors.shape(each.get(i))).containsExactly(ROWS, OUTS[i]);
        assertThat(Tensors.floats(each.get(i))).containsExactly(expected[i], within(tolerance));
      }
      Tensor all = joint.forward(input);
      assertThat(Tensors.floats(all)).containsExactly(Tensors.floats(Tensors.cat(each, 1)));
    }
  }

  /** Writes the tensors in this order. */
  private Path write(String name, List<String> order) {
    Map<String, Tensor> ordered = new LinkedHashMap<>();
    order.forEach(each -> ordered.put(each, tensors.get(each)));
    Path file = folder.resolve(name);
    SafetensorsWriter.write(file, new TensorMap(name, ordered), null, Map.of());
    return file;
  }

  /** The weights one after another, and apart. */
  private List<Path> files() {
    List<String> together = new ArrayList<>(tensors.keySet());
    List<String> apart = new ArrayList<>();
    for (String name : NAMES) {
      apart.add(name + ".weight");
      apart.add(name + ".bias");
    }
    return List.of(write("together", together), write("apart", apart));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void filesOfAnyOrderGiveTheProducts(boolean bias) {
    for (Path file : files()) {
      Weights weights = Weights.of(SafetensorsFile.open(file));
      JointLinear joint = joint(weights, bias);
      weights.finish(name -> !bias && name.endsWith(".bias"));
      assertProducts(joint, tensors, bias);
      JointLinear converted = joint(Weights.of(SafetensorsFile.open(file)).as(DType.F64), bias);
      assertProducts(converted, x.to(DType.F64.scalarType()), expected(tensors, bias), 1e-4f);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void newWeightsGiveTheProducts(boolean bias) {
    Weights weights = Weights.initialise(5);
    JointLinear joint = joint(weights, bias);
    assertProducts(joint, weights.taken(), bias);
    // what they are does not depend on being joined
    Weights single = Weights.initialise(5);
    for (int i = 0; i < OUTS.length; i++) {
      Linear alone = new Linear(single.at(NAMES.get(i)), Initializer.normal(1), IN, OUTS[i], bias);
      String name = NAMES.get(i) + ".weight";
      assertThat(Tensors.floats(weights.taken().get(name)))
          .containsExactly(Tensors.floats(alone.weight()));
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void matricesThatLieTogetherInAFileAreNotCopied() throws IOException {
    List<String> names = NAMES.stream().map(name -> name + ".weight").toList();
    List<Path> files = files();
    Weights together = Weights.of(SafetensorsFile.open(files.get(0)));
    joint(together, true);
    Tensor whole = together.joined(names);
    assertThat(Tensors.shape(whole)).containsExactly(64, IN);
    assertThat(SystemMemory.maps(files.get(0), whole)).isTrue();
    assertThat(whole.data_ptr().address())
        .isEqualTo(together.taken().get("a.weight").data_ptr().address());

    Weights apart = Weights.of(SafetensorsFile.open(files.get(1)));
    joint(apart, true);
    assertThat(apart.joined(names)).isNull();
    // another order than the file's
    assertThat(together.joined(List.of("b.weight", "a.weight"))).isNull();
    assertThatThrownBy(() -> Weights.initialise(1).joined(names))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("a.weight");
  }

  @Test
  void newMatricesAreMovedTogether() {
    Weights weights = Weights.initialise(5);
    joint(weights, false);
    Map<String, Tensor> taken = weights.taken();
    long end = taken.get("a.weight").data_ptr().address() + OUTS[0] * IN * Float.BYTES;
    assertThat(taken.get("b.weight").data_ptr().address()).isEqualTo(end);
    Path file = folder.resolve("made");
    SafetensorsWriter.write(file, taken, Map.of());
    assertProducts(joint(Weights.of(SafetensorsFile.open(file)), false), taken, false);
  }

  private enum Origin {
    STORED,
    CONVERTED,
    NEW;

    /** Weights in bfloat16. */
    Weights weights(Path wide, Path narrow) {
      return switch (this) {
        case STORED -> Weights.of(SafetensorsFile.open(narrow));
        case CONVERTED -> Weights.of(SafetensorsFile.open(wide)).as(DType.BF16);
        case NEW -> Weights.initialise(8).as(DType.BF16);
      };
    }
  }

  @ParameterizedTest
  @EnumSource
  void packedProductsAreThoseOfBfloat16(Origin origin) {
    Path narrow = folder.resolve("narrow");
    SafetensorsWriter.write(narrow, new TensorMap("narrow", tensors), DType.BF16, Map.of());
    Path wide = files().get(0);
    Tensor input = x.to(DType.BF16.scalarType());
    for (int i = 0; i < 4; i++) {
      boolean bias = i % 2 == 0;
      Weights plain = origin.weights(wide, narrow);
      joint(plain, bias);
      float[][] expected = expected(plain.taken(), bias);
      Weights unpacked = origin.weights(wide, narrow);
      Weights weights = i < 2 ? unpacked.packed() : unpacked.allPacked();
      // results up to 16 in size are rounded to 8 bits
      assertProducts(joint(weights, bias), input, expected, 0.07f);
      Linear alone = new Linear(weights.at("a"), Initializer.normal(1), IN, OUTS[0], bias);
      assertThat(Tensors.floats(alone.forward(input))).containsExactly(expected[0], within(0.07f));
      if (weights.packing("a.weight") != null) {
        assertThatThrownBy(weights::taken)
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("packed");
        assertThatThrownBy(alone::weight)
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("packed");
      }
    }
  }

  @Test
  void onlyWhatIsAskedForIsPacked() {
    Weights wide = Weights.of(SafetensorsFile.open(files().get(0)));
    PackedProduct.Kind floats = PackedProduct.kind(DType.F32, DType.F32, true);
    assertThat(floats).isNotEqualTo(PackedProduct.Kind.FBGEMM); // which would round them
    assertThat(wide.packing("a.weight")).isNull();
    assertThat(wide.packed().packing("a.weight")).isNull();
    assertThat(wide.allPacked().packing("a.weight")).isEqualTo(floats);
    assertThat(wide.as(DType.BF16).packing("a.weight")).isNull();
    assertThat(wide.as(DType.BF16).packed().packing("a.weight"))
        .isEqualTo(PackedProduct.kind(DType.F32, DType.BF16, false));
    assertThat(wide.as(DType.BF16).allPacked().packing("a.weight"))
        .isEqualTo(PackedProduct.kind(DType.F32, DType.BF16, true));
    assertThat(wide.as(DType.F16).allPacked().packing("a.weight")).isNull();
    assertThat(Weights.initialise(1).packed().packing("any")).isNull();
    assertThat(Weights.initialise(1).allPacked().packing("any")).isEqualTo(floats);
    assertProducts(joint(wide.packed(), true), tensors, true);
    assertProducts(joint(wide.allPacked(), true), tensors, true);
  }

  @Test
  void aCopyIsItsOwnAndIsNotKept() {
    Path file = files().get(0);
    Weights weights = Weights.of(SafetensorsFile.open(file));
    float[] expected = Tensors.floats(tensors.get("a.weight"));
    Tensor one = weights.copy("a.weight", Initializer.zeros(), OUTS[0], IN);
    Tensor two = weights.copy("a.weight", Initializer.zeros(), OUTS[0], IN);
    try (Scope scope = Scope.open()) {
      one.zero_();
    }
    assertThat(Tensors.floats(two)).containsExactly(expected);
    Scope.free(one);
    Scope.free(two);
    // one element stands for all in what was taken
    assertThat(weights.taken().get("a.weight").storage().nbytes()).isEqualTo(Float.BYTES);
    // and the tensor itself can still be taken
    assertThat(Tensors.floats(weights.tensor("a.weight", OUTS[0], IN))).containsExactly(expected);
    Scope.free(weights.copy("a.weight", Initializer.zeros(), OUTS[0], IN));
    assertThat(Tensors.floats(weights.taken().get("a.weight"))).containsExactly(expected);
    assertThatThrownBy(() -> weights.copy("b.weight", Initializer.zeros(), 1, IN))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("b.weight");
  }

  /** The norm of one row has a way of its own. */
  @Test
  void theNormOfOneRowIsThatOfARowAmongOthers() {
    for (DType type : new DType[] {DType.F32, DType.BF16}) {
      Weights weights = Weights.of(new TensorMap("n", Map.of("weight", filled(IN)))).as(type);
      Normalization norm = Normalization.rms(weights, IN, 1e-5);
      float tolerance = type == DType.F32 ? 1e-6f : 0.02f;
      try (Scope scope = Scope.open()) {
        for (double size : new double[] {1, 1e-4, 300, 0}) {
          Tensor rows = x.mul(Tensors.scalar(size)).to(type.scalarType());
          float[] all = Tensors.floats(norm.forward(rows));
          for (int row = 0; row < ROWS; row++) {
            float[] alone = Tensors.floats(norm.forward(rows.narrow(0, row, 1)));
            assertThat(alone)
                .containsExactly(
                    Arrays.copyOfRange(all, row * IN, (row + 1) * IN), within(tolerance));
          }
        }
      }
    }
  }
}
