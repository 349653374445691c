package org.spiritlm.units;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.spiritlm.Golden;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.units.hubert.HubertTokenizer;
import org.spiritlm.units.hubert.LinearQuantizer;
import org.spiritlm.units.pitch.FcpePitchExtractor;
import org.spiritlm.units.pitch.PitchContour;
import org.spiritlm.units.pitch.PitchFeature;
import org.spiritlm.units.pitch.PitchQuantizer;
import org.spiritlm.units.pitch.PitchTokenizer;
import org.spiritlm.units.style.StyleTokenizer;

/**
 * What the reference computed of whole files: golden {@code audio}, on Meta's checkpoint layout.
 */
class SpeechGoldenTest {
  private static final Golden GOLDEN = Golden.load("audio");
  private static final HubertTokenizer HUBERT = ParityModels.hubert();
  private static final FcpePitchExtractor FCPE = new FcpePitchExtractor(ParityModels.bundledFcpe());
  private static final PitchQuantizer PITCH = ParityModels.pitchQuantizer();
  private static final StyleTokenizer STYLE = ParityModels.style();
  private static final SpeechTokenizer BASE = new SpeechTokenizer(HUBERT, null, null);
  private static final SpeechTokenizer EXPRESSIVE =
      new SpeechTokenizer(HUBERT, new PitchTokenizer(FCPE, PITCH), STYLE);

  static Stream<String> entries() {
    Iterable<String> names = () -> GOLDEN.at("entries").fieldNames();
    return StreamSupport.stream(names.spliterator(), false);
  }

  @ParameterizedTest
  @MethodSource("entries")
  void hubertFeaturesAndUnits(String entry) {
    JsonNode expected = GOLDEN.at("entries", entry, "hubert");
    float[] samples = samples(entry);
    if (Golden.isException(expected)) {
      assertThatThrownBy(() -> HUBERT.encode(samples))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("too short");
      return;
    }
    try (Scope scope = Scope.open()) {
      Tensor features = HUBERT.features(samples);
      assertThat(features.size(0)).isEqualTo(expected.get("frames").longValue());
      assertStart(features, expected.get("features_layer11"), tolerance("features_layer11"));
      double elements = features.numel();
      assertThat(sum(features) / elements)
          .isCloseTo(expected.get("feature_sum").doubleValue() / elements, within(1e-5));
      assertThat(sum(features.abs()) / elements)
          .isCloseTo(expected.get("feature_mean_abs").doubleValue(), within(1e-5));

      Tensor logits = ((LinearQuantizer) HUBERT.quantizer()).logits(features);
      assertStart(logits, expected.get("quantizer_logits_first8"), tolerance("unit_logits"));
      int classes = HUBERT.quantizer().units() + 1;
      int[][] best = bestTwo(Tensors.floats(logits), classes);
      assertThat(best[0]).isEqualTo(ints(expected.get("raw_argmax")));
      assertThat(best[1]).isEqualTo(ints(expected.get("runner_up")));
    }
    assertThat(HUBERT.encode(samples)).isEqualTo(ints(expected.get("units")));
  }

  @ParameterizedTest
  @MethodSource("entries")
  void pitchContourAndCodes(String entry) {
    JsonNode expected = GOLDEN.at("entries", entry, "pitch");
    float[] samples = samples(entry);
    PitchContour contour = FCPE.extract(samples);
    int[] codes = PITCH.encode(contour);
    if (Golden.isException(expected)) {
      // Two ways of the reference to fail are none here: nothing voiced, and less than one code.
      assertThat(codes).hasSize(contour.hertz().length / 16);
      assertThat(codes.length == 0 || noneVoiced(contour)).isTrue();
      return;
    }
    assertThat(contour.hertz()).hasSize(expected.get("frames").intValue());
    assertThat(contour.hertz())
        .usingComparatorWithPrecision((float) tolerance("f0_hz"))
        .containsExactly(GOLDEN.values(expected.get("f0_hz_interpolated")).floats());
    assertThat(voicing(contour)).isEqualTo(GOLDEN.values(expected.get("vuv")).ints());
    assertThat((double) PitchFeature.voicedMean(contour))
        .isCloseTo(expected.get("voiced_mean_hz").doubleValue(), within(tolerance("f0_hz")));
    try (Scope scope = Scope.open()) {
      Golden.Values latent = GOLDEN.values(expected.get("latent")); // [E, first frames]
      Tensor found = PITCH.latent(contour).t().narrow(1, 0, latent.shape()[1]); // the same
      assertThat(Tensors.floats(found))
          .usingComparatorWithPrecision((float) tolerance("vq_latent"))
          .containsExactly(latent.floats());
    }
    assertThat(codes).isEqualTo(ints(expected.get("codes")));
  }

  @ParameterizedTest
  @MethodSource("entries")
  void styleScoresAndIds(String entry) {
    JsonNode expected = GOLDEN.at("entries", entry, "style");
    float[] samples = samples(entry);
    try (Scope scope = Scope.open()) {
      Tensor logits = STYLE.logits(samples);
      assertThat(logits.size(0)).isEqualTo(expected.get("ids").size());
      assertStart(logits, expected.get("logits"), tolerance("style_logits"));
    }
    assertThat(STYLE.encode(samples)).isEqualTo(ints(expected.get("ids")));
  }

