package org.spiritlm.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioReader;

/** {@code transcribe}, {@code speak}, {@code classify} and {@code task}. */
final class TaskCommandsTest {
  private static final String CHIRP = Parity.audio("chirp.wav");

  @TempDir Path directory;

  @BeforeEach
  void speechBesideTheExamples() throws IOException {
    Files.copy(Path.of(CHIRP), directory.resolve("a.wav"));
  }

  private String examples(String... lines) throws IOException {
    return Files.write(directory.resolve("examples.jsonl"), List.of(lines)).toString();
  }

  @Test
  void transcribeWritesDownEachFile() throws IOException {
    String[] asked = {"transcribe", CHIRP, Parity.audio("odd.wav"), "--max-new-tokens", "12"};
    Run json = Parity.run("base", words(asked, "--json"));
    assertThat(json.objects()).hasSize(2);
    assertThat(json.objects().get(0).properties().stream().map(field -> field.getKey()))
        .containsExactly("audio", "text");
    assertThat(json.objects().get(0).get("audio").asText()).isEqualTo(CHIRP);
    assertThat(Parity.run("base", asked).out().lines())
        .containsExactlyElementsOf(
            json.objects().stream()
                .map(one -> one.get("audio").asText() + ": " + one.get("text").asText())
                .toList());
    String shots =
        examples("{\"input\": [{\"speech\": \"a.wav\"}], \"output\": [{\"text\": \"one two\"}]}");
    Run helped = Parity.run("base", words(asked, "--json", "--examples", shots));
    assertThat(helped.objects().get(0).get("text")).isNotEqualTo(json.objects().get(0).get("text"));
    Run sampled =
        Parity.run("base", words(asked, "--temperature", "1", "--top-p", "0.9", "--json"));
    assertThat(sampled.objects()).hasSize(2);
  }

  /** By a model that was given an aligner. */
  @Test
  void transcribeSaysWhenWordsAreSaid() {
    String speech = Parity.audio("7143-88743-0029.flac");
    Path model = directory.resolve("model");
    Run given =
        Run.of(
            "convert",
            Parity.checkpoints(),
            "--variant",
            "base",
            "--aligner",
            AlignCommandTest.ALIGNER,
            "-o",
            model.toString());
    assertThat(given.code()).as(given.err()).isZero();
    String[] asked = {"transcribe", speech, "--max-new-tokens", "8", "--model", model.toString()};
    JsonNode told = Run.of(words(asked, "--words", "--json")).object();
    assertThat(told.properties().stream().map(field -> field.getKey()))
        .containsExactly("audio", "text", "words");
    List<String> said = new ArrayList<>();
    double before = 0;
    for (JsonNode word : told.get("words")) {
      said.add(word.get("word").asText());
      assertThat(word.get("start").asDouble()).isGreaterThanOrEqualTo(before);
      assertThat(word.get("end").asDouble()).isGreaterThanOrEqualTo(word.get("start").asDouble());
      before = word.get("end").asDouble();
    }
    assertThat(before).isLessThanOrEqualTo(AudioReader.read(Path.of(speech)).seconds());
    assertThat(String.join(" ", said))
        .isEqualTo(String.join(" ", told.get("text").asText().strip().split("\\s+", -1)));

    Run plain = Run.of(words(asked, "--words"));
    assertThat(plain.code()).isEqualTo(2);
    assertThat(plain.err()).contains("--json");
    Run without = Parity.run("base", "transcribe", speech, "--words", "--json");
    assertThat(without.code()).isEqualTo(2);
    assertThat(without.err()).contains("has no aligner");
  }

  @Test
  void speakSaysAText() throws IOException {
    Path wav = directory.resolve("spoken.wav");
    String[] asked = {"speak", "hello you", "-o", wav.toString(), "--force", "--json"};
    JsonNode said = Parity.run("base", asked).object();
    Audio audio = AudioReader.read(wav);
    assertThat(said.get("samples").asInt()).isEqualTo(audio.samples().length);
    assertThat(said.get("durations").isArray()).isTrue();
    assertThat(audio.seconds()).isLessThanOrEqualTo(2 + 0.2 * "hello you".length());
    Parity.run("base", words(asked, "--seed", "4")).object();
    assertThat(AudioReader.read(wav).samples()).isNotEqualTo(audio.samples());
    JsonNode cut = Parity.run("base", words(asked, "--max-seconds", "0.5")).object();
    assertThat(cut.get("seconds").asDouble()).isLessThanOrEqualTo(0.5);
    int frames = 0;
    for (JsonNode duration : cut.get("durations")) {
      frames += duration.asInt();
    }
    assertThat(640 * frames - cut.get("samples").asInt()).isBetween(0, 639);
    String shots =
        examples("{\"input\": [{\"text\": \"one\"}], \"output\": [{\"tokens\": \"[Hu1][Hu2]\"}]}");
    Run helped = Parity.run("base", words(asked, "--examples", shots));
    assertThat(helped.code()).as(helped.err()).isZero();
    assertThat(AudioReader.read(wav).samples()).isNotEqualTo(audio.samples());
  }

