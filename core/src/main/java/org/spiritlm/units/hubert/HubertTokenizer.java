package org.spiritlm.units.hubert;

import org.bytedeco.pytorch.Tensor;
import org.spiritlm.audio.Audio;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Weights;
import org.spiritlm.units.UnitEncoder;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config;
import org.spiritlm.units.wav2vec2.Wav2Vec2Encoder;

/**
 * Speech to phonetic units: HuBERT features of one layer, quantized (SPIRIT LM, section 3.1; 25 Hz
 * in Meta's checkpoint).
 *
 * <p>Safe for use by several threads.
 */
public final class HubertTokenizer implements UnitEncoder {
  /** Added to the waveform's variance when it is normalised: that of fairseq's layer norm. */
  private static final double EPSILON = 1e-5;

  private final HubertConfig config;
  private final Wav2Vec2Encoder encoder;
  private final Quantizer quantizer;

  /**
   * Takes the tensors of Hugging Face's {@code HubertModel}.
   *
   * @throws InputException if the quantizer is for features of another width
   */
  public HubertTokenizer(Weights weights, HubertConfig config, Quantizer quantizer) {
    if (quantizer.width() != config.encoder().width()) {
      throw new InputException(
          (weights.initialises() ? "" : weights.origin() + ": ")
              + "the quantizer is for features of width "
              + quantizer.width()
              + ", but HuBERT's are of width "
              + config.encoder().width()
              + "; use the quantizer that was trained on this HuBERT");
    }
    this.config = config;
    this.encoder = new Wav2Vec2Encoder(weights, config.encoder());
    this.quantizer = quantizer;
    weights.finish(Wav2Vec2Encoder::superfluous);
  }

  /** Network, layer and normalisation. */
  public HubertConfig config() {
    return config;
  }

  /** What turns features into units. */
  public Quantizer quantizer() {
    return quantizer;
  }

  /** Units of one second, from samples at 16 kHz. */
  public double rate() {
    return (double) Audio.SPEECH_RATE / config.encoder().stride();
  }

  /**
   * One unit a frame of mono samples at 16 kHz.
   *
   * @throws InputException if there are fewer samples than one frame needs ({@link
   *     Wav2Vec2Config#receptiveField}), or one is not a finite number
   */
  @Override
  public int[] encode(float[] samples) {
    try (Scope scope = Scope.open()) {
      return quantizer.units(features(samples));
    }
  }

  /** What is quantized: mono samples at 16 kHz to [T, D]. */
  public Tensor features(float[] samples) {
    float[] input = config.normalize() ? Wav2Vec2Encoder.standardised(samples, EPSILON) : samples;
    Integer layer = config.layer();
    return layer == null ? encoder.forward(input) : encoder.forward(input, layer);
  }
}
