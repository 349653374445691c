package org.spiritlm.torch;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** What is done with the gradients of many parameters at once. */
public final class Gradients {
  private Gradients() {}

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
      List<Tensor> norms = new ArrayList<>();
      for (Tensor gradient : of(parameters)) {
        norms.add(gradient.norm());
      }
      return norms.isEmpty()
          ? 0
          : torch.stack(new TensorVector(norms.toArray(Tensor[]::new))).norm().item_double();
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
        for (Tensor gradient : of(parameters)) {
          gradient.mul_(new Scalar(scale));
        }
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
