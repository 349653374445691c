package org.spiritlm.alignment;

import java.util.ArrayList;
import java.util.List;
import org.spiritlm.torch.InputException;

/**
 * The most probable way in which labels are said one after another (Graves et al. 2006): each takes
 * one frame or more, blanks may stand anywhere, and one must stand between two equal labels.
 *
 * <p>Differs from the reference ({@code torchaudio.functional.forced_align}): where going on to the
 * next label with and without a blank is equally good, and better than staying, the reference stays
 * all the same; here the blank is taken. Scores are added up in double precision, not in single, so
 * that they are exact for hours.
 *
 * @param path the label of each frame
 * @param scores the log-probability of each frame's label
 * @param spans the frames of each label of the target, in its order
 */
@SuppressWarnings("ArrayRecordComponent") // made for one reader
public record CtcAlignment(int[] path, float[] scores, List<LabelSpan> spans) {
  public CtcAlignment {
    spans = List.copyOf(spans);
  }

  /**
   * Aligns labels with frames; where several ways are equally good, every label begins as early as
   * it can.
   *
   * @param targets what is said, without blanks
   * @param blank the label of frames in which nothing new is said
   * @throws InputException if there are too few frames, a log-probability is no number, or no way
   *     has a probability above 0
   */
  public static CtcAlignment of(Emissions emissions, int[] targets, int blank) {
    return of(emissions, targets, blank, BestPath.CELLS);
  }

  static CtcAlignment of(Emissions emissions, int[] targets, int blank, long cells) {
    check(emissions, targets, blank);
    int[] states = new BestPath(emissions, targets, blank, cells).states();
    int[] path = new int[states.length];
    float[] scores = new float[states.length];
    for (int t = 0; t < path.length; t++) {
      path[t] = states[t] % 2 == 0 ? blank : targets[states[t] / 2];
      scores[t] = emissions.at(t, path[t]);
    }
    return new CtcAlignment(path, scores, spans(states, path, scores));
  }

  /** The least number of frames in which labels can be said. */
  public static int leastFrames(int[] targets) {
    int frames = targets.length;
    for (int i = 1; i < targets.length; i++) {
      frames += targets[i] == targets[i - 1] ? 1 : 0;
    }
    return frames;
  }

  /**
   * Refuses fewer frames than labels need.
   *
   * @throws InputException if there are too few
   */
  static void requireFrames(long frames, int[] targets) {
    int least = Math.max(1, leastFrames(targets));
    if (frames < least) {
      throw new InputException(
          "the audio is shorter than its transcript: it has "
              + frames
              + " frames, and "
              + targets.length
              + " labels need at least "
              + least);
    }
  }

  private static void check(Emissions emissions, int[] targets, int blank) {
    for (int target : targets) {
      if (target < 0 || target >= emissions.labels() || target == blank) {
        throw new IllegalArgumentException(
            "label " + target + " of " + emissions.labels() + ", blank " + blank);
      }
    }
    requireFrames(emissions.frames(), targets);
    for (float value : emissions.values()) {
      if (Float.isNaN(value) || value == Float.POSITIVE_INFINITY) {
        throw new InputException(
            "the aligner gives a log-probability of " + value + "; its weights are damaged");
      }
    }
  }

  private static List<LabelSpan> spans(int[] states, int[] path, float[] scores) {
    List<LabelSpan> spans = new ArrayList<>();
    for (int start = 0; start < states.length; ) {
      int end = start;
      double sum = 0;
      while (end < states.length && states[end] == states[start]) {
        sum += Math.exp(scores[end]);
        end++;
      }
      if (states[start] % 2 == 1) {
        spans.add(new LabelSpan(path[start], start, end, sum / (end - start)));
      }
      start = end;
    }
    return spans;
  }

  /** The log-probability of the whole path. */
  public double score() {
    return score(0, scores.length);
  }

  /** The sum of the scores of some frames. */
  double score(int start, int end) {
    double sum = 0;
    for (int t = start; t < end; t++) {
      sum += scores[t];
    }
    return sum;
  }
}
