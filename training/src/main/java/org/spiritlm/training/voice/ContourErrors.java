package org.spiritlm.training.voice;

import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.spiritlm.torch.Tensors;
import org.spiritlm.units.pitch.PitchFeature;

/** How far contours that were decoded are from the true ones. */
final class ContourErrors {
  private final PitchSettings settings;
  private final int voicing; // the channel of the voicing flag, or -1
  private final int pitch; // that of the frequency, or -1
  private double squares;
  private long values;
  private double hertzSquares;
  private long voiced;
  private long flags;
  private long wrongFlags;

  ContourErrors(PitchSettings settings) {
    this.settings = settings;
    this.voicing = settings.config().features().indexOf(PitchFeature.VUV);
    int found = -1;
    for (int i = settings.config().features().size() - 1; i >= 0; i--) {
      found = i == voicing ? found : i;
    }
    this.pitch = found;
  }

  /** Counts one, [1, C, T] each, as they are learnt: Hz are scaled. */
  void add(Tensor expected, Tensor decoded) {
    float[] right = Tensors.floats(expected);
    float[] found = Tensors.floats(decoded);
    int length = (int) expected.size(2);
    for (int i = 0; i < right.length; i++) {
      squares += Math.pow(found[i] - right[i], 2);
    }
    values += right.length;
    for (int t = 0; t < length && voicing >= 0; t++) {
      boolean isVoiced = right[voicing * length + t] > 0.5;
      wrongFlags += isVoiced == (found[voicing * length + t] > 0.5) ? 0 : 1;
      flags++;
      if (isVoiced && pitch >= 0) {
        double difference = found[pitch * length + t] - right[pitch * length + t];
        hertzSquares += Math.pow(settings.hertz() * difference, 2);
        voiced++;
      }
    }
  }

  /** By name; none where nothing was counted. */
  Map<String, Double> measured() {
    Map<String, Double> measured = new LinkedHashMap<>();
    if (values > 0) {
      measured.put("error", squares / values);
    }
    if (voiced > 0) {
      measured.put("pitch_error_hertz", Math.sqrt(hertzSquares / voiced));
    }
    if (flags > 0) {
      measured.put("voicing_errors", (double) wrongFlags / flags);
    }
    return measured;
  }
}
