package org.spiritlm.lm;

import java.util.List;

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
}
