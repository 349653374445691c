package org.spiritlm.checkpoint;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.spiritlm.audio.Audio;
import org.spiritlm.units.hubert.HubertConfig;
import org.spiritlm.units.hubert.LinearQuantizer;
import org.spiritlm.units.pitch.FcpeConfig;
import org.spiritlm.units.pitch.PitchQuantizerConfig;
import org.spiritlm.units.style.StyleConfig;
import org.spiritlm.units.style.StyleNames;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config.ConvolutionLayer;
import org.spiritlm.vocoder.VocoderConfig;
import org.spiritlm.vocoder.VocoderConfig.Codes;
import org.spiritlm.vocoder.VocoderConfig.DurationPredictorConfig;
import org.spiritlm.vocoder.VocoderConfig.GeneratorConfig;

/**
 * Sizes of the parts around a language model. Rates and numbers of units, codes and styles are
 * those of SPIRIT LM, whatever the sizes: 500 units at 25 Hz, 64 pitch codes at 12.5 Hz, 100 styles
 * at 1 Hz, 16 kHz out.
 *
 * @param hubert HuBERT
 * @param quantizer what makes units of its features
 * @param pitchNetwork a random one for tests, or null for the released one, which SPIRIT LM takes
 *     as it is
 * @param pitchQuantizer fundamental frequencies to codes
 * @param style the style encoder
 * @param embedding width of each of the vocoder's embeddings
 * @param durationPredictor of the vocoder
 * @param generator of the vocoder
 */
public record SpeechSizes(
    HubertConfig hubert,
    LinearQuantizer.Config quantizer,
    @Nullable FcpeConfig pitchNetwork,
    PitchQuantizerConfig pitchQuantizer,
    StyleConfig style,
    int embedding,
    DurationPredictorConfig durationPredictor,
    GeneratorConfig generator) {
  /** Phonetic units; CTC's blank, which may stay, is one more id. */
  static final int UNITS = 500;

  static final int PITCH_CODES = 64;
  static final int STYLES = 100;

  private static final int PITCH_FRAMES = 2;
  private static final int STYLE_FRAMES = 25;

  private static final List<String> SPEAKERS = names("speaker", 4);

  /** Styles of speaking that a BASE vocoder is told by number. */
  private static final List<String> SPEAKING_STYLES = names("style", 26);

  /**
   * The released sizes: HuBERT-base with one convolution more, of which the 11th block is used;
   * wav2vec 2.0-base; HiFi-GAN's first version.
   */
  public static final SpeechSizes RELEASED =
      new SpeechSizes(
          new HubertConfig(at25Hertz(Wav2Vec2Config.BASE), 11, false),
          new LinearQuantizer.Config(768, 702, 635, UNITS),
          null,
          PitchQuantizerConfig.RELEASED,
          new StyleConfig(Wav2Vec2Config.BASE, 256, StyleNames.unnamed(STYLES)),
          128,
          new DurationPredictorConfig(128),
          generator(512));

  /**
   * A quarter of the released widths and half of the layers, which a laptop trains in hours; of
   * HuBERT's six blocks the fifth is used, the last but one as in the released one. The pitch
   * network is the released one all the same: nothing here trains one.
   */
  static final SpeechSizes TINY =
      new SpeechSizes(
          new HubertConfig(at25Hertz(encoder(128, 192, 6, 3, 128)), 5, false),
          new LinearQuantizer.Config(192, 270, 347, UNITS),
          null,
          PitchQuantizerConfig.RELEASED,
          new StyleConfig(encoder(128, 192, 6, 3, 128), 64, StyleNames.unnamed(STYLES)),
          64,
          new DurationPredictorConfig(64),
          generator(128));

  /** As small as may be while every kind of layer is there; of HuBERT's two blocks the first. */
  static final SpeechSizes TOY =
      new SpeechSizes(
          new HubertConfig(at25Hertz(encoder(32, 32, 2, 2, 16)), 1, false),
          new LinearQuantizer.Config(32, 48, 64, UNITS),
          new FcpeConfig(FcpeConfig.RELEASED.mel(), 360, 32, 1, 1, true, true, false, 32.7, 1975.5),
          new PitchQuantizerConfig(
              PitchQuantizerConfig.RELEASED.features(), 16, 2, 1, 3, 4, 2, 16, PITCH_CODES),
          new StyleConfig(encoder(32, 32, 2, 2, 16), 32, StyleNames.unnamed(STYLES)),
          16,
          new DurationPredictorConfig(16),
          generator(32));

  /** The vocoder of a model: EXPRESSIVE takes pitch and style tokens, BASE a style by number. */
  public VocoderConfig vocoder(Variant variant) {
    boolean expressive = variant == Variant.EXPRESSIVE;
    return new VocoderConfig(
        Audio.SPEECH_RATE,
        UNITS + 1,
        expressive ? new Codes(PITCH_CODES, PITCH_FRAMES) : null,
        expressive ? new Codes(STYLES, STYLE_FRAMES) : null,
        SPEAKERS,
        expressive ? List.of() : SPEAKING_STYLES,
        embedding,
        durationPredictor,
        generator);
  }

  /** A wav2vec 2.0 encoder of 50 frames a second, built as the base models. */
  private static Wav2Vec2Config encoder(
      int channels, int width, int layers, int heads, int positionKernel) {
    Wav2Vec2Config base = Wav2Vec2Config.BASE;
    return new Wav2Vec2Config(
        base.convolutions().stream()
            .map(layer -> new ConvolutionLayer(channels, layer.kernel(), layer.stride()))
            .toList(),
        base.convolutionBias(),
        base.featureNorm(),
        base.projectionNorm(),
        width,
        layers,
        heads,
        4 * width,
        positionKernel,
        base.positionGroups(),
        base.preNorm(),
        base.epsilon());
  }

  /** The same with half the frames: one convolution more. */
  private static Wav2Vec2Config at25Hertz(Wav2Vec2Config config) {
    List<ConvolutionLayer> convolutions = new ArrayList<>(config.convolutions());
    convolutions.add(new ConvolutionLayer(convolutions.get(0).channels(), 2, 2));
    return new Wav2Vec2Config(
        convolutions,
        config.convolutionBias(),
        config.featureNorm(),
        config.projectionNorm(),
        config.width(),
        config.layers(),
        config.heads(),
        config.feedForward(),
        config.positionKernel(),
        config.positionGroups(),
        config.preNorm(),
        config.epsilon());
  }

  /** HiFi-GAN's generator for 640 samples a unit. */
  private static GeneratorConfig generator(int channels) {
    List<Integer> dilations = List.of(1, 3, 5);
    return new GeneratorConfig(
        channels,
        List.of(5, 4, 4, 4, 2),
        List.of(11, 8, 8, 8, 4),
        List.of(3, 7, 11),
        List.of(dilations, dilations, dilations),
        null);
  }

  private static List<String> names(String kind, int count) {
    return IntStream.range(0, count).mapToObj(number -> kind + number).toList();
  }
}
