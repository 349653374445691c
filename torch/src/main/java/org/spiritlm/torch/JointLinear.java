package org.spiritlm.torch;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Several {@linkplain Linear products} with the same input, computed as one where their weights lie
 * one after another in memory: one large product reads memory faster than several small ones.
 */
public final class JointLinear {
  private final List<Linear> parts = new ArrayList<>();
  private final long[] outs;
  private final @Nullable Linear whole;

  /**
   * Takes {@code NAME.weight} [out, in] and, where asked, {@code NAME.bias} [out] of each.
   *
   * @param outs the width of each one's output
   */
  public JointLinear(
      Weights weights,
      Initializer initializer,
      long in,
      boolean bias,
      List<String> names,
      long... outs) {
    this.outs = outs;
    PackedProduct.Kind kind =
        weights.packing(names.stream().map(name -> name + ".weight").toList());
    if (kind != null) {
      this.whole = packed(kind, weights, initializer, in, bias, names, outs);
      return;
    }
    for (int i = 0; i < outs.length; i++) {
      parts.add(new Linear(weights.at(names.get(i)), initializer, in, outs[i], bias));
    }
    Tensor joined = weights.joined(names.stream().map(name -> name + ".weight").toList());
    if (joined == null) {
      this.whole = null;
      return;
    }
    parts.clear(); // their weights may have been moved
    if (bias) {
      try (Scope scope = Scope.open()) {
        this.whole = Linear.of(joined, biases(weights, initializer, names, outs));
      }
    } else {
      this.whole = Linear.of(joined);
    }
  }

  private static Linear packed(
      PackedProduct.Kind kind,
      Weights weights,
      Initializer initializer,
      long in,
      boolean bias,
      List<String> names,
      long... outs) {
    List<Tensor> copies = new ArrayList<>();
    for (int i = 0; i < outs.length; i++) {
      copies.add(weights.copy(names.get(i) + ".weight", initializer, outs[i], in));
    }
    try (Scope scope = Scope.open()) {
      Tensor joined = Scope.detach(Tensors.cat(copies, 0));
      copies.forEach(Scope::free);
      return Linear.packed(kind, joined, bias ? biases(weights, initializer, names, outs) : null);
    }
  }

  private static Tensor biases(
      Weights weights, Initializer initializer, List<String> names, long... outs) {
    List<Tensor> biases = new ArrayList<>();
    for (int i = 0; i < outs.length; i++) {
      biases.add(weights.tensor(names.get(i) + ".bias", initializer, outs[i]));
    }
    return Tensors.cat(biases, 0);
  }

  /** All outputs beside each other: [N, in] to [N, sum of outs]. */
  public Tensor forward(Tensor x) {
    if (whole != null) {
      return whole.forward(x);
    }
    return parts.stream().allMatch(Linear::isPlain)
        ? Products.linear(x, weights(), biases())
        : Tensors.cat(parts.stream().map(part -> part.forward(x)).toList(), 1);
  }

  /** Each output, [N, out]; they may be views of one tensor. */
  public List<Tensor> each(Tensor x) {
    TensorVector each = torch.split_with_sizes(forward(x), outs, 1);
    return List.of(each.get());
  }

  /** All weights, one after another; copying them takes less time than products of their own. */
  private Tensor weights() {
    return Tensors.cat(parts.stream().map(part -> Products.rounded(part.weight())).toList(), 0);
  }

  private TensorOptional biases() {
    List<Tensor> biases = parts.stream().map(Linear::bias).filter(Objects::nonNull).toList();
    return biases.isEmpty() ? new TensorOptional() : new TensorOptional(Tensors.cat(biases, 0));
  }
}
