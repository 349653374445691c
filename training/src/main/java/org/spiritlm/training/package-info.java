/**
 * The training system: one loop for every part of a model, with its settings, checkpoints and
 * metrics. What differs between the parts is a {@link org.spiritlm.training.TrainingTask}.
 */
@NullMarked
package org.spiritlm.training;

import org.jspecify.annotations.NullMarked;
