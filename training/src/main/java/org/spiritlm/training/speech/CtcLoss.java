package org.spiritlm.training.speech;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.spiritlm.torch.Tensors;

/** Connectionist temporal classification (Graves et al. 2006) by libtorch's kernel. */
final class CtcLoss {
  private static final long EACH = 0;

  private CtcLoss() {}

  /**
   * The negative log-likelihoods of targets, summed: a scalar that carries gradients.
   *
   * <p>Neighbours that have equally many frames are computed together.
   *
   * @param logProbabilities of the classes in the frames of all utterances, [R, V]
   * @param frames of each utterance, in the order of the rows
   * @param targets of each; what has more targets than its frames can hold counts 0
   */
  static Tensor sum(Tensor logProbabilities, long[] frames, List<int[]> targets, int blank) {
    int[] ends = groups(frames);
    long[] rows = new long[ends.length];
    for (int i = 0, from = 0; i < ends.length; from = ends[i++]) {
      rows[i] = (ends[i] - from) * frames[from];
    }
    TensorVector groups = torch.split_with_sizes(logProbabilities, rows, 0);
    List<Tensor> losses = new ArrayList<>();
    for (int i = 0, from = 0; i < ends.length; from = ends[i++]) {
      Tensor each =
          groups
              .get(i)
              .view(ends[i] - from, frames[from], logProbabilities.size(1))
              .transpose(0, 1); // [F, B, V]
      losses.add(each(each, targets.subList(from, ends[i]), blank));
    }
    return Tensors.cat(losses, 0).sum();
  }

  /** Where runs of equal numbers of frames end. */
  private static int[] groups(long... frames) {
    return IntStream.rangeClosed(1, frames.length)
        .filter(end -> end == frames.length || frames[end] != frames[end - 1])
        .toArray();
  }

  /** Those of utterances of one length, [F, B, V] to [B]. */
  private static Tensor each(Tensor logProbabilities, List<int[]> targets, int blank) {
    long[] frames = new long[targets.size()];
    Arrays.fill(frames, logProbabilities.size(0));
    long[] lengths = targets.stream().mapToLong(each -> each.length).toArray();
    int longest = targets.stream().mapToInt(each -> each.length).max().orElse(0);
    int[] labels = new int[targets.size() * longest]; // what is behind an end is not looked at
    for (int i = 0; i < targets.size(); i++) {
      System.arraycopy(targets.get(i), 0, labels, i * longest, targets.get(i).length);
    }
    Tensor wanted =
        Tensors.of(labels, targets.size(), longest)
            .to(logProbabilities.device(), torch.ScalarType.Long);
    return torch.ctc_loss(logProbabilities, wanted, frames, lengths, blank, EACH, true);
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
