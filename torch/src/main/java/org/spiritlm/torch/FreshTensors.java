package org.spiritlm.torch;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Random tensors, float32 unless another type is asked for, each made from its name and a seed when
 * it is loaded; so none depends on which others there are, and a model of any size can be written
 * in the memory of one tensor.
 *
 * <p>Values are the same on every run with the same libtorch and the same kind of processor.
 */
public final class FreshTensors implements TensorSource {
  private final long seed;
  private final DType type;
  private final Map<String, Plan> plans = new LinkedHashMap<>();

  /** How a tensor is made. */
  private record Plan(TensorInfo info, Initializer initializer) {}

  /** What makes a model out of weights; the model itself is not used. */
  @FunctionalInterface
  public interface Model {
    Object load(Weights weights);
  }

  FreshTensors(long seed, DType type) {
    this.seed = seed;
    this.type = type;
  }

  /** The type of all of them. */
  DType type() {
    return type;
  }

  /**
   * The tensors that a model asks for, none of them made yet. The model is built once, from tensors
   * that are zero and take no memory.
   */
  public static FreshTensors of(long seed, Model model) {
    FreshTensors tensors = new FreshTensors(seed, DType.F32);
    model.load(Weights.planning(tensors));
    return tensors;
  }

  void plan(String name, Initializer initializer, long... shape) {
    plans.put(name, new Plan(TensorInfo.of(type, shape), initializer));
  }

  /** A tensor of this shape whose elements are one zero. */
  static Tensor standIn(long... shape) {
    try (Scope scope = Scope.open()) {
      return Scope.detach(Tensors.zeros(DType.F32, 1).expand(shape));
    }
  }

  @Override
  public String origin() {
    return "random weights of seed " + seed;
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(plans.keySet());
  }

  @Override
  public TensorInfo info(String name) {
    return at(name).info();
  }

  @Override
  public Tensor load(String name) {
    Plan plan = at(name);
    try (Scope scope = Scope.open()) {
      Tensor tensor = Tensors.empty(DType.F32, plan.info().dimensions());
      Generator random = torch.make_generator_cpu(seedOf(name));
      plan.initializer().fill(tensor, random);
      return Scope.detach(tensor.to(type.scalarType()));
    }
  }

  private Plan at(String name) {
    Plan plan = plans.get(name);
    if (plan == null) {
      throw new CheckpointException(origin() + ": has no tensor '" + name + "'");
    }
    return plan;
  }

  private long seedOf(String name) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(ByteBuffer.allocate(Long.BYTES).putLong(seed).flip());
      return ByteBuffer.wrap(digest.digest(name.getBytes(StandardCharsets.UTF_8))).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JVM has it
    }
  }
}
