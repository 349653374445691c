package org.spiritlm.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.json.Json;

/** What commands print is what the reference computed. */
final class CommandGoldenTest {
  private static final List<String> VARIANTS = List.of("base", "expressive");

  /** Of 16-bit samples: half a step. */
  private static final double ROUNDING = 0.5 / 32768 + 1e-7;

  @TempDir Path directory;

  @TestFactory
  Stream<DynamicTest> encode() throws IOException {
    JsonNode entries = Parity.golden("audio").get("entries");
    List<String> names = new ArrayList<>();
    entries.fieldNames().forEachRemaining(names::add);
    return VARIANTS.stream()
        .flatMap(
            variant ->
                names.stream()
                    .map(
                        name ->
                            DynamicTest.dynamicTest(
                                variant + " " + name, () -> encode(variant, entries.get(name)))));
  }

  private static void encode(String variant, JsonNode golden) {
    String file = Parity.audio(Path.of(golden.get("file").asText()).getFileName().toString());
    Run run = Parity.run(variant, "encode", file, "--json");
    assertThat(run.objects()).as(run.err()).hasSize(1);
    JsonNode found = run.objects().get(0);
    assertThat(found.get("audio").asText()).isEqualTo(file);
    assertThat(found.has("pitch")).isEqualTo(variant.equals("expressive"));
    assertThat(found.has("style")).isEqualTo(variant.equals("expressive"));
    JsonNode units = golden.get("encode_units_" + variant);
    if (units.has("exception")) { // the reference has no pitch where nothing is voiced; we do
      units = golden.get("encode_units_base");
    } else {
      assertThat(found.get("tokens")).isEqualTo(golden.get("encode_string_" + variant));
    }
    for (Map.Entry<String, JsonNode> stream : units.properties()) {
      assertThat(numbers(found.get(stream.getKey())))
          .as(stream.getKey())
          .containsExactly(numbers(stream.getValue().asText()));
    }
    assertThat(found.get("ids").size())
        .isEqualTo((int) found.get("tokens").asText().chars().filter(c -> c == '[').count());
    assertThat(run.code()).isEqualTo(found.get("ids").isEmpty() ? 2 : 0);
  }

  @Test
  void encodeTakesTheChannelThatIsNamed() throws IOException {
    JsonNode golden = Parity.golden("audio").get("entries").get("stereo");
    for (int channel = 1; channel <= 2; channel++) {
      JsonNode found =
          Parity.run(
                  "base",
                  "encode",
                  Parity.audio("stereo.wav"),
                  "--json",
                  "--channel",
                  Integer.toString(channel))
              .object();
      assertThat(found.get("seconds").doubleValue()).isEqualTo(1.5);
      assertThat(numbers(found.get("hubert")))
          .containsExactly(
              numbers(
                  golden.at("/encode_units_base_channel" + (channel - 1) + "/hubert").asText()));
    }
  }

  @TestFactory
  Stream<DynamicTest> generate() throws IOException {
    JsonNode models = Parity.golden("lm").get("models");
    double tolerance = Parity.golden("lm").at("/tolerance/wave/max_abs").asDouble();
    return VARIANTS.stream()
        .flatMap(
            variant ->
                StreamSupport.stream(models.get(variant).get("generation").spliterator(), false)
                    .map(
                        run ->
                            DynamicTest.dynamicTest(
                                variant
                                    + " "
                                    + run.get("output_modality").asText()
                                    + " "
                                    + run.get("name").asText(),
                                () -> generate(variant, run, tolerance))));
  }

  private void generate(String variant, JsonNode golden, double tolerance) throws IOException {
    List<String> words = new ArrayList<>(List.of("generate", "--greedy", "--json"));
    if (golden.get("prompt_given").isNull()) {
      for (JsonNode input : golden.get("inputs")) {
        String content = input.get(1).asText();
        boolean text = input.get(0).asText().equals("text");
        words.add(text ? "--text" : "--speech");
        words.add(text ? content : Parity.audio(Path.of(content).getFileName().toString()));
      }
    } else {
      words.addAll(List.of("--prompt", golden.get("prompt_given").asText()));
    }
    String modality = golden.get("output_modality").asText();
    words.addAll(List.of("--to", modality.equals("ARBITRARY") ? "any" : modality));
    words.addAll(List.of("--max-new-tokens", golden.get("max_new_tokens").asText()));
    if (!golden.get("force_tokens_to_output_modality").asBoolean()) {
      words.add("--no-modality-mask");
    }
    if (!modality.equals("TEXT")) {
      words.addAll(List.of("-o", directory.toString(), "--force"));
    }
    JsonNode found = Parity.run(variant, words.toArray(String[]::new)).object();
    JsonNode expected = golden.get("float32");
    assertThat(found.get("prompt")).isEqualTo(expected.get("prompt"));
    assertThat(found.get("prompt_ids")).isEqualTo(expected.get("prompt_ids"));
    assertThat(found.get("output_ids")).isEqualTo(expected.get("new_ids"));
    assertThat(found.get("finish_reason").asText()).isIn("length", "end");
    assertThat(found.get("segments").size()).isEqualTo(expected.get("outputs").size());
    for (int i = 0; i < found.get("segments").size(); i++) {
      JsonNode segment = found.get("segments").get(i);
      JsonNode output = expected.get("outputs").get(i);
      assertThat(segment.get("type").asText()).isEqualToIgnoringCase(output.get("type").asText());
      if (segment.get("type").asText().equals("text")) {
        assertThat(segment.get("text")).isEqualTo(output.get("content"));
      } else {
        Audio audio = AudioReader.read(Path.of(segment.get("path").asText()));
        assertThat(audio.samples()).hasSize(output.get("samples").asInt());
        assertThat(segment.get("seconds").asDouble()).isEqualTo(audio.seconds());
        assertClose(audio.samples(), Parity.array("lm", output.get("wave")), tolerance);
      }
    }
  }

