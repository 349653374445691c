package org.spiritlm.training.speech;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.StringViewOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.TimeStretch;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.training.Settings;

/**
 * Changes speech in ways that leave its words as they are: speed, pitch, reverberation, noise (Gat
 * et al. 2023).
 *
 * @param share of the speech to which each of the four is done, by chance
 * @param speed the largest factor of speed, at least 1; the smallest is its inverse
 * @param semitones the largest shift of pitch, up or down
 * @param reverberation the longest time in which an echo falls by 60 dB (seconds)
 * @param noise the least distance of speech and noise (dB)
 */
public record Augmentation(
    double share, double speed, double semitones, double reverberation, double noise) {
  /** Noise is at most so much further from the speech (dB). */
  private static final double NOISE_RANGE = 20;

  /** Shorter echoes are not heard (seconds). */
  private static final double SHORTEST_REVERBERATION = 0.05;

  public Augmentation {
    if (!(share >= 0 && share <= 1)
        || !(speed >= 1 && speed <= 4)
        || !(semitones >= 0 && semitones <= 24)
        || !(reverberation >= 0 && reverberation <= 10)) {
      throw new InputException(
          "augmentation needs 'share' from 0 to 1, 'speed' from 1 to 4, 'semitones' from 0 to 24"
              + " and 'reverberation' from 0 to 10 s, found "
              + share
              + ", "
              + speed
              + ", "
              + semitones
              + " and "
              + reverberation);
    }
  }

  /**
   * Reads the five under their names.
   *
   * @param share where the settings have none
   */
  public static Augmentation of(Settings settings, double share) {
    return new Augmentation(
        settings.number("share", share),
        settings.number("speed", 1.25),
        settings.number("semitones", 4),
        settings.number("reverberation", 0.6),
        settings.number("noise", 5));
  }

  /**
   * Speech as it might have been recorded.
   *
   * @param samples at 16 kHz; not changed
   * @param others other speech, asked for where that is the noise
   */
  float[] apply(float[] samples, SplittableRandom random, Supplier<float[]> others) {
    float[] changed = samples;
    if (random.nextDouble() < share) {
      changed = TimeStretch.stretched(changed, Math.pow(speed, 2 * random.nextDouble() - 1));
    }
    if (random.nextDouble() < share) {
      double shift = semitones * (2 * random.nextDouble() - 1);
      changed = TimeStretch.shifted(changed, Math.pow(2, shift / 12));
    }
    if (random.nextDouble() < share && reverberation > SHORTEST_REVERBERATION) {
      double seconds =
          SHORTEST_REVERBERATION + (reverberation - SHORTEST_REVERBERATION) * random.nextDouble();
      changed = reverberated(changed, seconds, random);
    }
    if (random.nextDouble() < share) {
      double distance = noise + NOISE_RANGE * random.nextDouble();
      float[] added =
          random.nextInt(3) == 0
              ? repeated(others.get(), changed.length)
              : coloured(changed.length, random.nextDouble(), random);
      changed = mixed(changed, added, distance);
    }
    return changed;
  }

  /** Speech with the echo of a room: noise that decays, after the sound itself. */
  static float[] reverberated(float[] samples, double seconds, SplittableRandom random) {
    int length = Math.max(2, (int) (seconds * Audio.SPEECH_RATE));
    float[] room = new float[length];
    double energy = 0;
    for (int i = 1; i < length; i++) {
      double decay = Math.pow(10, -3.0 * i / length);
      room[i] = (float) (decay * gaussian(random));
      energy += room[i] * room[i];
    }
    // an echo from a quarter of the sound's energy up to all of it
    double scale = Math.sqrt((0.25 + 0.75 * random.nextDouble()) / energy);
    for (int i = 1; i < length; i++) {
      room[i] *= (float) scale;
    }
    room[0] = 1;
    float[] echoing = convolved(samples, room);
    return scaled(echoing, Math.sqrt(power(samples) / Math.max(power(echoing), 1e-20)));
  }

  private static float[] convolved(float[] samples, float[] response) {
    long size = Long.highestOneBit(samples.length + (long) response.length) * 2;
    try (Scope scope = Scope.open()) {
      Tensor spectrum = spectrum(samples, size).mul(spectrum(response, size));
      Tensor whole = torch.fft_irfft(spectrum, new LongOptional(size), 0, new StringViewOptional());
      return Tensors.floats(whole.narrow(0, 0, samples.length));
    }
  }

  private static Tensor spectrum(float[] samples, long size) {
    return torch.fft_rfft(Tensors.of(samples), new LongOptional(size), 0, new StringViewOptional());
  }

  /** Noise from white (0) to nearly brown (1). */
  private static float[] coloured(int length, double colour, SplittableRandom random) {
    float[] noise = new float[length];
    double last = 0;
    for (int i = 0; i < length; i++) {
      last = 0.98 * colour * last + gaussian(random);
      noise[i] = (float) last;
    }
    return noise;
  }

  private static float[] repeated(float[] samples, int length) {
    float[] repeated = new float[length];
    for (int i = 0; i < length && samples.length > 0; i++) {
      repeated[i] = samples[i % samples.length];
    }
    return repeated;
  }

  /**
   * Both together.
   *
   * @param distance of their powers (dB)
   */
  static float[] mixed(float[] samples, float[] noise, double distance) {
    double scale =
        Math.sqrt(power(samples) / Math.max(power(noise), 1e-20) / Math.pow(10, distance / 10));
    float[] mixed = new float[samples.length];
    for (int i = 0; i < mixed.length; i++) {
      mixed[i] = (float) (samples[i] + scale * noise[i]);
    }
    return mixed;
  }

  private static float[] scaled(float[] samples, double factor) {
    float[] scaled = Arrays.copyOf(samples, samples.length);
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] *= (float) factor;
    }
    return scaled;
  }

  /** The mean square. */
  static double power(float[] samples) {
    double sum = 0;
    for (float sample : samples) {
      sum += (double) sample * sample;
    }
    return samples.length == 0 ? 0 : sum / samples.length;
  }

  /** A normally distributed number (Box and Muller 1958): the same on every Java. */
  private static double gaussian(SplittableRandom random) {
    double radius = Math.sqrt(-2 * Math.log(1 - random.nextDouble()));
    return radius * Math.cos(2 * Math.PI * random.nextDouble());
  }
}
