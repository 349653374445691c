package org.spiritlm.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TensorsTest {
  @Test
  void arraysBecomeTensorsAndBack() {
    assertThat(Tensors.floats(Tensors.of(new float[] {1.5f, -2}))).containsExactly(1.5f, -2);
    assertThat(Tensors.longs(Tensors.of(new long[] {1L << 40, -2}, 2, 1)))
        .containsExactly(1L << 40, -2);
    assertThat(Tensors.ints(Tensors.of(new int[] {7, -8}))).containsExactly(7, -8);
    assertThat(Tensors.shape(Tensors.of(new float[6], 1, 2, 3))).containsExactly(1, 2, 3);
    assertThat(Tensors.shape(Tensors.of(new float[0]))).containsExactly(0);
    assertThat(Tensors.floats(Tensors.of(new float[0], 3, 0))).isEmpty();
    assertThat(Tensors.longs(Tensors.of(new long[0]))).isEmpty();
    assertThat(Tensors.floats(Tensors.zeros(DType.I8, 2))).containsExactly(0, 0);
    assertThat(Tensors.scalar(2.5).toDouble()).isEqualTo(2.5);
  }

  @Test
  void scalarsAreReadTogether() {
    Tensor half = Tensors.of(new float[] {0.5f, 3}).min();
    Tensor count = Tensors.of(new int[] {4, 5}).sum();
    assertThat(Tensors.numbers(half, count)).containsExactly(0.5, 9);
  }

  @Test
  void valuesAreCopies() {
    float[] values = {1, 2};
    Tensor tensor = Tensors.of(values);
    values[0] = 9;
    assertThat(Tensors.floats(tensor)).containsExactly(1, 2);
  }

  @Test
  void valuesComeInRowMajorOrderWhateverTheLayout() {
    Tensor tensor = Tensors.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3).t();
    assertThat(Tensors.floats(tensor)).containsExactly(1, 4, 2, 5, 3, 6);
    assertThat(Tensors.longs(tensor)).containsExactly(1, 4, 2, 5, 3, 6);
    assertThat(Tensors.floats(Tensors.cat(List.of(tensor, tensor), 1)))
        .containsExactly(1, 4, 1, 4, 2, 5, 2, 5, 3, 6, 3, 6);
  }

  @Test
  void valuesThatDoNotFitAreErrors() {
    assertThatThrownBy(() -> Tensors.of(new float[5], 2, 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a shape of 6 elements cannot hold 5 values");
    assertThatThrownBy(() -> Tensors.of(new long[7], 2, 3))
        .hasMessage("a shape of 6 elements cannot hold 7 values");
    assertThatThrownBy(() -> Tensors.ints(Tensors.of(new long[] {1L << 31})))
        .isInstanceOf(ArithmeticException.class);
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void everyTypeIsItself(DType type) {
    Tensor tensor = Tensors.zeros(type, 3);
    assertThat(DType.of(tensor)).isEqualTo(type);
    assertThat(tensor.element_size()).isEqualTo(type.bytes());
    assertThat(tensor.is_floating_point()).isEqualTo(type.isFloat());
    assertThat(TensorInfo.of(type, 2, 3).bytes()).isEqualTo(6L * type.bytes());
  }

  @Test
  void otherTypesHaveNoName() {
    Tensor complex = Tensors.zeros(DType.F32, 2).to(ScalarType.ComplexFloat);
    assertThatThrownBy(() -> DType.of(complex))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("ComplexFloat");
  }

  @Test
  void sizesAreCountedWithoutOverflow() {
    assertThat(TensorInfo.of(DType.F32).elements()).isEqualTo(1);
    assertThat(TensorInfo.of(DType.F32, 5, 0).bytes()).isZero();
    assertThat(TensorInfo.of(DType.I8, 1L << 31, 1L << 31).elements()).isEqualTo(1L << 62);
    assertThatThrownBy(() -> TensorInfo.of(DType.F64, 1L << 31, 1L << 31).bytes())
        .isInstanceOf(ArithmeticException.class);
    assertThatThrownBy(() -> TensorInfo.of(DType.I8, 1L << 32, 1L << 32).elements())
        .isInstanceOf(ArithmeticException.class);
  }
}
