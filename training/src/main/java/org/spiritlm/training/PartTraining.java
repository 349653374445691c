package org.spiritlm.training;

import org.spiritlm.checkpoint.ModelDirectory;
import org.spiritlm.checkpoint.Part;

/** A part of a model that is to be trained, by its settings. */
public interface PartTraining {
  /** Which. */
  Part part();

  /** The model whose other parts the result has. */
  ModelDirectory base();

  /**
   * Opens what is needed.
   *
   * @throws org.spiritlm.torch.InputException if data and model cannot be used together
   */
  TrainingTask task();
}
