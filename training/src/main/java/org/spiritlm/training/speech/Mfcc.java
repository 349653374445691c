package org.spiritlm.training.speech;

import java.util.List;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.StringViewOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.spiritlm.audio.Audio;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;

/**
 * Mel-frequency cepstral coefficients as Kaldi computes them by default, with their first and
 * second differences over time: 39 values each 10 ms, from which HuBERT's first units come (Hsu et
 * al. 2021).
 *
 * <p>Frames of 25 ms without their mean, pre-emphasis 0.97, Povey's window, power spectrum, 23 mel
 * filters from 20 Hz to 8 kHz, natural logarithm, 13 coefficients of the orthonormal cosine
 * transform, lifter 22. There is no dither.
 */
public final class Mfcc implements SpeechFeatures {
  private static final int FRAME = 400;
  private static final int HOP = 160;
  private static final int FFT = 512;
  private static final int MELS = 23;
  private static final int COEFFICIENTS = 13;
  private static final int LIFTER = 22;
  private static final double LOWEST_HERTZ = 20;
  private static final double PRE_EMPHASIS = 0.97;
  private static final double WINDOW_EXPONENT = 0.85;

  /** The least energy: the distance of 1 to the next float32. */
  private static final double LEAST_ENERGY = 1.1920928955078125e-7;

  private final Tensor window; // [FRAME]
  private final Tensor filters; // [FFT/2 + 1, MELS]
  private final Tensor cosines; // [MELS, COEFFICIENTS], with the lifter

  public Mfcc() {
    this.window = Tensors.of(window());
    this.filters = Tensors.of(filters(), FFT / 2 + 1, MELS);
    this.cosines = Tensors.of(cosines(), MELS, COEFFICIENTS);
  }

  @Override
  public int width() {
    return 3 * COEFFICIENTS;
  }

  @Override
  public int stride() {
    return HOP;
  }

  @Override
  public double firstCentre() {
    return FRAME / 2.0;
  }

  @Override
  public Tensor of(float[] samples) {
    if (samples.length < FRAME) {
      return Tensors.zeros(DType.F32, 0, width());
    }
    try (Scope scope = Scope.open()) {
      Tensor frames = Tensors.of(samples).unfold(0, FRAME, HOP); // [F, FRAME]
      frames = frames.sub(frames.mean(new long[] {1}, true, new ScalarTypeOptional()));
      Tensor before =
          Tensors.cat(List.of(frames.narrow(1, 0, 1), frames.narrow(1, 0, FRAME - 1)), 1);
      frames = frames.sub(before.mul(Tensors.scalar(PRE_EMPHASIS))).mul(window);
      Tensor power =
          torch
              .view_as_real(
                  torch.fft_rfft(frames, new LongOptional(FFT), 1, new StringViewOptional()))
              .square()
              .sum(new long[] {2}, false, new ScalarTypeOptional()); // [F, FFT/2 + 1]
      Tensor energies = power.mm(filters).clamp_min(Tensors.scalar(LEAST_ENERGY)).log();
      Tensor coefficients = energies.mm(cosines); // [F, COEFFICIENTS]
      Tensor slopes = slopes(coefficients);
      return scope.keep(Tensors.cat(List.of(coefficients, slopes, slopes(slopes)), 1));
    }
  }

  /** The slope of the line that fits five frames best; ends are repeated. */
  private static Tensor slopes(Tensor x) {
    long frames = x.size(0);
    Tensor first = x.narrow(0, 0, 1);
    Tensor last = x.narrow(0, frames - 1, 1);
    Tensor padded = Tensors.cat(List.of(first, first, x, last, last), 0);
    Tensor near = padded.narrow(0, 3, frames).sub(padded.narrow(0, 1, frames));
    Tensor far = padded.narrow(0, 4, frames).sub(padded.narrow(0, 0, frames));
    return near.add(far.mul(Tensors.scalar(2))).mul(Tensors.scalar(0.1));
  }

  private static float[] window() {
    float[] window = new float[FRAME];
    for (int i = 0; i < FRAME; i++) {
      double hann = 0.5 - 0.5 * Math.cos(2 * Math.PI * i / (FRAME - 1));
      window[i] = (float) Math.pow(hann, WINDOW_EXPONENT);
    }
    return window;
  }

  private static double mel(double hertz) {
    return 1127 * Math.log(1 + hertz / 700);
  }

  /** Triangles on the mel scale, none at the highest frequency, row by row. */
  private static float[] filters() {
    double low = mel(LOWEST_HERTZ);
    double width = (mel(Audio.SPEECH_RATE / 2.0) - low) / (MELS + 1);
    float[] filters = new float[(FFT / 2 + 1) * MELS];
    for (int bin = 0; bin < FFT / 2; bin++) {
      double at = mel((double) bin * Audio.SPEECH_RATE / FFT);
      for (int filter = 0; filter < MELS; filter++) {
        double rising = (at - low) / width - filter;
        filters[bin * MELS + filter] = (float) Math.max(0, Math.min(rising, 2 - rising));
      }
    }
    return filters;
  }

  private static float[] cosines() {
    float[] cosines = new float[MELS * COEFFICIENTS];
    for (int mel = 0; mel < MELS; mel++) {
      for (int i = 0; i < COEFFICIENTS; i++) {
        double length = Math.sqrt((i == 0 ? 1.0 : 2.0) / MELS);
        double lifter = 1 + LIFTER / 2.0 * Math.sin(Math.PI * i / LIFTER);
        cosines[mel * COEFFICIENTS + i] =
            (float) (length * lifter * Math.cos(Math.PI / MELS * (mel + 0.5) * i));
      }
    }
    return cosines;
  }
}
