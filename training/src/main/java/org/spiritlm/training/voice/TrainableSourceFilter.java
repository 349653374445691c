package org.spiritlm.training.voice;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.units.pitch.PitchContour;
import org.spiritlm.vocoder.Excitation;
import org.spiritlm.vocoder.SourceFilterConfig;
import org.spiritlm.vocoder.SpectralFilter;

/**
 * The source and the filter at the end of a generator over batches of whole stretches; sound
 * carries gradients to the filter, and the pitch learns from the recordings' own.
 */
final class TrainableSourceFilter {
  private final SourceFilterConfig config;
  private final SpectralFilter filter;

  TrainableSourceFilter(SourceFilterConfig config) {
    this.config = config;
    this.filter = new SpectralFilter(config);
  }

  /**
   * What the network gives, [B, C, T], to samples, [B, T · hop].
   *
   * @param contours of the recordings, one entry a step, that the source follows; or null where it
   *     follows what the network gives
   */
  Tensor forward(Tensor given, @Nullable List<PitchContour> contours) {
    try (Scope scope = Scope.open()) {
      Tensor steps = given.transpose(1, 2); // [B, T, C]
      List<PitchContour> followed = contours == null ? own(steps) : contours;
      int count = followed.size();
      int length = (int) steps.size(1);
      float[] pulses = new float[count * length * config.window()];
      float[] noise = new float[pulses.length];
      for (int i = 0; i < count; i++) {
        new Excitation(config.hop())
            .pieces(followed.get(i), length, pulses, noise, i * length * config.window());
      }
      Tensor bands = steps.narrow(2, 0, 2L * config.bands());
      Tensor pieces =
          filter.forward(
              bands,
              beside(Tensors.of(pulses, count, length, config.window()), bands),
              beside(Tensors.of(noise, count, length, config.window()), bands));
      return scope.keep(
          overlapped(pieces).narrow(1, config.hop() / 2, (long) length * config.hop()));
    }
  }

  private static Tensor beside(Tensor values, Tensor bands) {
    return values.to(bands.device(), bands.scalar_type());
  }

  private List<PitchContour> own(Tensor steps) {
    List<PitchContour> contours = new ArrayList<>();
    for (long i = 0; i < steps.size(0); i++) {
      contours.add(config.contour(Tensors.floats(steps.select(0, i).detach().contiguous())));
    }
    return contours;
  }

  /** Pieces, [B, T, N], each a hop behind the one before, to their sum, [B, S]. */
  private Tensor overlapped(Tensor pieces) {
    int hops = SourceFilterConfig.RESPONSE_HOPS;
    long length = pieces.size(1);
    Tensor byHop = pieces.reshape(pieces.size(0), length, hops, config.hop());
    Tensor sum = late(byHop, 0);
    for (int i = 1; i < hops; i++) {
      sum = sum.add(late(byHop, i));
    }
    return sum.flatten(1, 2);
  }

  /** One hop of each piece, [B, T + hops - 1, hop], where it lies. */
  private static Tensor late(Tensor byHop, int hop) {
    long after = byHop.size(2) - 1 - hop;
    return torch.constant_pad_nd(byHop.select(2, hop), new long[] {0, 0, hop, after});
  }

  /**
   * How wrong the pitch is that the network gives: the mean distance of logarithms where there is a
   * voice, and the cross entropy of there being one, a scalar.
   *
   * @param contours of the recordings, one entry a step
   */
  Tensor contourLoss(Tensor given, List<PitchContour> contours, Device device) {
    int count = contours.size();
    int length = contours.get(0).hertz().length;
    float[] pitch = new float[count * length];
    float[] voiced = new float[count * length];
    float all = 0;
    for (int i = 0; i < count; i++) {
      PitchContour contour = contours.get(i);
      for (int t = 0; t < length; t++) {
        if (contour.voiced()[t]) {
          pitch[i * length + t] = (float) SourceFilterConfig.pitch(contour.hertz()[t]);
          voiced[i * length + t] = 1;
          all++;
        }
      }
    }
    try (Scope scope = Scope.open()) {
      Tensor there = device.place(Tensors.of(voiced, count, length));
      Tensor wanted = device.place(Tensors.of(pitch, count, length));
      Tensor found = given.select(1, 2L * config.bands()); // [B, T]
      Tensor distance =
          found.sub(wanted).abs().mul(there).sum().div(Tensors.scalar(Math.max(1, all)));
      Tensor logit = given.select(1, 2L * config.bands() + 1);
      return scope.keep(distance.add(torch.binary_cross_entropy_with_logits(logit, there)));
    }
  }
}
