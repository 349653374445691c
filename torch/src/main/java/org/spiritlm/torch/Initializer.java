package org.spiritlm.torch;

import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** How a parameter gets its first values when a model is made rather than loaded. */
@FunctionalInterface
public interface Initializer {
  /** Fills a float32 tensor in place. */
  void fill(Tensor tensor, Generator random);

  static Initializer zeros() {
    return (tensor, random) -> tensor.zero_();
  }

  static Initializer ones() {
    return (tensor, random) -> tensor.fill_(new Scalar(1.0));
  }

  /** Normal values with mean 0. */
  static Initializer normal(double deviation) {
    return (tensor, random) -> tensor.normal_(0.0, deviation, new GeneratorOptional(random));
  }

  /** Uniform values in [-bound, bound]. */
  static Initializer uniform(double bound) {
    return (tensor, random) -> tensor.uniform_(-bound, bound, new GeneratorOptional(random));
  }
}
