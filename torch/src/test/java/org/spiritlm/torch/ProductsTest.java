package org.spiritlm.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.spiritlm.torch.Products.Geometry;

/** Rounded products are those of float32 but for the rounding, forwards and backwards. */
class ProductsTest {
  /** Relative to the largest value: each factor loses up to 2⁻⁹ of itself. */
  private static final double ROUNDING = 0.02;

  /**
   * A product.
   *
   * @param inputs shapes of the factors
   */
  record Case(String name, List<long[]> inputs, Product product) {
    @Override
    public String toString() {
      return name;
    }
  }

  interface Product {
    Tensor of(List<Tensor> inputs);
  }

  @AfterEach
  void full() {
    Torch.precision(Torch.Precision.FULL);
  }

  static Stream<Case> cases() {
    return Stream.of(
        new Case(
            "linear",
            List.of(shape(7, 24), shape(16, 24), shape(16)),
            each -> Products.linear(each.get(0), each.get(1), new TensorOptional(each.get(2)))),
        convolution("strided", shape(2, 8, 50), shape(12, 8, 3), 12, Geometry.strided(2)),
        convolution("dilated", shape(2, 8, 50), shape(8, 8, 5), 8, new Geometry(1, 6, 3, 1)),
        convolution("grouped", shape(1, 32, 20), shape(32, 16, 8), 32, new Geometry(1, 4, 1, 2)),
        convolution(
            "of few channels", shape(3, 8, 20), shape(8, 8, 7), 8, new Geometry(1, 3, 1, 1)),
        new Case(
            "transposed",
            List.of(shape(2, 8, 11), shape(8, 4, 10), shape(4)),
            each ->
                Products.transposedConvolution(
                    each.get(0),
                    each.get(1),
                    new TensorOptional(each.get(2)),
                    new Geometry(5, 2, 1, 1))),
        attention("attention", 3, 3, 9, false),
        attention("causal attention", 3, 3, 9, true),
        attention("attention in groups", 4, 2, 9, false),
        attention("causal attention in groups", 4, 2, 9, true),
        attention("causal attention in parts", 2, 2, 300, true),
        attention("causal attention in groups and parts", 4, 2, 300, true));
  }

  @Test
  void shapesThatOneDnnGetsWrongAreNotRounded() {
    try (Scope scope = Scope.open()) {
      Tensor x = torch.randn(1, 32, 20);
      Tensor weight = torch.randn(32, 8, 8);
      Geometry grouped = new Geometry(1, 4, 1, 4);
      Tensor exact = Products.convolution(x, weight, new TensorOptional(), grouped);
      Torch.precision(Torch.Precision.BFLOAT16);
      Tensor again = Products.convolution(x, weight, new TensorOptional(), grouped);
      assertThat(again.sub(exact).abs().max().item_double()).isLessThan(1e-4);
    }
  }

  private static long[] shape(long... sizes) {
    return sizes;
  }

  private static Case attention(String name, long heads, long shared, long length, boolean causal) {
    long[] known = shape(2, shared, length, 16);
    return new Case(
        name,
        List.of(shape(2, heads, length, 16), known, known),
        each -> Products.attention(each.get(0), each.get(1), each.get(2), causal));
  }

  private static Case convolution(
      String name, long[] input, long[] weight, long bias, Geometry geometry) {
    return new Case(
        name,
        List.of(input, weight, shape(bias)),
        each ->
            Products.convolution(
                each.get(0), each.get(1), new TensorOptional(each.get(2)), geometry));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void roundedIsFullButForTheRounding(Case one) {
    try (Scope scope = Scope.open()) {
      torch.manual_seed(5);
      List<Tensor> inputs = new ArrayList<>();
      for (long[] shape : one.inputs()) {
        inputs.add(torch.randn(shape).set_requires_grad(true));
      }
      List<Tensor> exact = results(inputs, () -> one.product().of(inputs));
      Torch.precision(Torch.Precision.BFLOAT16);
      List<Tensor> rounded = results(inputs, () -> one.product().of(inputs));
      for (int i = 0; i < exact.size(); i++) {
        assertThat(DType.of(rounded.get(i))).isEqualTo(DType.F32);
        double largest = exact.get(i).abs().max().item_double();
        double away = rounded.get(i).sub(exact.get(i)).abs().max().item_double();
        assertThat(away / largest).as("of result %d", i).isGreaterThan(0).isLessThan(ROUNDING);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aRoundedInputStaysRounded(Case one) {
    Torch.precision(Torch.Precision.BFLOAT16);
    try (Scope scope = Scope.open()) {
      List<Tensor> inputs = new ArrayList<>();
      for (long[] shape : one.inputs()) {
        inputs.add(Products.rounded(torch.randn(shape)));
      }
      assertThat(DType.of(one.product().of(inputs))).isEqualTo(DType.BF16);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void fullPrecisionRoundsNothing(Case one) {
    try (Scope scope = Scope.open()) {
      Tensor any = torch.randn(one.inputs().get(0));
      assertThat(DType.of(Products.rounded(any))).isEqualTo(DType.F32);
      assertThat(Products.rounded(any).sub(any).abs().max().item_double()).isCloseTo(0, within(0.));
    }
  }

  /** The product, then the gradient of each input from one and the same gradient of the product. */
  private static List<Tensor> results(List<Tensor> inputs, Supplier<Tensor> product) {
    inputs.forEach(input -> input.mutable_grad().put(new Tensor()));
    Tensor made = product.get();
    Tensor factors = torch.arange(Tensors.scalar((double) made.numel())).view(made.sizes()).sin();
    made.mul(factors.add(Tensors.scalar(2))).sum().backward();
    List<Tensor> results = new ArrayList<>(List.of(made.detach()));
    inputs.forEach(input -> results.add(input.grad().clone()));
    return results;
  }
}
