package org.spiritlm.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioReader;

/** What {@code generate} prints and writes, besides the goldens. */
final class GenerateCommandTest {
  @TempDir Path directory;

  @Test
  void partsComeInTheOrderInWhichTheyAreGiven() {
    String chirp = Parity.audio("chirp.wav");
    String shortest = Parity.audio("n1280.wav");
    String[][] orders = {
      {"--speech", chirp, "--text", "b", "--speech", shortest, "--text", "a"},
      {"--text", "a", "--speech", shortest, "--text", "b", "--speech", chirp},
      {"--text", "a", "--text", "b", "--speech", shortest, "--speech", chirp},
    };
    String longTokens = tokens(chirp);
    String shortTokens = tokens(shortest);
    List<String> prompts =
        List.of(
            "[Speech]" + longTokens + "[Text]b[Speech]" + shortTokens + "[Text]a",
            "[Text]a[Speech]" + shortTokens + "[Text]b[Speech]" + longTokens + "[Text]",
            "[Text]ab[Speech]" + shortTokens + longTokens + "[Text]");
    for (int i = 0; i < orders.length; i++) {
      Run run = generate("base", orders[i], "--to", "text", "--max-new-tokens", "1", "--json");
      assertThat(run.object().get("prompt").asText()).isEqualTo(prompts.get(i));
    }
  }

  private static String tokens(String file) {
    return Parity.run("base", "encode", file).out().strip();
  }

  @Test
  void peopleGetTheTextAloneAndTheRestOnRequest() {
    String[] asked = {"--text", "Hello", "--to", "text", "--max-new-tokens", "8"};
    Run plain = generate("base", asked);
    JsonNode object = generate("base", asked, "--json").object();
    assertThat(plain.out()).isEqualTo(object.at("/segments/0/text").asText() + "\n");
    assertThat(plain.err()).isEmpty();
    assertThat(object.properties().stream().map(field -> field.getKey()))
        .containsExactly(
            "prompt", "prompt_ids", "output_ids", "finish_reason", "segments", "timings");
    assertThat(object.get("timings").properties().stream().map(field -> field.getKey()))
        .containsExactly("load_s", "prefill_s", "decode_s", "tokens_per_s");
    Run verbose = generate("base", asked, "--verbose");
    assertThat(verbose.out()).isEqualTo(plain.out());
    assertThat(verbose.err()).contains("8 tokens after", "ended by length", "prefill_s");
  }

  @Test
  void speechWithoutAPlaceIsPrintedAsTokens() {
    String[] asked = {"--text", "Hello", "--to", "speech", "--max-new-tokens", "12"};
    JsonNode object = generate("expressive", asked, "--json").object();
    JsonNode segment = object.at("/segments/0");
    assertThat(segment.properties().stream().map(field -> field.getKey()))
        .containsExactly("type", "tokens");
    assertThat(object.get("timings").has("vocode_s")).isFalse();
    assertThat(generate("expressive", asked).out())
        .isEqualTo(segment.get("tokens").asText() + "\n");
  }

  @Test
  void aShorterAnswerLeavesNoFileOfALongerOne() throws IOException {
    Path place = Files.createDirectory(directory.resolve("answer"));
    for (String name : List.of("speech-1.wav", "speech-2.wav", "speech-10.wav")) {
      Files.writeString(place.resolve(name), "old");
    }
    for (String name : List.of("speech-01.wav", "speech-x.wav", "notes.txt")) {
      Files.writeString(place.resolve(name), "mine");
    }
    String[] asked = {"--text", "Hello", "--to", "speech", "--max-new-tokens", "12"};
    Run run = generate("base", asked, "-o", place.toString(), "--force", "--json");
    assertThat(run.object().at("/segments/0/path").asText()).endsWith("speech-1.wav");
    assertThat(AudioReader.read(place.resolve("speech-1.wav")).samples()).isNotEmpty();
    try (Stream<Path> left = Files.list(place)) {
      assertThat(left.map(path -> path.getFileName().toString()).toList())
          .containsExactlyInAnyOrder("speech-1.wav", "speech-01.wav", "speech-x.wav", "notes.txt");
    }
  }

  @Test
  void answersDifferByTheirSeedAndTheSameSeedGivesTheSame() {
    String[] asked = {"--text", "Hello", "--to", "text", "--max-new-tokens", "12", "--json"};
    List<JsonNode> two = generate("base", asked, "--seed", "7", "--num-return", "2").objects();
    assertThat(two).hasSize(2);
    assertThat(two.get(0).get("output_ids")).isNotEqualTo(two.get(1).get("output_ids"));
    for (int i = 0; i < 2; i++) {
      JsonNode alone = generate("base", asked, "--seed", Integer.toString(7 + i)).object();
      assertThat(alone.get("output_ids")).isEqualTo(two.get(i).get("output_ids"));
    }
  }

  @Test
  void beamsGiveTheirLikeliestAnswersFirst() {
    String[] asked = {"--text", "Hello", "--to", "text", "--max-new-tokens", "6", "--json"};
    List<JsonNode> two = generate("base", asked, "--beams", "3", "--num-return", "2").objects();
    assertThat(two).hasSize(2);
    assertThat(two.get(0).get("output_ids")).isNotEqualTo(two.get(1).get("output_ids"));
    JsonNode first = generate("base", asked, "--beams", "3").object();
    assertThat(first.get("output_ids")).isEqualTo(two.get(0).get("output_ids"));
    JsonNode greedy = generate("base", asked, "--greedy").object();
    JsonNode one = generate("base", asked, "--greedy", "--beams", "1").object();
    assertThat(one.get("output_ids")).isEqualTo(greedy.get("output_ids"));
  }