  @TestFactory
  Stream<DynamicTest> score() throws IOException {
    JsonNode models = Parity.golden("lm").get("models");
    return VARIANTS.stream()
        .map(
            variant ->
                DynamicTest.dynamicTest(
                    variant, () -> score(variant, models.get(variant).get("scores"))));
  }

  private void score(String variant, JsonNode golden) throws IOException {
    List<String> lines = new ArrayList<>();
    for (JsonNode score : golden) {
      ObjectNode pair = Json.object();
      pair.set("prompt", score.get("prompt"));
      pair.set("continuation", score.get("continuation"));
      lines.add(pair.toString());
    }
    Path file = Files.write(directory.resolve("pairs.jsonl"), lines);
    List<JsonNode> together =
        Parity.run(variant, "score", "--file", file.toString(), "--json").objects();
    assertThat(together).hasSize(golden.size());
    for (int i = 0; i < golden.size(); i++) {
      JsonNode expected = golden.get(i);
      JsonNode alone =
          Parity.run(
                  variant,
                  "score",
                  "--prompt",
                  expected.get("prompt").asText(),
                  "--continuation",
                  expected.get("continuation").asText(),
                  "--json")
              .object();
      for (JsonNode found : List.of(alone, together.get(i))) {
        assertThat(found.get("ids")).isEqualTo(expected.get("continuation_ids"));
        assertThat(found.get("tokens").asInt()).isEqualTo(found.get("ids").size());
        JsonNode wanted = expected.get("float32");
        assertThat(found.get("sum").asDouble())
            .isCloseTo(wanted.get("sum").asDouble(), within(1e-3));
        assertThat(found.get("mean").asDouble())
            .isCloseTo(wanted.get("mean_per_token").asDouble(), within(2e-4));
        for (int token = 0; token < found.get("ids").size(); token++) {
          assertThat(found.get("logprobs").get(token).asDouble())
              .isCloseTo(wanted.get("token_logprobs").get(token).asDouble(), within(2e-4));
        }
      }
    }
  }

  @TestFactory
  Stream<DynamicTest> decode() throws IOException {
    JsonNode golden = Parity.golden("vocoder");
    double tolerance = golden.at("/tolerance/wave/max_abs").asDouble();
    return StreamSupport.stream(golden.get("cases").spliterator(), false)
        .filter(one -> one.has("wave"))
        // Units given as lists are merged where durations are predicted, unlike in the reference.
        .filter(one -> one.get("input").isTextual() || !isPredicted(one))
        .map(
            one ->
                DynamicTest.dynamicTest(
                    one.get("model").asText() + " " + one.get("name").asText(),
                    () -> decode(one, tolerance)));
  }

  private static boolean isPredicted(JsonNode one) {
    // An EXPRESSIVE vocoder predicts where there is a pitch for each unit.
    return one.get("model").asText().equals("base")
        ? one.at("/arguments/dur_pred").asBoolean(true)
        : one.has("durations");
  }

  private void decode(JsonNode golden, double tolerance) throws IOException {
    JsonNode input = golden.get("input");
    List<String> words = new ArrayList<>(List.of("decode", "--json"));
    if (input.isTextual()) {
      words.add(input.asText());
    } else {
      ObjectNode units = Json.object();
      input
          .properties()
          .forEach(list -> units.set(list.getKey(), Json.array(numbers(list.getValue().asText()))));
      words.add(Files.writeString(directory.resolve("units.json"), units.toString()).toString());
      words.add("--no-duration-prediction");
    }
    words.addAll(List.of("--speaker", golden.at("/arguments/speaker_id").asText()));
    if (golden.at("/arguments").has("style_id")) {
      words.addAll(List.of("--style", golden.at("/arguments/style_id").asText()));
    }
    Path wav = directory.resolve("a.wav");
    words.addAll(List.of("-o", wav.toString(), "--force"));
    JsonNode found =
        Parity.run(golden.get("model").asText(), words.toArray(String[]::new)).object();
    Audio audio = AudioReader.read(wav);
    assertThat(found.get("path").asText()).isEqualTo(wav.toString());
    assertThat(found.get("samples").asInt()).isEqualTo(audio.samples().length);
    assertThat(found.get("seconds").asDouble()).isEqualTo(audio.seconds());
    assertThat(found.get("durations")).isEqualTo(golden.get("durations"));
    float[] wave = Parity.array("vocoder", golden.get("wave"));
    assertThat(audio.samples()).hasSameSizeAs(wave);
    assertClose(audio.samples(), wave, tolerance);
  }

  private static void assertClose(float[] found, float[] expected, double tolerance) {
    assertThat(expected.length).isGreaterThan(1000);
    double furthest =
        IntStream.range(0, expected.length)
            .mapToDouble(i -> Math.abs(found[i] - Math.max(-1, Math.min(1, expected[i]))))
            .max()
            .orElseThrow();
    // Above the largest integer, a sample is a whole step off.
    assertThat(furthest).isLessThanOrEqualTo(tolerance + 2 * ROUNDING);
  }

  private static int[] numbers(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false).mapToInt(JsonNode::intValue).toArray();
  }

  private static int[] numbers(String words) {
    return words.isBlank()
        ? new int[0]
        : Arrays.stream(words.strip().split(" ")).mapToInt(Integer::parseInt).toArray();
  }
}
