package org.spiritlm.alignment;

import java.util.Arrays;
import org.spiritlm.torch.InputException;

/**
 * Finds the best path through the states of a CTC target: even ones are blanks, odd ones labels.
 *
 * <p>Memory does not grow with the product of frames and labels. Where that is large, one pass
 * carries along, beside the best score of each state, the state in which its path was in the
 * middle; so the middle of the best path is known at the end, and both halves are solved in the
 * same way. Each halving leaves at most half of the work, so that the whole takes at most twice the
 * time; the path is the same, ties included.
 */
final class BestPath {
  /** Steps back that are remembered at once (bytes). */
  static final long CELLS = 1L << 24;

  private static final int UNKNOWN = -1;
  private static final double NEVER = Double.NEGATIVE_INFINITY;

  private final Emissions emissions;
  private final long cells;
  private final int[] labels; // of each state
  private final boolean[] skips; // whether a state can follow that two before it
  private final int[] states; // the answer

  BestPath(Emissions emissions, int[] targets, int blank, long cells) {
    this.emissions = emissions;
    this.cells = cells;
    this.labels = new int[2 * targets.length + 1];
    this.skips = new boolean[labels.length];
    Arrays.fill(labels, blank);
    for (int i = 0; i < targets.length; i++) {
      labels[2 * i + 1] = targets[i];
      skips[2 * i + 1] = i > 0 && targets[i] != targets[i - 1];
    }
    this.states = new int[emissions.frames()];
  }

  /**
   * The state of each frame.
   *
   * @throws InputException if no path has a probability above 0
   */
  int[] states() {
    solve(0, states.length - 1, 0, 0, UNKNOWN);
    return states;
  }

  /**
   * Fills in the best path between two frames, both included.
   *
   * @param first the state of the first frame; at the very beginning it may be the one after it,
   *     too
   * @param score the score of the first frame's state
   * @param last the state of the last frame, or {@link #UNKNOWN} at the very end
   */
  private void solve(int from, int to, int first, double score, int last) {
    int high = last == UNKNOWN ? labels.length - 1 : last;
    long work = (long) (to - from) * (high - first + 1);
    if (work <= cells || to - from < 2) {
      Pass pass = new Pass(from, to, first, score, last);
      byte[] steps = new byte[(to - from) * pass.width];
      for (int t = from + 1; t <= to; t++) {
        pass.step(t, steps, (t - from - 1) * pass.width);
      }
      int state = pass.end();
      for (int t = to; t > from; t--) {
        states[t] = state;
        state -= steps[(t - from - 1) * pass.width + state - first];
      }
      states[from] = state;
      return;
    }
    int middle = from + (to - from) / 2;
    Pass pass = new Pass(from, to, first, score, last);
    byte[] steps = new byte[pass.width];
    for (int t = from + 1; t <= middle; t++) {
      pass.step(t, steps, 0);
    }
    double[] scores = pass.scores.clone();
    int[] origins = new int[pass.width]; // by state: where its path was in the middle
    Arrays.setAll(origins, i -> first + i);
    for (int t = middle + 1; t <= to; t++) {
      pass.step(t, steps, 0);
      for (int i = pass.high - first; i >= pass.low - first; i--) {
        origins[i] = origins[i - steps[i]];
      }
    }
    int end = pass.end();
    int state = origins[end - first];
    solve(from, middle, first, score, state);
    solve(middle, to, state, scores[state - first + Pass.PAD], end);
  }

  /** The best scores of all states, frame after frame. */
  private final class Pass {
    /** States before the first that are never reached. */
    static final int PAD = 2;

    private final int from;
    private final int to;
    private final int first;
    private final int last;
    final int width;
    final double[] scores;
    int low; // states that a frame can be in, both included
    int high;

    Pass(int from, int to, int first, double score, int last) {
      this.from = from;
      this.to = to;
      this.first = first;
      this.last = last;
      int highest = last == UNKNOWN ? labels.length - 1 : last;
      this.width = highest - first + 1;
      this.scores = new double[width + PAD];
      Arrays.fill(scores, NEVER);
      if (from > 0) {
        scores[PAD] = score;
      } else {
        for (int i = 0; i < Math.min(2, width); i++) {
          scores[i + PAD] = emissions.at(0, labels[i]);
        }
      }
    }

    /** Goes on to frame t, and notes for each state how many states its best path came up by. */
    void step(int t, byte[] steps, int at) {
      int soonest = from > 0 ? first : first + 1;
      int lowest = last == UNKNOWN ? labels.length - 2 : last;
      low = (int) Math.max(first, lowest - 2L * (to - t));
      high = (int) Math.min(first + width - 1L, soonest + 2L * (t - from));
      int base = t * emissions.labels();
      float[] values = emissions.values();
      for (int state = high; state >= low; state--) { // downwards: those below are still the last's
        int i = state - first + PAD;
        double best = scores[i];
        byte step = 0;
        if (scores[i - 1] > best) {
          best = scores[i - 1];
          step = 1;
        }
        if (skips[state] && scores[i - 2] > best) {
          best = scores[i - 2];
          step = 2;
        }
        steps[at + i - PAD] = step;
        scores[i] = best + values[base + labels[state]];
      }
    }

    /** The state that the best path ends in. */
    int end() {
      int end = last;
      if (end == UNKNOWN) {
        int top = labels.length - 1;
        end = top > 0 && scores[top - first + PAD] <= scores[top - 1 - first + PAD] ? top - 1 : top;
      }
      if (scores[end - first + PAD] == NEVER) {
        throw new InputException("the transcript has probability 0 in this audio");
      }
      return end;
    }
  }
}
