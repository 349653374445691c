package org.spiritlm.app.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.Resampler;
import org.spiritlm.checkpoint.SpeechSizes;
import org.spiritlm.checkpoint.Variant;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.Weights;
import org.spiritlm.units.SpeechTokenizer;
import org.spiritlm.units.SpeechUnits;
import org.spiritlm.units.hubert.HubertTokenizer;
import org.spiritlm.units.hubert.LinearQuantizer;
import org.spiritlm.units.pitch.Fcpe;
import org.spiritlm.units.pitch.FcpeConfig;
import org.spiritlm.units.pitch.FcpePitchExtractor;
import org.spiritlm.units.pitch.PitchQuantizer;
import org.spiritlm.units.pitch.PitchTokenizer;
import org.spiritlm.units.style.StyleTokenizer;
import org.spiritlm.vocoder.Vocoder;
import org.spiritlm.vocoder.VocoderConfig;
import org.spiritlm.vocoder.VoiceOptions;

/** The speech tokenizer and the vocoder at the sizes of the released EXPRESSIVE model. */
public final class SpeechBenchmarks {
  private static final String UNIT = "seconds of audio/s";

  private static final SpeechSizes SIZES = SpeechSizes.RELEASED;

  private final Device device;

  private SpeechBenchmarks(Device device) {
    this.device = device;
  }

  /** Every part over several lengths of speech. */
  public static List<Benchmark> all(Device device) {
    return new SpeechBenchmarks(device).all();
  }

  private List<Benchmark> all() {
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

  private Benchmark.Task encode(SpeechTokenizer tokenizer, int seconds) {
    Audio audio = new Audio(noise(seconds * Audio.SPEECH_RATE), Audio.SPEECH_RATE);
    return (round, clock) -> {
      int units = tokenizer.encode(audio).hubert().length;
      return units == 0 ? 0 : seconds;
    };
  }

  private Benchmark.Task encodePitch(int seconds) {
    PitchTokenizer tokenizer = pitch();
    float[] samples = noise(seconds * Audio.SPEECH_RATE);
    return (round, clock) -> tokenizer.encode(samples).length == 0 ? 0 : seconds;
  }

  private Benchmark.Task encodeStyle(int seconds) {
    StyleTokenizer tokenizer = style();
    float[] samples = noise(seconds * Audio.SPEECH_RATE);
    return (round, clock) -> tokenizer.encode(samples).length == 0 ? 0 : seconds;
  }

  private SpeechTokenizer hubertAlone() {
    return new SpeechTokenizer(hubert(), null, null);
  }

  private SpeechTokenizer expressive() {
    return new SpeechTokenizer(hubert(), pitch(), style());
  }

  private HubertTokenizer hubert() {
    return new HubertTokenizer(
        random(1), SIZES.hubert(), new LinearQuantizer(random(2), SIZES.quantizer()));
  }

  private PitchTokenizer pitch() {
    return new PitchTokenizer(
        new FcpePitchExtractor(new Fcpe(random(3), FcpeConfig.RELEASED)),
        new PitchQuantizer(random(4), SIZES.pitchQuantizer()));
  }

  private StyleTokenizer style() {
    return new StyleTokenizer(random(5), SIZES.style());
  }

  /** How many units a round has. */
  private interface Length {
    int units(int round);
  }

  private Benchmark.Task vocode(Length length) {
    VocoderConfig config = SIZES.vocoder(Variant.EXPRESSIVE);
    int codes = Objects.requireNonNull(config.pitch()).count();
    int styles = Objects.requireNonNull(config.styleTokens()).count();
    Vocoder vocoder = new Vocoder(random(6), config);
    VoiceOptions voice = VoiceOptions.standard().withPredictedDurations(false);
    return (round, clock) -> {
      int units = length.units(round);
      Random random = new Random(units);
      SpeechUnits speech =
          new SpeechUnits(
              random.ints(units, 0, SIZES.quantizer().units()).toArray(),
              random.ints((units + 1) / 2, 0, codes).toArray(),
              random.ints((units + 24) / 25, 0, styles).toArray());
      return vocoder.synthesize(speech, voice).audio().seconds();
    };
  }

  private Weights random(long seed) {
    return Weights.initialise(seed).on(device);
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
