package org.spiritlm.torch;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Gradients of one tensor, and what is done with those of many parameters at once. */
public final class Gradients {
  // a GPU computes those of many tensors in a few launches
  private static final NamedOperator NORMS = new NamedOperator("aten::_foreach_norm", "Scalar");
  private static final NamedOperator SCALING = new NamedOperator("aten::_foreach_mul_", "Scalar");

  private Gradients() {}

  /** Goes back from a tensor with its gradient; what leads to it can be gone back through once. */
  public static void backward(Tensor tensor, Tensor gradient) {
    tensor.backward(gradient, new BoolOptional(), false, new TensorArrayRefOptional());
  }

  /** Forgets all gradients. */
  public static void clear(Collection<Tensor> parameters) {
    try (Scope scope = Scope.open()) {
      Tensor none = new Tensor();
      for (Tensor parameter : parameters) {
        parameter.mutable_grad().put(none);
      }
    }
  }

  /** The Euclidean norm of all gradients together. */
  public static double norm(Collection<Tensor> parameters) {
    try (Scope scope = Scope.open()) {
      List<Tensor> gradients = of(parameters);
      if (gradients.isEmpty()) {
        return 0;
      }
      TensorVector norms =
          NORMS.callForAll(NORMS.list("self", gradients), new IValue(2.0), new IValue());
      return torch.stack(norms).norm().item_double();
    }
  }

  /**
   * Scales all gradients so that their norm is at most this; those that are smaller stay.
   *
   * @return the norm before; where it is not a finite number nothing was scaled
   */
  public static double clip(Collection<Tensor> parameters, double most) {
    double norm = norm(parameters);
    double scale = scale(norm, most);
    if (scale < 1) {
      try (Scope scope = Scope.open()) {
        SCALING.run(SCALING.list("self", of(parameters)), new IValue(scale));
      }
    }
    return norm;
  }

  /** What gradients of a norm are multiplied by, as PyTorch's clip_grad_norm_ has it. */
  static double scale(double norm, double most) {
    return Double.isFinite(norm) ? Math.min(1, most / (norm + 1e-6)) : 1;
  }

  private static List<Tensor> of(Collection<Tensor> parameters) {
    List<Tensor> gradients = new ArrayList<>();
    for (Tensor parameter : parameters) {
      Tensor gradient = parameter.grad();
      if (gradient.defined()) {
        gradients.add(gradient);
      }
    }
    return gradients;
  }
}
