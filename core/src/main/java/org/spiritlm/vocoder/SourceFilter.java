package org.spiritlm.vocoder;

import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;

/**
 * The end of a generator with a source and a filter, piece by piece: steps of what its network
 * gives to samples.
 *
 * <p>A step waits for the next, to whose pitch its own glides; of the samples, those up to half a
 * step before its end are final.
 */
final class SourceFilter {
  /** Steps that a step waits for. */
  static final int LAG = 1;

  private final SourceFilterConfig config;
  private final SpectralFilter filter;

  SourceFilter(SourceFilterConfig config) {
    this.config = config;
    this.filter = new SpectralFilter(config);
  }

  /** What is held between the pieces of an utterance. */
  static final class Held {
    private final Excitation source;
    private final float[] ringing; // of earlier steps, from where the next begins
    private float[] waiting = new float[0]; // steps that wait, [T, C] in row-major order
    private boolean begun;

    private Held(Excitation source, float[] ringing) {
      this.source = source;
      this.ringing = ringing;
    }

    /** Another that stands where this one does. */
    Held copy() {
      Held copy = new Held(source.copy(), ringing.clone());
      copy.waiting = waiting; // never changed in place
      copy.begun = begun;
      return copy;
    }
  }

  /** The start of an utterance. */
  Held start() {
    return new Held(new Excitation(config.hop()), new float[config.response()]);
  }

  /**
   * The next steps, [1, C, 1, T], to the samples that are final with them, [N].
   *
   * @param beyond steps at the end that lie beyond the utterance's end
   * @param last whether these are its last ones
   */
  Tensor forward(Tensor steps, int beyond, boolean last, Held held) {
    try (Scope scope = Scope.open()) {
      Tensor rows = steps.squeeze(2).squeeze(0).t(); // [T, C]
      float[] now = Tensors.floats(rows.narrow(0, 0, rows.size(0) - beyond).contiguous());
      float[] all = joined(held.waiting, now);
      int known = all.length / config.channels();
      int ready = last ? known : Math.max(0, known - LAG);
      held.waiting = Arrays.copyOfRange(all, ready * config.channels(), all.length);
      float[] samples = ready == 0 ? new float[0] : speak(all, ready, held, steps);
      int before = held.begun || ready == 0 ? 0 : config.hop() / 2;
      held.begun |= ready > 0;
      int after = last ? config.hop() / 2 : 0;
      float[] end = new float[samples.length - before + after + beyond * config.hop()];
      System.arraycopy(samples, before, end, 0, samples.length - before);
      System.arraycopy(held.ringing, 0, end, samples.length - before, after);
      for (int i = 0; i < end.length; i++) {
        end[i] = Math.max(-1, Math.min(1, end[i]));
      }
      return scope.keep(Tensors.of(end));
    }
  }

  private static float[] joined(float[] first, float[] second) {
    float[] all = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, all, first.length, second.length);
    return all;
  }

  /** The sound of the first of some steps, which begins half a step before them. */
  private float[] speak(float[] rows, int steps, Held held, Tensor beside) {
    float[] pulses = new float[steps * config.window()];
    float[] noise = new float[pulses.length];
    held.source.pieces(config.contour(rows), steps, pulses, noise, 0);
    float[] pieces =
        filtered(Arrays.copyOf(rows, steps * config.channels()), pulses, noise, beside);
    int hop = config.hop();
    int length = config.response();
    float[] samples = new float[steps * hop];
    for (int step = 0; step < steps; step++) {
      for (int i = 0; i < length; i++) {
        held.ringing[i] += pieces[step * length + i];
      }
      System.arraycopy(held.ringing, 0, samples, step * hop, hop);
      System.arraycopy(held.ringing, hop, held.ringing, 0, length - hop);
      Arrays.fill(held.ringing, length - hop, length, 0);
    }
    return samples;
  }

  private float[] filtered(float[] rows, float[] pulses, float[] noise, Tensor beside) {
    long steps = rows.length / config.channels();
    try (Scope scope = Scope.open()) {
      Tensor given = Tensors.of(rows, steps, config.channels());
      Tensor pieces =
          filter.forward(
              placed(given.narrow(1, 0, 2L * config.bands()), beside),
              placed(Tensors.of(pulses, steps, config.window()), beside),
              placed(Tensors.of(noise, steps, config.window()), beside));
      return Tensors.floats(pieces);
    }
  }

  private static Tensor placed(Tensor values, Tensor beside) {
    return beside.is_cpu() ? values : values.to(beside.device(), values.scalar_type());
  }
}
