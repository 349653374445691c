package org.spiritlm.torch;

import java.util.List;
import java.util.Objects;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.jspecify.annotations.Nullable;

/** {@code y = x W^T + b}. */
public final class Linear {
  private final @Nullable Tensor weight;
  private final @Nullable PackedProduct packed;
  private final TensorOptional bias;
  private final @Nullable LowRankAdapter adapter;
  private final @Nullable Tensor newRows;
  private final boolean widens;

  /** Takes {@code weight} [out, in] and, where asked, {@code bias} [out]. */
  public Linear(Weights weights, long in, long out, boolean bias) {
    this(weights, Initializer.uniform(1 / Math.sqrt((double) in)), in, out, bias);
  }

  /** The same, with other values where weights are initialised. */
  public Linear(Weights weights, Initializer initializer, long in, long out, boolean bias) {
    this(
        weights.packing("weight") == null ? weights.tensor("weight", initializer, out, in) : null,
        bias ? weights.tensor("bias", initializer, out) : null,
        weights,
        initializer,
        in,
        out);
  }

  private Linear(
      @Nullable Tensor weight,
      @Nullable Tensor bias,
      Weights weights,
      Initializer initializer,
      long in,
      long out) {
    this(
        weight,
        weight == null
            ? pack(
                Objects.requireNonNull(weights.packing("weight")),
                weights.copy("weight", initializer, out, in),
                bias)
            : null,
        bias,
        weights.adapter(in, out),
        null);
  }

  private Linear(@Nullable Tensor weight, @Nullable PackedProduct packed, @Nullable Tensor bias) {
    this(weight, packed, bias, null, null);
  }

  private Linear(
      @Nullable Tensor weight,
      @Nullable PackedProduct packed,
      @Nullable Tensor bias,
      @Nullable LowRankAdapter adapter,
      @Nullable Tensor newRows) {
    this.weight = weight;
    this.packed = packed;
    this.bias = bias == null ? none() : optional(bias);
    this.adapter = adapter;
    this.newRows = newRows;
    this.widens =
        weight != null && adapter == null && newRows == null && WidenedProduct.isFor(weight);
  }

  /**
   * A product without bias that has an output for each row of a table by id [count, in], such as an
   * {@link Embedding}'s own.
   */
  public static Linear ofTable(Weights weights, Initializer initializer, long in, long count) {
    Linear plain = new Linear(weights, initializer, in, count, false);
    Tensor table = plain.weight;
    return new Linear(
        table,
        plain.packed,
        null,
        plain.adapter,
        table == null ? null : weights.newRows("weight", table));
  }

  public Linear(Weights weights, long in, long out) {
    this(weights, in, out, true);
  }

  /** A product without bias whose weight [out, in] was taken under another name. */
  public static Linear of(Tensor weight) {
    return new Linear(Scope.detach(weight), null, null);
  }

  /** A product with a weight [out, in] and a bias [out] that were taken under other names. */
  public static Linear of(Tensor weight, Tensor bias) {
    return new Linear(Scope.detach(weight), null, Scope.detach(bias));
  }

  /** The same, packed; the weight is freed. */
  static Linear packed(PackedProduct.Kind kind, Tensor weight, @Nullable Tensor bias) {
    Tensor kept = bias == null ? null : Scope.detach(bias);
    return new Linear(null, pack(kind, weight, kept), kept);
  }

  private static PackedProduct pack(PackedProduct.Kind kind, Tensor weight, @Nullable Tensor bias) {
    PackedProduct packed = PackedProduct.of(kind, weight, bias);
    Scope.free(weight);
    return packed;
  }

  /**
   * A product whose weight is kept as a direction and a length for each output: takes {@code
   * weight_g} [out, 1], {@code weight_v} [out, in] (or PyTorch's newer names of the two) and {@code
   * bias} [out].
   */
  public static Linear weightNorm(Weights weights, long in, long out) {
    boolean parametrized = weights.has("parametrizations.weight.original0");
    String gainName = parametrized ? "parametrizations.weight.original0" : "weight_g";
    String directionName = parametrized ? "parametrizations.weight.original1" : "weight_v";
    double bound = 1 / Math.sqrt((double) in);
    Tensor direction = weights.tensor(directionName, Initializer.uniform(bound), out, in);
    Tensor gain = weights.tensor(gainName, Initializer.uniformNorm(bound, in), out, 1);
    Tensor bias = weights.tensor("bias", Initializer.uniform(bound), out);
    try (Scope scope = Scope.open()) {
      return of(direction.mul(gain.div(rowNorm(direction))), bias);
    }
  }

  private static Tensor rowNorm(Tensor rows) {
    return rows.square().sum(new long[] {1}, true, new ScalarTypeOptional()).sqrt();
  }

  /** The weight matrix, [out, in]. */
  public Tensor weight() {
    if (weight == null) {
      throw new IllegalStateException("the weight is packed");
    }
    return weight;
  }

  /** Whether it is nothing but a matrix that can stand beside others in one product. */
  boolean isPlain() {
    return packed == null && adapter == null && newRows == null;
  }

  /** The bias, or null. */
  @Nullable Tensor bias() {
    return bias.has_value() ? bias.get() : null;
  }

  public Tensor forward(Tensor x) {
    if (packed != null) {
      return packed.forward(x);
    }
    if (widens && WidenedProduct.isFor(x, weight().size(1))) {
      return WidenedProduct.linear(x, weight(), bias);
    }
    if (newRows != null) {
      Tensor old = weight().narrow(0, 0, weight().size(0) - newRows.size(0));
      return Tensors.cat(
          List.of(Products.linear(x, old, bias), Products.linear(x, newRows, bias)), -1);
    }
    Tensor y = Products.linear(x, weight(), bias);
    return adapter == null ? y : adapter.add(x, y);
  }

  /** An optional that outlives every scope. */
  static TensorOptional optional(Tensor tensor) {
    return Scope.release(new TensorOptional(tensor));
  }

  /** An empty optional that outlives every scope. */
  static TensorOptional none() {
    return Scope.release(new TensorOptional());
  }
}
