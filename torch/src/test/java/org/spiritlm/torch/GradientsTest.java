package org.spiritlm.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/** Gradients that are taken together are as if they were taken one by one. */
class GradientsTest {
  private static List<Tensor> parameters() {
    torch.manual_seed(3);
    List<Tensor> parameters = new ArrayList<>();
    for (long[] shape : new long[][] {{300, 70}, {}, {5}, {8, 3, 11}, {1}}) {
      Tensor parameter = torch.randn(shape).set_requires_grad(true);
      if (parameters.size() != 2) { // which has none
        parameter.mul(torch.randn(shape)).sum().backward();
      }
      parameters.add(parameter);
    }
    return parameters;
  }

  @Test
  void normAndClippingAreThoseOfEach() {
    try (Scope scope = Scope.open()) {
      List<Tensor> parameters = parameters();
      List<Tensor> before = new ArrayList<>();
      for (Tensor parameter : parameters) {
        if (parameter.grad().defined()) {
          before.add(parameter.grad().clone());
        }
      }
      Tensor[] norms = before.stream().map(Tensor::norm).toArray(Tensor[]::new);
      double norm = torch.stack(new TensorVector(norms)).norm().item_double();
      assertThat(Gradients.norm(parameters)).isEqualTo(norm).isGreaterThan(1);
      assertThat(Gradients.clip(parameters, 0.5)).isEqualTo(norm);
      int i = 0;
      for (Tensor parameter : parameters) {
        if (parameter.grad().defined()) {
          Tensor expected = before.get(i++).mul(Tensors.scalar(0.5 / (norm + 1e-6)));
          assertThat(Tensors.floats(parameter.grad())).isEqualTo(Tensors.floats(expected));
        }
      }
      assertThat(i).isEqualTo(4);
      assertThat(Gradients.clip(parameters, 1)).isBetween(0.49, 0.51);
    }
  }

  @Test
  void ofNothingTheNormIsZero() {
    assertThat(Gradients.norm(List.of())).isZero();
    assertThat(Gradients.clip(List.of(), 1)).isZero();
  }
}
