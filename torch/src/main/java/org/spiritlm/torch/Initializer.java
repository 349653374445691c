package org.spiritlm.torch;

import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** How a parameter gets its first values when a model is made rather than loaded. */
@FunctionalInterface
public interface Initializer {
  /**
   * Fills a float32 tensor in place.
   *
   * @param random the only source of chance; the values may depend on nothing that changes
   */
  void fill(Tensor tensor, Generator random);

  static Initializer zeros() {
    return (tensor, random) -> tensor.zero_();
  }

  static Initializer ones() {
    return constant(1);
  }

  /** The same value everywhere. */
  static Initializer constant(double value) {
    return (tensor, random) -> tensor.fill_(new Scalar(value));
  }

  /** Normal values with mean 0. */
  static Initializer normal(double deviation) {
    return (tensor, random) -> tensor.normal_(0.0, deviation, new GeneratorOptional(random));
  }

  /** Uniform values in [-bound, bound]. */
  static Initializer uniform(double bound) {
    return (tensor, random) -> tensor.uniform_(-bound, bound, new GeneratorOptional(random));
  }

  /**
   * The length that a vector of so many values of {@link #uniform} has on the average: the gain of
   * weight norm with which such a vector is nearly left as it is.
   */
  static Initializer uniformNorm(double bound, long values) {
    return constant(bound * Math.sqrt(values / 3.0));
  }
}