  @ParameterizedTest
  @MethodSource("entries")
  void unitsAndStringsOfWholeFiles(String entry) {
    Audio audio = new Audio(samples(entry), Audio.SPEECH_RATE);
    JsonNode golden = GOLDEN.at("entries", entry);
    SpeechUnits base = BASE.encode(audio);
    assertUnits(base, golden.get("encode_units_base"));
    assertThat(SpeechTokens.render(base)).isEqualTo(golden.get("encode_string_base").textValue());
    SpeechUnits expressive = EXPRESSIVE.encode(audio);
    if (Golden.isException(golden.get("encode_units_expressive"))) {
      // Kinder than the reference: speech of which nothing is voiced has pitch tokens too.
      assertThat(expressive.hubert()).isEqualTo(base.hubert());
      assertThat(expressive.pitch()).hasSize(audio.samples().length / 1280);
      assertThat(expressive.style()).isEqualTo(ints(golden.get("style").get("ids")));
      return;
    }
    assertUnits(expressive, golden.get("encode_units_expressive"));
    assertThat(SpeechTokens.render(expressive))
        .isEqualTo(golden.get("encode_string_expressive").textValue());
  }

  @Test
  void oneChannelOfTwoCanBeChosen() {
    JsonNode golden = GOLDEN.at("entries", "stereo");
    for (int channel = 1; channel <= 2; channel++) {
      AudioReader.Options options = AudioReader.Options.speech().withChannel(channel);
      Audio audio = AudioReader.read(Golden.path(golden.get("file").textValue()), options);
      assertUnits(BASE.encode(audio), golden.get("encode_units_base_channel" + (channel - 1)));
    }
  }

  /** 103.75 s: a full piece, and a rest that is encoded on its own. */
  @Test
  void longAudioIsCutAtAHundredSeconds() {
    float[] recording = samples("speech");
    float[] samples = new float[GOLDEN.at("long", "samples").intValue()];
    for (int i = 0; i < samples.length; i++) {
      samples[i] = recording[i % recording.length];
    }
    SpeechUnits units = EXPRESSIVE.encode(new Audio(samples, Audio.SPEECH_RATE));
    assertThat(units.hubert()).hasSize(GOLDEN.at("long", "counts", "hubert").intValue());
    assertUnits(units, GOLDEN.at("long", "units"));
  }

  /**
   * The reference takes no audio for empty units, and fails on one sample; here both are empty.
   * Audio has one channel here, so that what it says of two-dimensional and of three-channel arrays
   * is for who reads files.
   */
  @Test
  void oddInputs() {
    Audio empty = new Audio(new float[0], Audio.SPEECH_RATE);
    assertUnits(BASE.encode(empty), GOLDEN.at("odd_inputs", "empty_tensor_base"));
    assertThat(SpeechTokens.render(EXPRESSIVE.encode(empty)))
        .isEqualTo(GOLDEN.at("odd_inputs", "empty_tensor_expressive_string").textValue());
    Audio oneSample = new Audio(new float[1], Audio.SPEECH_RATE);
    assertThat(EXPRESSIVE.encode(oneSample))
        .usingRecursiveComparison()
        .isEqualTo(EXPRESSIVE.encode(empty));
  }

  private static float[] samples(String entry) {
    return ParityModels.audio(GOLDEN.at("entries", entry, "file").textValue()).samples();
  }

  private static double tolerance(String of) {
    return GOLDEN.at("tolerance", of, "max_abs").doubleValue();
  }

  /** The golden has the first rows only. */
  private static void assertStart(Tensor found, JsonNode expected, double tolerance) {
    float[] values = GOLDEN.values(expected).floats();
    assertThat(values).isNotEmpty();
    assertThat(Arrays.copyOf(Tensors.floats(found), values.length))
        .usingComparatorWithPrecision((float) tolerance)
        .containsExactly(values);
  }

  private static void assertUnits(SpeechUnits found, JsonNode expected) {
    assertThat(found.hubert()).isEqualTo(spaced(expected, "hubert"));
    if (expected.has("pitch")) {
      assertThat(found.pitch()).isEqualTo(spaced(expected, "pitch"));
      assertThat(found.style()).isEqualTo(spaced(expected, "style"));
    } else {
      assertThat(found.pitch()).isNull();
      assertThat(found.style()).isNull();
    }
  }

  private static int[] spaced(JsonNode units, String key) {
    String text = units.get(key).textValue();
    return text.isEmpty()
        ? new int[0]
        : Arrays.stream(text.split(" ")).mapToInt(Integer::parseInt).toArray();
  }

  private static int[] ints(JsonNode values) {
    return GOLDEN.values(values).ints();
  }

  private static double sum(Tensor x) {
    return x.to(org.bytedeco.pytorch.global.torch.ScalarType.Double).sum().item_double();
  }

  private static boolean noneVoiced(PitchContour contour) {
    return Arrays.stream(voicing(contour)).sum() == 0
        && Arrays.equals(contour.hertz(), new float[contour.hertz().length]);
  }

  private static int[] voicing(PitchContour contour) {
    int[] flags = new int[contour.voiced().length];
    for (int t = 0; t < flags.length; t++) {
      flags[t] = contour.voiced()[t] ? 1 : 0;
    }
    return flags;
  }

  /** The best and the second best class of each row. */
  private static int[][] bestTwo(float[] logits, int classes) {
    int[][] best = new int[2][logits.length / classes];
    for (int t = 0; t < best[0].length; t++) {
      int row = t * classes;
      List<Integer> order =
          java.util.stream.IntStream.range(0, classes)
              .boxed()
              .sorted((a, b) -> Float.compare(logits[row + b], logits[row + a]))
              .limit(2)
              .toList();
      best[0][t] = order.get(0);
      best[1][t] = order.get(1);
    }
    return best;
  }
}
