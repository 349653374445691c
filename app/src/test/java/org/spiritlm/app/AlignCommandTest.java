package org.spiritlm.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioWriter;

/** align, as a user runs it, with a small model that hears tones as the letters a to h. */
final class AlignCommandTest {
  static final String ALIGNER = "../core/src/test/resources/ctc/tones";
  private static final int RATE = 16_000;

  @TempDir Path directory;
  private Path manifest = Path.of("");
  private Path output = Path.of("");

  @BeforeEach
  void corpus() throws IOException {
    AudioWriter.write(directory.resolve("a.wav"), new Audio(say("abc dec hag"), RATE));
    manifest =
        Files.writeString(
            directory.resolve("in.jsonl"),
            """
            {"id":"good","audio":"a.wav","text":"Abc 77 hag","speaker":"me"}
            {"id":"wrong","audio":"a.wav","text":"hghg ehfh gfgf"}
            """);
    output = directory.resolve("out.jsonl");
  }

  /** Each letter 100 ms, 200 ms of silence before the first word and after each. */
  private static float[] say(String text) {
    float[] samples = new float[RATE * (text.length() + 10) / 10];
    int at = RATE / 5;
    for (int place = 0; place < text.length(); place++) {
      char letter = text.charAt(place);
      int length = letter == ' ' ? RATE / 5 : RATE / 10;
      double step = 2 * Math.PI * 300 * Math.pow(1.3, letter - 'a') / RATE;
      for (int i = 0; i < length && letter != ' '; i++) {
        double edge = Math.min(1, Math.min(i, length - 1 - i) / (0.008 * RATE));
        samples[at + i] =
            (float) (0.2 * edge * (Math.sin(step * i) + 0.3 * Math.sin(2 * step * i)));
      }
      at += length;
    }
    return Arrays.copyOf(samples, at + RATE / 5);
  }

  @Test
  void wordsGetTimesAndTheRestIsTold() throws IOException {
    JsonNode summary = align("--json", "--threads", "1", "--device", "cpu").object();
    assertThat(summary.get("utterances").asInt()).isEqualTo(1);
    assertThat(summary.get("words").asInt()).isEqualTo(3);
    assertThat(summary.get("wildcards").asInt()).isEqualTo(1);
    assertThat(summary.get("rejected").asInt()).isEqualTo(1);
    assertThat(summary.get("seconds").asDouble()).isEqualTo(1.7);
    assertThat(summary.get("mean_score").asDouble()).isBetween(-0.5, 0.0);
    assertThat(summary.get("rejected_file").asText())
        .isEqualTo(directory.resolve("out.rejected.jsonl").toString());

    JsonNode aligned = new ObjectMapper().readTree(output.toFile());
    assertThat(aligned.get("id").asText()).isEqualTo("good");
    assertThat(aligned.get("speaker").asText()).isEqualTo("me");
    double[][] times = {{0.2, 0.5}, {0.7, 1.0}, {1.2, 1.5}};
    List<String> words = List.of("Abc", "77", "hag");
    for (int i = 0; i < times.length; i++) {
      JsonNode word = aligned.get("words").get(i);
      assertThat(word.get("w").asText()).isEqualTo(words.get(i));
      assertThat(word.get("start").asDouble()).isEqualTo(times[i][0], Offset.offset(0.05));
      assertThat(word.get("end").asDouble()).isEqualTo(times[i][1], Offset.offset(0.05));
      assertThat(word.has("score")).isEqualTo(i != 1);
    }
    JsonNode rejected =
        new ObjectMapper().readTree(directory.resolve("out.rejected.jsonl").toFile());
    assertThat(rejected.get("id").asText()).isEqualTo("wrong");
    assertThat(rejected.get("audio").asText()).isEqualTo("a.wav");
    assertThat(rejected.get("reason").asText()).contains("score", "below -2.00");

    Run again = align();
    assertThat(again.code()).isEqualTo(2);
    assertThat(again.err()).contains("out.jsonl exists already", "--force");
    Run forced = align("--force", "--min-score", "-100");
    assertThat(forced.code()).as(forced.err()).isZero();
    assertThat(forced.out()).startsWith("2 utterances aligned: 6 words in 3 s of audio");
    assertThat(directory.resolve("out.rejected.jsonl")).doesNotExist();
  }

  /** Killed when the rejected ones had their place, and the aligned ones not yet. */
  @Test
  void whatWasStoppedAtItsEndGoesOn() throws IOException {
    assertThat(align().code()).isZero();
    String aligned = Files.readString(output);
    Files.delete(output);
    Files.createFile(directory.resolve(".out.jsonl.journal"));
    assertThat(directory.resolve("out.rejected.jsonl")).exists();
    Run again = align();
    assertThat(again.code()).as(again.err()).isZero();
    assertThat(output).hasContent(aligned);
  }

  @Test
  void nothingThatCanBeAlignedIsAMistake() throws IOException {
    Run run = align("--min-score", "1");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains("none of the 2 utterances", "out.rejected.jsonl");
    assertThat(Files.readAllLines(directory.resolve("out.rejected.jsonl"))).hasSize(2);
    assertThat(output).doesNotExist();
  }

  @Test
  void mistakesAreToldInOneLineAndLeaveNothing() throws IOException {
    refused(run(manifest, directory, "--min-score", "NaN"), "--min-score");
    refused(run(manifest, directory.resolve("none")), "none: no such directory");
    refused(run(manifest, directory), "config.json");
    refused(run(directory.resolve("none.jsonl"), Path.of(ALIGNER)), "none.jsonl");
    refused(run(directory, Path.of(ALIGNER)), directory.toString());
    Path empty = Files.createFile(directory.resolve("empty.jsonl"));
    refused(run(empty, Path.of(ALIGNER)), "empty.jsonl: holds no utterance");
    output = directory.resolve("none/out.jsonl");
    refused(run(manifest, Path.of(ALIGNER)), "does not exist");
  }

  private void refused(Run run, String message) throws IOException {
    assertThat(run.code()).as(run.toString()).isEqualTo(2);
    assertThat(run.err()).contains(message).hasLineCount(1);
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files.filter(file -> file.toString().contains("out"))).isEmpty();
    }
  }

  @Test
  void progressTellsRateAndTimeLeft() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream stream = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    ProgressLine line = new ProgressLine(new Console(stream, stream), "utterances");
    assertThat(line.line(60, 100, 20, 500, 100))
        .isEqualTo("60 of 100 utterances, 5.0× real time, 100 s left");
    assertThat(line.line(60, 100, 59, 30, 100)).endsWith("67 min left");
    assertThat(ProgressLine.duration(36_000)).isEqualTo("10.0 h");
    line.at(1, 2, 0, 1); // too soon to say
    assertThat(bytes.size()).isZero();
  }

  private Run align(String... more) {
    return run(manifest, Path.of(ALIGNER), more);
  }

  private Run run(Path input, Path aligner, String... more) {
    String[] words = {
      "align", input.toString(), "-o", output.toString(), "--aligner", aligner.toString()
    };
    return Run.of(Stream.concat(Stream.of(words), Stream.of(more)).toArray(String[]::new));
  }
}
