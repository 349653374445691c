package org.spiritlm.training;

import org.spiritlm.torch.AdamW;

/**
 * How parameters are changed.
 *
 * @param rate the learning rate of each step
 * @param adam the optimiser's own
 * @param clip the largest norm of all gradients together; larger ones are scaled down. 0 for none
 */
public record OptimiserSettings(LearningRate rate, AdamW.Options adam, double clip) {
  /**
   * Reads them.
   *
   * @param defaults of the part that is trained
   */
  public static OptimiserSettings of(Settings settings, OptimiserSettings defaults) {
    LearningRate rate = defaults.rate();
    AdamW.Options adam = defaults.adam();
    return new OptimiserSettings(
        new LearningRate(
            settings.number("rate", rate.peak()),
            settings.count("warm_up", rate.warmUp()),
            settings.choice("schedule", rate.schedule()),
            settings.number("floor", rate.floor())),
        new AdamW.Options(
            settings.number("beta1", adam.beta1()),
            settings.number("beta2", adam.beta2()),
            settings.number("epsilon", adam.epsilon()),
            settings.number("weight_decay", adam.weightDecay())),
        settings.number("clip", defaults.clip()));
  }
}
