package org.spiritlm.training;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Tells losses that a run can go on with from those that are no numbers, or jump. */
final class LossWatch {
  /** Losses of the steps before, with which a spike is compared. */
  private static final int COMPARED = 50;

  private final double spike;
  private final Deque<Double> recent = new ArrayDeque<>();

  /**
   * @param spike a loss so many times the mean of those before is a jump; 0 for never
   */
  LossWatch(double spike) {
    this.spike = spike;
  }

  /** The losses of the last steps. */
  Collection<Double> recent() {
    return Collections.unmodifiableCollection(recent);
  }

  /** Goes on with a loss. */
  void add(double loss) {
    recent.add(loss);
    if (recent.size() > COMPARED) {
      recent.remove();
    }
  }

  /**
   * What is wrong with a loss, or null; a good one counts from now on.
   *
   * @param loss null where a group of parameters is changed before the one that has the loss, whose
   *     norm alone is looked at
   * @param norm of the gradients
   */
  @Nullable String complaint(@Nullable Double loss, double norm) {
    double mean = recent.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
    if (!Double.isFinite(loss == null ? 0 : loss) || !Double.isFinite(norm)) {
      return "which are no numbers to go on with";
    }
    if (loss == null) {
      return null;
    }
    if (spike > 0 && recent.size() == COMPARED && loss > spike * mean) {
      return String.format(Locale.ROOT, "after a mean loss of %.4g ('spike' is %s)", mean, spike);
    }
    add(loss);
    return null;
  }
}