  @Test
  void classifyWeighsLabels() throws IOException {
    String[] asked = {"classify", CHIRP, "--labels", "yes,no,turn on"};
    JsonNode object = Parity.run("base", words(asked, "--json")).object();
    assertThat(object.get("scores").properties().stream().map(field -> field.getKey()))
        .containsExactly("yes", "no", "turn on");
    double best = object.get("scores").get(object.get("label").asText()).asDouble();
    double sum = 0;
    for (JsonNode score : object.get("scores")) {
      assertThat(score.asDouble()).isLessThanOrEqualTo(best);
      sum += score.asDouble();
    }
    assertThat(sum).isCloseTo(1, within(1e-9));
    assertThat(Parity.run("base", asked).out()).isEqualTo(object.get("label").asText() + "\n");
    String shots =
        examples("{\"input\": [{\"speech\": \"a.wav\"}], \"output\": [{\"text\": \"maybe\"}]}");
    Run other = Parity.run("base", words(asked, "--examples", shots));
    assertThat(other.code()).isEqualTo(2);
    assertThat(other.err()).contains("example 1", "'maybe'", "yes, no, turn on");
  }

  @Test
  void taskTakesATextOrAFileAndAnswersAsItsExamplesDo() throws IOException {
    String shots =
        examples("{\"input\": [{\"text\": \"yes\"}], \"output\": [{\"text\": \"oui\"}]}");
    String[] asked = {"task", "--examples", shots, "--max-new-tokens", "5", "--json"};
    JsonNode text = Parity.run("base", words(asked, "no way")).object();
    assertThat(text.get("prompt").asText()).isEqualTo("[Text]yes[Text]oui[Text]no way[Text]");
    assertThat(text.at("/segments/0/type").asText()).isEqualTo("text");
    String tokens = Parity.run("base", "encode", CHIRP).out().strip();
    JsonNode speech = Parity.run("base", words(asked, CHIRP, "--to", "speech")).object();
    assertThat(speech.get("prompt").asText())
        .isEqualTo("[Text]yes[Text]oui[Speech]" + tokens + "[Speech]");
    JsonNode both =
        Parity.run("base", words(asked, "--text", "he said", "--speech", CHIRP)).object();
    assertThat(both.get("prompt").asText())
        .isEqualTo("[Text]yes[Text]oui[Text]he said[Speech]" + tokens + "[Text]");
    Run missing = Parity.run("base", words(asked, "none.wav"));
    assertThat(missing.code()).isEqualTo(2);
    assertThat(missing.err()).contains("none.wav does not exist", "--text");

    String spoken =
        examples("{\"input\": [{\"text\": \"a\"}], \"output\": [{\"speech\": \"a.wav\"}]}");
    Path place = directory.resolve("out");
    JsonNode answer =
        Parity.run(
                "base",
                words(
                    new String[] {"task", "--examples", spoken, "b", "-o", place.toString()},
                    "--max-seconds",
                    "0.5",
                    "--json"))
            .object();
    assertThat(Path.of(answer.at("/segments/0/path").asText()))
        .isEqualTo(place.resolve("speech-1.wav"))
        .isRegularFile();
  }

  @Test
  void badExamplesAreNamedByTheirLine() throws IOException {
    String good = "{\"input\": [{\"text\": \"a\"}], \"output\": [{\"text\": \"b\"}]}";
    for (String[] bad :
        List.of(
            new String[] {"{\"input\": [{\"text\": \"a\"}]}", "\"output\""},
            new String[] {"{\"input\": \"a\", \"output\": \"b\"}", "a list of parts"},
            new String[] {good.replace("\"text\": \"b\"", "\"txt\": \"b\""), "txt"},
            new String[] {good.replace("\"text\": \"b\"", "\"tokens\": \"[Hu\""), "[Hu"},
            new String[] {good.replace("\"text\": \"b\"", "\"speech\": \"no.wav\""), "no.wav"},
            new String[] {good.replace("output", "answer"), "unknown key \"answer\""},
            new String[] {"not json", "not a JSON object"})) {
      Run run = Parity.run("base", "task", "--examples", examples(good, "", bad[0]), "c");
      assertThat(run.code()).as(run.err()).isEqualTo(2);
      assertThat(run.out()).isEmpty();
      assertThat(run.err()).contains("examples.jsonl, line 3", bad[1]);
      assertThat(run.err().lines().count()).isLessThanOrEqualTo(2);
    }
  }

  @Test
  void theExamplesThatComeAlongWork() {
    Path examples = Path.of("..", "examples");
    Run task =
        Parity.run(
            "base",
            "task",
            "--examples",
            examples.resolve("french.jsonl").toString(),
            "The door is open.",
            "--max-new-tokens",
            "4");
    assertThat(task.code()).as(task.err()).isZero();
    Run score = Parity.run("base", "score", "--file", examples.resolve("pairs.jsonl").toString());
    assertThat(score.out().lines()).hasSize(2).allMatch(line -> line.contains(" a token, "));
    JsonNode speech =
        Parity.run("base", "encode", examples.resolve("speech.flac").toString(), "--json").object();
    assertThat(StreamSupport.stream(speech.get("hubert").spliterator(), false)).hasSize(228);
  }

  private static String[] words(String[] asked, String... more) {
    return Stream.of(asked, more).flatMap(Stream::of).toArray(String[]::new);
  }
}
