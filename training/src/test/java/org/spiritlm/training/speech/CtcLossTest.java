package org.spiritlm.training.speech;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;

/** Utterances that are computed together have the losses that they have alone. */
final class CtcLossTest {
  private static final int LABELS = 6;
  private static final int BLANK = 0;

  private static List<int[]> targets(long[] frames, Random random) {
    List<int[]> targets = new ArrayList<>();
    for (long each : frames) {
      int[] labels = new int[random.nextInt((int) each)];
      Arrays.setAll(labels, i -> 1 + random.nextInt(LABELS - 1));
      targets.add(labels);
    }
    return targets;
  }

  @Test
  void togetherAsAlone() {
    long[] frames = {7, 7, 7, 12, 9, 9, 7};
    Random random = new Random(4);
    List<int[]> targets = targets(frames, random);
    targets.set(1, new int[] {2, 2, 2, 2, 2, 2}); // more than fits
    try (Scope scope = Scope.open()) {
      torch.manual_seed(4);
      Tensor scores = torch.randn(Arrays.stream(frames).sum(), LABELS).set_requires_grad(true);
      Tensor together = CtcLoss.sum(scores.log_softmax(1), frames, targets, BLANK);
      together.backward();
      double sum = 0;
      long row = 0;
      for (int i = 0; i < frames.length; i++) {
        Tensor own = scores.detach().narrow(0, row, frames[i]).clone().set_requires_grad(true);
        Tensor alone =
            CtcLoss.sum(own.log_softmax(1), new long[] {frames[i]}, List.of(targets.get(i)), BLANK);
        alone.backward();
        sum += alone.item_double();
        assertThat(Tensors.floats(scores.grad().narrow(0, row, frames[i])))
            .isEqualTo(Tensors.floats(own.grad()));
        row += frames[i];
      }
      assertThat((float) sum).isEqualTo((float) together.item_double());
      assertThat(sum).isGreaterThan(10);
    }
  }

  @Test
  void whatHasTooManyTargetsCountsNothing() {
    try (Scope scope = Scope.open()) {
      Tensor scores = torch.randn(3, LABELS).set_requires_grad(true);
      Tensor loss =
          CtcLoss.sum(scores.log_softmax(1), new long[] {3}, List.of(new int[] {1, 1, 1}), BLANK);
      loss.backward();
      assertThat(loss.item_double()).isZero();
      assertThat(Tensors.floats(scores.grad())).containsOnly(0);
    }
  }
}