  @Test
  void optionsOfSamplingReachTheModel() {
    String[] asked = {"--text", "Hello", "--to", "text", "--max-new-tokens", "6", "--json"};
    JsonNode greedy = generate("base", asked, "--greedy").object().get("output_ids");
    for (String[] same :
        List.of(
            new String[] {"--temperature", "0"},
            new String[] {"--top-k", "1", "--seed", "5"},
            new String[] {"--min-p", "1"},
            new String[] {"--top-p", "0.000001"})) {
      assertThat(generate("base", asked, same).object().get("output_ids")).isEqualTo(greedy);
    }
    String[] penalised = {"--greedy", "--repetition-penalty", "0.01"};
    assertThat(generate("base", asked, penalised).object().get("output_ids")).isNotEqualTo(greedy);
  }

  @Test
  void stopsEndAnswers() {
    String[] asked = {"--text", "Hello", "--to", "text", "--greedy", "--max-new-tokens", "30"};
    String whole = generate("base", asked).out().strip();
    String stop = whole.substring(5, 8);
    JsonNode stopped = generate("base", asked, "--stop", stop, "--json").object();
    assertThat(stopped.get("finish_reason").asText()).isEqualTo("stop");
    assertThat(whole).startsWith(stopped.at("/segments/0/text").asText().strip());
    assertThat(stopped.at("/segments/0/text").asText()).doesNotContain(stop);

    String[] spoken = {"--text", "Hello", "--to", "speech", "--max-seconds", "0.3", "--json"};
    JsonNode limited = generate("base", spoken, "-o", directory.resolve("a").toString()).object();
    assertThat(limited.get("finish_reason").asText()).isEqualTo("seconds");
    assertThat(limited.at("/segments/0/seconds").asDouble()).isLessThanOrEqualTo(0.3);
  }

  @Test
  void speechIsWrittenToNumberedFilesThatAreReplacedOnlyWhenForced() throws IOException {
    Path place = directory.resolve("deep").resolve("answers");
    String[] asked = {
      "--text",
      "Hello",
      "--to",
      "speech",
      "--max-new-tokens",
      "15",
      "--num-return",
      "2",
      "-o",
      place.toString()
    };
    Run run = generate("base", asked);
    assertThat(run.out().lines())
        .hasSize(3)
        .first()
        .asString()
        .startsWith(place.resolve("speech-1.wav") + " (");
    byte[] first = Files.readAllBytes(place.resolve("speech-1.wav"));
    Run again = generate("base", asked, "--seed", "9");
    assertThat(again.code()).isEqualTo(2);
    assertThat(again.err()).contains("speech-", "exists already", "--force");
    assertThat(place.resolve("speech-1.wav")).hasBinaryContent(first);
    List<JsonNode> forced = generate("base", asked, "--seed", "9", "--force", "--json").objects();
    assertThat(forced.get(1).at("/segments/0/path").asText())
        .isEqualTo(place.resolve("speech-2.wav").toString());
    assertThat(Files.readAllBytes(place.resolve("speech-1.wav"))).isNotEqualTo(first);
    try (Stream<Path> files = Files.list(place)) {
      assertThat(files).hasSize(2);
    }
  }

  @Test
  void whatComesBitByBitIsTheWhole() throws IOException {
    String[] asked = {
      "--text", "counting one two three", "--to", "any", "--max-new-tokens", "60", "--seed", "3"
    };
    JsonNode whole =
        generate("base", asked, "-o", directory.resolve("whole").toString(), "--json").object();
    StringBuilder text = new StringBuilder();
    double seconds = 0;
    for (JsonNode segment : whole.get("segments")) {
      text.append(segment.path("text").asText());
      seconds += segment.path("seconds").asDouble();
    }
    assertThat(text).isNotEmpty();
    assertThat(seconds).isPositive();

    Path file = directory.resolve("streamed.wav");
    Run streamed = generate("base", asked, "--stream", "-o", file.toString());
    assertThat(streamed.err()).isEmpty();
    assertThat(streamed.out().replace("\n", "")).isEqualTo(text.toString().replace("\n", ""));
    Audio audio = AudioReader.read(file);
    assertThat(audio.seconds()).isCloseTo(seconds, within(1e-9));

    Run json = generate("base", asked, "--stream", "-o", file.toString(), "--force", "--json");
    JsonNode object = json.object();
    assertThat(object.get("output_ids")).isEqualTo(whole.get("output_ids"));
    assertThat(object.get("timings").get("first_audio_s").asDouble()).isPositive();
    assertThat(object.get("segments").findValuesAsText("path")).containsOnly(file.toString());

    Path early = directory.resolve("early.wav");
    Run sooner = generate("base", asked, "--stream", "--look-ahead", "2", "-o", early.toString());
    assertThat(sooner.err()).isEmpty();
    assertThat(AudioReader.read(early).samples())
        .hasSameSizeAs(audio.samples())
        .isNotEqualTo(audio.samples());

    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    String[] words = words("base", asked, "--stream", "-o", "-");
    int code =
        App.run(
            words,
            new PrintStream(out, false, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    assertThat(code).isZero();
    assertThat(err.toString(StandardCharsets.UTF_8).replace("\n", ""))
        .isEqualTo(text.toString().replace("\n", ""));
    Path piped = Files.write(directory.resolve("piped.wav"), out.toByteArray());
    assertThat(AudioReader.read(piped).samples()).isEqualTo(audio.samples());
  }

  private static Run generate(String variant, String[] asked, String... more) {
    return Run.of(words(variant, asked, more));
  }

  private static String[] words(String variant, String[] asked, String... more) {
    return Parity.words(
        variant,
        Stream.of(new String[] {"generate"}, asked, more)
            .flatMap(Stream::of)
            .toArray(String[]::new));
  }
}
