package org.spiritlm.lm;

import java.util.List;
import java.util.function.Supplier;

/** Continues prompts. Safe for use by several threads. */
public interface Continuer {
  /**
   * The continuations of several prompts, in their order, each what it would be alone.
   *
   * @param requests their listeners are called by the calling thread
   * @throws org.spiritlm.torch.InputException if a prompt fills the model's context, or holds an id
   *     that is not in its vocabulary
   */
  List<Answer> generate(List<Request> requests);

  /**
   * Does what belongs to answers, such as speaking them, on the calling thread, in the way that
   * suits how they are made: where others' are made beside them, in operations of one thread.
   */
  default <T> T beside(Supplier<T> work) {
    return work.get();
  }
}
