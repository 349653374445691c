package org.spiritlm.training.voice;

import java.nio.file.Path;
import org.bytedeco.pytorch.Tensor;
import org.spiritlm.audio.Audio;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.TensorFiles;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;
import org.spiritlm.training.speech.SpeechFeatures;
import org.spiritlm.units.style.StyleConfig;
import org.spiritlm.units.style.StyleTokenizer;

/**
 * The mean features of seconds by which a trained style encoder tells styles, to be clustered. A
 * last second that is not whole is left out where there is another.
 */
public final class StyleFeatures implements SpeechFeatures {
  private final StyleTokenizer encoder;

  private StyleFeatures(StyleTokenizer encoder) {
    this.encoder = encoder;
  }

  /**
   * Opens what {@link StyleTask} wrote.
   *
   * @throws org.spiritlm.torch.CheckpointException if it is none
   */
  public static StyleFeatures open(Path directory, Device device) {
    return new StyleFeatures(tokenizer(directory, device));
  }

  /** The classes of a style encoder's directory. */
  static StyleTokenizer tokenizer(Path directory, Device device) {
    return new StyleTokenizer(
        Weights.of(TensorFiles.open(directory)).as(DType.F32).on(device),
        StyleConfig.read(ConfigFile.read(directory.resolve("config.json"))));
  }

  @Override
  public int width() {
    return encoder.config().projection();
  }

  @Override
  public int stride() {
    return Audio.SPEECH_RATE;
  }

  @Override
  public double firstCentre() {
    return Audio.SPEECH_RATE / 2.0;
  }

  @Override
  public Tensor of(float[] samples) {
    long frames = encoder.config().encoder().frames(samples.length);
    try (Scope scope = Scope.open()) {
      if (frames == 0) {
        return scope.keep(Tensors.zeros(DType.F32, 0, width()));
      }
      Tensor means = encoder.means(samples); // [seconds, P]
      long whole = Math.max(1, frames / StyleTokenizer.FRAMES);
      return scope.keep(means.narrow(0, 0, whole));
    }
  }
}
