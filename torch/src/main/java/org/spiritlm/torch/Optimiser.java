package org.spiritlm.torch;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** Changes parameters by their gradients, step by step. */
public interface Optimiser extends AutoCloseable {
  /** AdamW, of this process alone or of several that have the same parameters. */
  static Optimiser of(
      Map<String, Tensor> parameters, AdamW.Options options, ProcessGroup processes) {
    return processes.size() == 1
        ? new AdamW(parameters, options)
        : new ShardedAdamW(parameters, options, processes);
  }

  /** Says that the next pass backwards is the last before gradients are clipped and used. */
  void expectLastPass();

  /**
   * Scales all gradients so that their Euclidean norm together is at most this; smaller ones stay.
   *
   * @return the norm before; where it is not a finite number nothing was scaled
   */
  double clip(double most);

  /**
   * Changes every parameter that has a gradient; call it after {@link #clip}.
   *
   * @param rate the learning rate of this step
   */
  void step(double rate);

  /**
   * All that it has learnt about the parameters, by names that begin with what it is; the tensors
   * stay the optimiser's own, or belong to the caller's scope.
   */
  Map<String, Tensor> state();

  /**
   * Takes over a state that was written before.
   *
   * @throws CheckpointException if it is of other parameters
   */
  void restore(Weights weights);

  @Override
  default void close() {}
}
