package org.spiritlm.vocoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.spiritlm.Golden;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.PickleFile;
import org.spiritlm.torch.Weights;
import org.spiritlm.units.SpeechUnits;

class VocoderGoldenTest {
  /** The style that the goldens take where a token string has pitch but no style. */
  private static final int FALLBACK_STYLE = 71;

  private final Golden golden = Golden.load("vocoder");
  private final Map<String, Vocoder> vocoders =
      Map.of(
          "base", released("hifigan_spiritlm_base"),
          "expressive", released("hifigan_spiritlm_expressive_w2v2"));

  private static Vocoder released(String name) {
    Path directory = Golden.path("checkpoints/speech_tokenizer/" + name);
    PickleFile file = PickleFile.open(directory.resolve("generator.pt"));
    return new Vocoder(Weights.of(file.at("generator")), VocoderConfig.read(directory));
  }

  @TestFactory
  List<DynamicTest> casesAreTheReferences() {
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonNode one : golden.at("cases")) {
      String name = one.get("model").asText() + " " + one.get("name").asText();
      tests.add(DynamicTest.dynamicTest(name, () -> check(one)));
    }
    assertThat(tests).isNotEmpty();
    return tests;
  }

  private void check(JsonNode one) {
    Vocoder vocoder = vocoders.get(one.get("model").asText());
    SpeechUnits units = units(one.get("input"));
    VoiceOptions voice = voice(one.get("arguments"));
    if (one.has("error")) {
      assertThatThrownBy(() -> vocoder.synthesize(units, voice)).isInstanceOf(InputException.class);
      return;
    }
    float[] expected = golden.values(one.get("wave")).floats();
    double tolerance = golden.at("tolerance", "wave", "max_abs").asDouble();
    Synthesis speech = vocoder.synthesize(units, voice);
    Waves.assertClose(speech.audio().samples(), expected, tolerance);
    assertThat(speech.audio().sampleRate()).isEqualTo(golden.at("sample_rate").asInt());
    if (one.has("durations")) {
      assertThat(speech.durations()).isEqualTo(golden.values(one.get("durations")).ints());
      Waves.assertClose(
          vocoder.logDurations(units.hubert()),
          golden.values(one.get("log_durations")).floats(),
          golden.at("tolerance", "log_durations", "max_abs").asDouble());
    }
    if (!voice.predictDurations()) {
      assertThat(speech.durations()).isNull();
    }
    Waves.assertClose(streamed(vocoder, units, voice, speech), expected, tolerance);
  }

  /** The same, a unit at a time. */
  private static float[] streamed(
      Vocoder vocoder, SpeechUnits units, VoiceOptions voice, Synthesis whole) {
    boolean predicted = whole.durations() != null;
    float[] samples = new float[0];
    try (VocoderStream stream = vocoder.stream(voice.withPredictedDurations(predicted))) {
      for (int i = 0; i < units.hubert().length; i++) {
        SpeechUnits next =
            new SpeechUnits(
                Arrays.copyOfRange(units.hubert(), i, i + 1),
                slice(units.pitch(), i),
                slice(units.style(), i));
        samples = Waves.joined(samples, stream.accept(next).samples());
      }
      return Waves.joined(samples, stream.finish().samples());
    }
  }

  private static int @Nullable [] slice(int @Nullable [] codes, int at) {
    return codes == null || at >= codes.length ? null : Arrays.copyOfRange(codes, at, at + 1);
  }

  private static SpeechUnits units(JsonNode input) {
    if (input.isTextual()) {
      return SpeechTokens.parse(input.asText()).units(() -> FALLBACK_STYLE);
    }
    return new SpeechUnits(
        numbers(input, "hubert"),
        input.has("pitch") ? numbers(input, "pitch") : null,
        input.has("style") ? numbers(input, "style") : null);
  }

  private static int[] numbers(JsonNode input, String stream) {
    return Arrays.stream(input.get(stream).asText().split(" "))
        .mapToInt(Integer::parseInt)
        .toArray();
  }

  private static VoiceOptions voice(JsonNode arguments) {
    return VoiceOptions.standard()
        .withSpeaker(arguments.has("speaker_id") ? arguments.get("speaker_id").asText() : null)
        .withStyle(arguments.has("style_id") ? arguments.get("style_id").asText() : null)
        .withPredictedDurations(arguments.path("dur_pred").asBoolean(true));
  }
}
