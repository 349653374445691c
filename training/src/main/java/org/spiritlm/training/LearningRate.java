package org.spiritlm.training;

/**
 * The learning rate of each step: it rises linearly from 0 over the first steps, then follows a
 * schedule.
 *
 * @param peak the highest rate
 * @param warmUp steps of rising; at most all
 * @param schedule what comes after
 * @param floor the rate at the last step, as a share of the highest, where the schedule falls
 */
public record LearningRate(double peak, int warmUp, Schedule schedule, double floor) {
  /** What the rate does after it has risen. */
  public enum Schedule {
    /** It stays. */
    CONSTANT,
    /** It falls along a half cosine to its floor. */
    COSINE,
    /** It falls along a line to its floor. */
    LINEAR
  }

  /**
   * The rate of a step.
   *
   * @param step counted from 0
   * @param steps all of the run
   */
  public double at(long step, long steps) {
    if (step < warmUp) {
      return peak * (step + 1) / warmUp;
    }
    double done = Math.min(1, (double) (step - warmUp) / Math.max(1, steps - warmUp));
    double left =
        switch (schedule) {
          case CONSTANT -> 1;
          case COSINE -> (1 + Math.cos(Math.PI * done)) / 2;
          case LINEAR -> 1 - done;
        };
    return peak * (floor + (1 - floor) * left);
  }
}
