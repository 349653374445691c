package org.spiritlm.training.speech;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.NoGradients;
import org.spiritlm.torch.SafetensorsFile;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Weights;
import org.spiritlm.training.Settings;
import org.spiritlm.units.hubert.Quantizer;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config;

/**
 * The units of recordings that an encoder is to predict: quantized features.
 *
 * <p>Those of a recording are computed once, from the whole of it, and kept.
 */
public final class TargetUnits {
  private final SpeechFeatures features;
  private final Quantizer quantizer;
  private final Map<String, int[]> known = new HashMap<>(); // by the utterance's id

  /**
   * Units by a quantizer of features.
   *
   * @throws InputException if it is of features of another width
   */
  public TargetUnits(SpeechFeatures features, Quantizer quantizer) {
    if (quantizer.width() != features.width()) {
      throw new InputException(
          "the quantizer is for features of width "
              + quantizer.width()
              + ", but these are of width "
              + features.width()
              + "; give the one that was made of these features");
    }
    this.features = features;
    this.quantizer = quantizer;
  }

  /**
   * Reads {@code quantizer} (a file that k-means wrote), {@code encoder} (a directory; none for
   * MFCC) and {@code layer}.
   */
  public static TargetUnits of(Settings settings, Device device) {
    Path file = quantizer(settings);
    SpeechFeatures features = features(settings, device);
    return new TargetUnits(
        features, Quantizer.load(Weights.of(SafetensorsFile.open(file)).on(device)));
  }

  /** Reads the settings of {@link #of} without opening what they name. */
  public static void check(Settings settings) {
    quantizer(settings);
    Block.of(settings);
  }

  private static Path quantizer(Settings settings) {
    String file = settings.text("quantizer", "");
    if (file.isBlank()) {
      throw new InputException("give the clusters to predict: targets.quantizer=FILE");
    }
    return Path.of(file);
  }

  /** The features that {@code encoder} and {@code layer} name: an encoder's block, or MFCC. */
  public static SpeechFeatures features(Settings settings, Device device) {
    Block block = Block.of(settings);
    return block.encoder().isBlank()
        ? new Mfcc()
        : EncoderFeatures.open(Path.of(block.encoder()), block.layer(), device);
  }

  /**
   * A block of an encoder.
   *
   * @param encoder its directory, blank for none
   * @param layer counted from 1
   */
  public record Block(String encoder, int layer) {
    /**
     * Reads {@code encoder} and {@code layer}.
     *
     * @throws InputException if there is a layer without an encoder
     */
    public static Block of(Settings settings) {
      Block block = new Block(settings.text("encoder", ""), settings.count("layer", 0));
      if (block.encoder().isBlank() && block.layer() != 0) {
        throw new InputException("'layer' names a block of an encoder; give 'encoder' as well");
      }
      return block;
    }
  }

  /** Number of units. */
  public int units() {
    return quantizer.units();
  }

  /** The units of a whole recording, one a frame of the features. */
  int[] all(String id, float[] samples) {
    return known.computeIfAbsent(
        id,
        key -> {
          try (NoGradients none = NoGradients.open();
              Scope scope = Scope.open()) {
            return quantizer.units(features.of(samples));
          }
        });
  }

  /**
   * The unit that is nearest in time to each frame of an encoder.
   *
   * @param all what {@link #all} gave, not empty
   * @param start where the encoder begins in the recording (samples)
   * @param frames how many it has
   */
  int[] at(int[] all, int start, int frames, Wav2Vec2Config encoder) {
    int[] units = new int[frames];
    for (int i = 0; i < frames; i++) {
      double centre = start + i * (double) encoder.stride() + encoder.receptiveField() / 2.0;
      long nearest = Math.round((centre - features.firstCentre()) / features.stride());
      units[i] = all[(int) Math.max(0, Math.min(all.length - 1, nearest))];
    }
    return units;
  }
}
