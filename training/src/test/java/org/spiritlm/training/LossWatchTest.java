package org.spiritlm.training;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Losses that are no numbers, or jump, are told from those that a run can go on with. */
final class LossWatchTest {
  private static LossWatch after(double spike, int losses) {
    LossWatch watch = new LossWatch(spike);
    for (int i = 0; i < losses; i++) {
      assertThat(watch.complaint(i % 2 == 0 ? 1.5 : 2.5, 1)).isNull();
    }
    return watch;
  }

  @Test
  void aLossManyTimesTheMeanOfTheLastFiftyIsAJump() {
    assertThat(after(10, 50).complaint(20.0, 1)).isNull();
    LossWatch watch = after(10, 60);
    assertThat(watch.complaint(20.1, 1)).isEqualTo("after a mean loss of 2.000 ('spike' is 10.0)");
    assertThat(watch.recent()).as("it does not count").hasSize(50).doesNotContain(20.1);
    assertThat(after(10, 49).complaint(1e6, 1)).as("too few to compare with").isNull();
    assertThat(after(0, 50).complaint(1e6, 1)).as("never").isNull();
  }

  @Test
  void noNumberIsNeverGoneOnWith() {
    LossWatch watch = after(0, 3);
    assertThat(watch.complaint(Double.NaN, 1)).contains("no numbers");
    assertThat(watch.complaint(1.0, Double.POSITIVE_INFINITY)).contains("no numbers");
    assertThat(watch.complaint(null, Double.NaN)).contains("no numbers");
    assertThat(watch.complaint(null, 1)).isNull();
  }
}
