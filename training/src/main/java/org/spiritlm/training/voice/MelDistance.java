package org.spiritlm.training.voice;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.spiritlm.audio.MelSpectrogram;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;

/**
 * How far sounds are from each other: the mean distance of their mel spectrograms, over those of
 * one or several lengths of the window (several as by Yamamoto et al., 2020).
 */
final class MelDistance {
  private final List<MelSpectrogram> spectrograms;

  /** Spectrograms of these settings. */
  MelDistance(List<MelSpectrogram.Config> configs) {
    this.spectrograms = configs.stream().map(MelSpectrogram::new).toList();
  }

  /** The distance of sounds of one length, [B, S], a scalar with gradients. */
  Tensor forward(Tensor made, Tensor real) {
    try (Scope scope = Scope.open()) {
      Tensor sum = distance(spectrograms.get(0), made, real);
      for (MelSpectrogram further : spectrograms.subList(1, spectrograms.size())) {
        sum = sum.add(distance(further, made, real));
      }
      return scope.keep(sum.div(Tensors.scalar(spectrograms.size())));
    }
  }

  private static Tensor distance(MelSpectrogram spectrogram, Tensor made, Tensor real) {
    return spectrogram.forward(made).sub(spectrogram.forward(real)).abs().mean();
  }

  /** Samples that a sound must have. */
  int shortest() {
    return spectrograms.stream().mapToInt(one -> one.config().fftSize()).max().orElseThrow();
  }
}
