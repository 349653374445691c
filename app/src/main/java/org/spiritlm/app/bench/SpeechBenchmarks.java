package org.spiritlm.app.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.Resampler;
import org.spiritlm.torch.Weights;
import org.spiritlm.units.SpeechTokenizer;
import org.spiritlm.units.SpeechUnits;
import org.spiritlm.units.hubert.HubertConfig;
import org.spiritlm.units.hubert.HubertTokenizer;
import org.spiritlm.units.hubert.LinearQuantizer;
import org.spiritlm.units.pitch.Fcpe;
import org.spiritlm.units.pitch.FcpeConfig;
import org.spiritlm.units.pitch.FcpePitchExtractor;
import org.spiritlm.units.pitch.PitchQuantizer;
import org.spiritlm.units.pitch.PitchQuantizerConfig;
import org.spiritlm.units.pitch.PitchTokenizer;
import org.spiritlm.units.style.StyleConfig;
import org.spiritlm.units.style.StyleTokenizer;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config.ConvolutionLayer;
import org.spiritlm.vocoder.Vocoder;
import org.spiritlm.vocoder.VocoderConfig;
import org.spiritlm.vocoder.VoiceOptions;

/** The speech tokenizer and the vocoder at the sizes of the released EXPRESSIVE model. */
public final class SpeechBenchmarks {
  private static final String UNIT = "seconds of audio/s";

  /** HuBERT-base with one more convolution, for 25 frames a second; its 11th block is used. */
  private static final HubertConfig HUBERT = new HubertConfig(at25Hertz(), 11, false);

  private static final LinearQuantizer.Config QUANTIZER =
      new LinearQuantizer.Config(768, 702, 635, 500);

  private static final StyleConfig STYLE = new StyleConfig(Wav2Vec2Config.BASE, 256, 100);

  private static final int HUBERT_UNITS = 500;
  private static final int PITCH_CODES = 64;
  private static final int STYLE_TOKENS = 100;

  private SpeechBenchmarks() {}

  /** Every part over several lengths of speech. */
  public static List<Benchmark> all() {
    List<Benchmark> all = new ArrayList<>();
    all.add(new Benchmark("resample-44100", UNIT, SpeechBenchmarks::resample));
    for (int seconds : new int[] {3, 10, 30}) {
      all.add(new Benchmark("hubert-" + seconds + "s", UNIT, () -> encode(hubertAlone(), seconds)));
    }
    all.add(new Benchmark("pitch-10s", UNIT, () -> encodePitch(10)));
    all.add(new Benchmark("style-10s", UNIT, () -> encodeStyle(10)));
    all.add(new Benchmark("encode-10s", UNIT, () -> encode(expressive(), 10)));
    all.add(new Benchmark("encode-100s", UNIT, () -> encode(expressive(), 100)));
    all.add(new Benchmark("vocoder-4s", UNIT, () -> vocode(round -> 100)));
    all.add(new Benchmark("vocoder-20s", UNIT, () -> vocode(round -> 500)));
    all.add(new Benchmark("vocoder-new-lengths", UNIT, () -> vocode(round -> 60 + 7 * round)));
    return Collections.unmodifiableList(all);
  }

  private static Benchmark.Task resample() {
    float[] samples = noise(10 * 44_100);
    return (round, clock) ->
        Resampler.resample(samples, 44_100, Audio.SPEECH_RATE).length / 16_000.0;
  }

  private static Benchmark.Task encode(SpeechTokenizer tokenizer, int seconds) {
    Audio audio = new Audio(noise(seconds * Audio.SPEECH_RATE), Audio.SPEECH_RATE);
    return (round, clock) -> {
      int units = tokenizer.encode(audio).hubert().length;
      return units == 0 ? 0 : seconds;
    };
  }

  private static Benchmark.Task encodePitch(int seconds) {
    PitchTokenizer tokenizer = pitch();
    float[] samples = noise(seconds * Audio.SPEECH_RATE);
    return (round, clock) -> tokenizer.encode(samples).length == 0 ? 0 : seconds;
  }

  private static Benchmark.Task encodeStyle(int seconds) {
    StyleTokenizer tokenizer = style();
    float[] samples = noise(seconds * Audio.SPEECH_RATE);
    return (round, clock) -> tokenizer.encode(samples).length == 0 ? 0 : seconds;
  }

  private static SpeechTokenizer hubertAlone() {
    return new SpeechTokenizer(hubert(), null, null);
  }

  private static SpeechTokenizer expressive() {
    return new SpeechTokenizer(hubert(), pitch(), style());
  }

  private static HubertTokenizer hubert() {
    return new HubertTokenizer(
        Weights.initialise(1), HUBERT, new LinearQuantizer(Weights.initialise(2), QUANTIZER));
  }

  private static PitchTokenizer pitch() {
    return new PitchTokenizer(
        new FcpePitchExtractor(new Fcpe(Weights.initialise(3), FcpeConfig.RELEASED)),
        new PitchQuantizer(Weights.initialise(4), PitchQuantizerConfig.RELEASED));
  }

  private static StyleTokenizer style() {
    return new StyleTokenizer(Weights.initialise(5), STYLE);
  }

  private static Wav2Vec2Config at25Hertz() {
    Wav2Vec2Config base = Wav2Vec2Config.BASE;
    List<ConvolutionLayer> convolutions = new ArrayList<>(base.convolutions());
    convolutions.add(new ConvolutionLayer(512, 2, 2));
    return new Wav2Vec2Config(
        convolutions,
        base.convolutionBias(),
        base.featureNorm(),
        base.projectionNorm(),
        base.width(),
        base.layers(),
        base.heads(),
        base.feedForward(),
        base.positionKernel(),
        base.positionGroups(),
        base.preNorm(),
        base.epsilon());
  }

  /** How many units a round has. */
  private interface Length {
    int units(int round);
  }

  private static Benchmark.Task vocode(Length length) {
    VocoderConfig config =
        new VocoderConfig(
            Audio.SPEECH_RATE,
            HUBERT_UNITS + 1,
            new VocoderConfig.Codes(PITCH_CODES, 2),
            new VocoderConfig.Codes(STYLE_TOKENS, 25),
            List.of("a", "b", "c", "d"),
            List.of(),
            128,
            new VocoderConfig.DurationPredictorConfig(128),
            new VocoderConfig.GeneratorConfig(
                512,
                List.of(5, 4, 4, 4, 2),
                List.of(11, 8, 8, 8, 4),
                List.of(3, 7, 11),
                List.of(List.of(1, 3, 5), List.of(1, 3, 5), List.of(1, 3, 5))));
    Vocoder vocoder = new Vocoder(Weights.initialise(6), config);
    VoiceOptions voice = VoiceOptions.standard().withPredictedDurations(false);
    return (round, clock) -> {
      int units = length.units(round);
      Random random = new Random(units);
      SpeechUnits speech =
          new SpeechUnits(
              random.ints(units, 0, HUBERT_UNITS).toArray(),
              random.ints((units + 1) / 2, 0, PITCH_CODES).toArray(),
              random.ints((units + 24) / 25, 0, STYLE_TOKENS).toArray());
      return vocoder.synthesize(speech, voice).audio().seconds();
    };
  }

  private static float[] noise(int length) {
    Random random = new Random(length);
    float[] noise = new float[length];
    for (int i = 0; i < length; i++) {
      noise[i] = (float) (0.1 * random.nextGaussian());
    }
    return noise;
  }
}
