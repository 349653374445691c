package org.spiritlm.training.speech;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.spiritlm.torch.Tensors;

/** Connectionist temporal classification (Graves et al. 2006) by libtorch's kernel. */
final class CtcLoss {
  private static final long SUM = 2;

  private CtcLoss() {}

  /**
   * The negative log-likelihoods of targets, summed: a scalar that carries gradients.
   *
   * @param logProbabilities of the classes in the frames of all utterances, [R, V]
   * @param frames of each utterance, in the order of the rows
   * @param targets of each; what has more targets than its frames can hold counts 0
   */
  static Tensor sum(Tensor logProbabilities, long[] frames, List<int[]> targets, int blank) {
    List<Tensor> losses = new ArrayList<>();
    TensorVector rows = torch.split_with_sizes(logProbabilities, frames, 0);
    for (int i = 0; i < frames.length; i++) {
      int[] wanted = targets.get(i);
      Tensor each = rows.get(i).unsqueeze(1); // [F, 1, V]
      losses.add(
          torch.ctc_loss(
              each,
              Tensors.of(wanted, 1, wanted.length)
                  .to(logProbabilities.device(), torch.ScalarType.Long),
              new long[] {frames[i]},
              new long[] {wanted.length},
              blank,
              SUM,
              true));
    }
    return torch.stack(new TensorVector(losses.toArray(Tensor[]::new))).sum();
  }

  /** The fewest frames that can hold targets: equal neighbours need a blank between them. */
  static int leastFrames(int[] targets) {
    int least = targets.length;
    for (int i = 1; i < targets.length; i++) {
      least += targets[i] == targets[i - 1] ? 1 : 0;
    }
    return least;
  }

  /** Labels without repetitions. */
  static int[] deduplicated(int[] labels) {
    return collapsed(labels, 0, labels.length, -1);
  }

  /**
   * What the best path says, without blanks and repetitions.
   *
   * @param classes the best class of each frame
   */
  static int[] collapsed(int[] classes, int from, int to, int blank) {
    int[] labels = new int[to - from];
    int count = 0;
    for (int i = from; i < to; i++) {
      if (classes[i] != blank && (i == from || classes[i] != classes[i - 1])) {
        labels[count++] = classes[i];
      }
    }
    return Arrays.copyOf(labels, count);
  }
}
