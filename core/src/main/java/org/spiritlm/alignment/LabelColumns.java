package org.spiritlm.alignment;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.Tensors;

/**
 * The labels that one transcript needs, so that nothing is kept of a model's others, of which some
 * have thousands.
 *
 * <p>The wildcard is as probable as the most probable label of all that are said: it takes what the
 * model hears as speech, and leaves silence to the blank and a neighbour's letters to that.
 *
 * <p>Differs from the reference: MMS gives its wildcard probability 1 in every frame, so that it
 * takes all frames but one of each neighbouring letter.
 */
final class LabelColumns {
  private final int[] columns; // the model's label of each of ours
  private final int[] targets; // of the transcript, in our labels
  private final boolean hasWildcard;
  private final int[] spoken;

  LabelColumns(Transcript transcript, Alphabet alphabet) {
    Map<Integer, Integer> ours = new LinkedHashMap<>();
    ours.put(alphabet.blank(), 0);
    for (int label : transcript.labels()) {
      if (label != alphabet.wildcard()) {
        ours.putIfAbsent(label, ours.size());
      }
    }
    this.columns = ours.keySet().stream().mapToInt(label -> label).toArray();
    this.targets = new int[transcript.labels().length];
    boolean wild = false;
    for (int i = 0; i < targets.length; i++) {
      targets[i] = ours.getOrDefault(transcript.labels()[i], columns.length);
      wild |= targets[i] == columns.length;
    }
    this.hasWildcard = wild;
    this.spoken = alphabet.spoken();
  }

  /** The transcript in our labels, of which 0 is the blank. */
  int[] targets() {
    return targets;
  }

  /** Number of our labels K. */
  int count() {
    return columns.length + (hasWildcard ? 1 : 0);
  }

  /** All labels' log-probabilities [T, V] to those of ours, [T, K]. */
  Tensor select(Tensor logProbabilities, Device device) {
    Tensor ours = logProbabilities.index_select(1, device.place(Tensors.of(columns)));
    if (!hasWildcard) {
      return ours;
    }
    Tensor said = logProbabilities.index_select(1, device.place(Tensors.of(spoken)));
    return Tensors.cat(new ArrayList<>(List.of(ours, said.amax(new long[] {1}, true))), 1);
  }
}
