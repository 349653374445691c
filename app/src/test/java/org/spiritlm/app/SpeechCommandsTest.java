package org.spiritlm.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.json.Json;

/** {@code encode}, {@code decode} and {@code resynthesize} go together. */
final class SpeechCommandsTest {
  private static final String SPEECH = Parity.audio("stereo.wav");

  @TempDir Path directory;

  @Test
  void ofSeveralFilesABadOneIsToldAndTheOthersAreDone() throws IOException {
    Path bad = Files.writeString(directory.resolve("bad.wav"), "no sound");
    String[] files = {Parity.audio("odd.wav"), bad.toString(), Parity.audio("chirp.wav")};
    Run json = Parity.run("base", words("encode", files, "--json"));
    assertThat(json.code()).isEqualTo(2);
    assertThat(json.objects())
        .extracting(object -> object.get("audio").asText())
        .containsExactly(files[0], files[2]);
    assertThat(json.err().lines()).hasSize(2);
    assertThat(json.err()).contains("bad.wav", "1 of 3 files failed");
    Run plain = Parity.run("base", words("encode", files));
    assertThat(plain.out().lines())
        .containsExactly(
            files[0] + ": " + json.objects().get(0).get("tokens").asText(),
            files[2] + ": " + json.objects().get(1).get("tokens").asText());
    assertThat(Parity.run("base", "encode", files[0]).out())
        .isEqualTo(json.objects().get(0).get("tokens").asText() + "\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"base", "expressive"})
  void whatEncodePrintsDecodeSpeaksInEveryForm(String variant) throws IOException {
    JsonNode encoded = Parity.run(variant, "encode", SPEECH, "--json").object();
    ObjectNode lists = Json.object();
    for (String key : List.of("hubert", "pitch", "style")) {
      if (encoded.has(key)) {
        lists.set(key, encoded.get(key));
      }
    }
    Path whole = Files.writeString(directory.resolve("whole.json"), encoded + "\n");
    Path only = Files.writeString(directory.resolve("lists.json"), lists.toString());
    Audio first = decode(variant, whole.toString());
    assertThat(decode(variant, only.toString()).samples()).isEqualTo(first.samples());
    assertThat(decode(variant, encoded.get("tokens").asText()).samples())
        .isEqualTo(first.samples());

    Audio again = resynthesized(variant);
    assertThat(again.samples()).hasSameSizeAs(first.samples());
    for (int i = 0; i < first.samples().length; i++) {
      if (Math.abs(again.samples()[i] - first.samples()[i]) > 1e-4 + 1.0 / 32768) {
        throw new AssertionError("sample " + i + ": " + again.samples()[i]);
      }
    }
    Audio frames = resynthesized(variant, "--no-duration-prediction");
    assertThat(frames.samples()).hasSize(encoded.get("hubert").size() * 640);
    assertThat(decode(variant, only.toString(), "--no-duration-prediction").samples())
        .hasSameSizeAs(frames.samples());
    assertThat(decode(variant, only.toString(), "--speaker", "1").samples())
        .isNotEqualTo(first.samples());
  }

  private Audio decode(String variant, String speech, String... more) {
    return written(variant, words("decode", new String[] {speech}, more));
  }

  private Audio resynthesized(String variant, String... more) {
    return written(variant, words("resynthesize", new String[] {SPEECH}, more));
  }

  /** The audio that a command writes, which must be what it says. */
  private Audio written(String variant, String... words) {
    Path wav = directory.resolve("a.wav");
    Run run =
        Parity.run(
            variant,
            Stream.of(words, new String[] {"-o", wav.toString(), "--force", "--json"})
                .flatMap(Stream::of)
                .toArray(String[]::new));
    JsonNode object = run.object();
    Audio audio = AudioReader.read(wav);
    assertThat(object.get("path").asText()).isEqualTo(wav.toString());
    assertThat(object.get("samples").asInt()).isEqualTo(audio.samples().length);
    assertThat(object.get("seconds").asDouble()).isEqualTo(audio.seconds());
    boolean predicted = !List.of(words).contains("--no-duration-prediction");
    assertThat(object.has("durations")).isEqualTo(predicted);
    if (predicted) {
      int frames =
          StreamSupport.stream(object.get("durations").spliterator(), false)
              .mapToInt(JsonNode::intValue)
              .sum();
      assertThat(audio.samples()).hasSize(frames * 640);
    }
    return audio;
  }

  @Test
  void aFileIsReplacedOnlyWhenForced() throws IOException {
    Path wav = Files.writeString(directory.resolve("a.wav"), "mine");
    for (String[] words :
        List.of(
            new String[] {"decode", "[Hu1][Hu2]"},
            new String[] {"resynthesize", SPEECH},
            new String[] {"speak", "hello"})) {
      Run run = Parity.run("base", words(words[0], new String[] {words[1], "-o", wav.toString()}));
      assertThat(run.code()).isEqualTo(2);
      assertThat(run.err()).contains("a.wav exists already", "--force");
    }
    assertThat(wav).hasContent("mine");
    Run plain = Parity.run("base", "decode", "[Hu1][Hu2]", "-o", wav.toString(), "--force");
    assertThat(plain.out()).matches("\\Q" + wav + "\\E \\(\\d+\\.\\d\\d s\\)\n");
  }

  @Test
  void standardOutputTakesTheAudioAlone() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code =
        App.run(
            Parity.words("base", "decode", "[Hu1][Hu2]", "-o", "-"),
            new PrintStream(out, false, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    assertThat(code).isZero();
    assertThat(err.toString(StandardCharsets.UTF_8)).startsWith("standard output (");
    Path piped = Files.write(directory.resolve("piped.wav"), out.toByteArray());
    assertThat(AudioReader.read(piped).samples()).isEqualTo(decode("base", "[Hu1][Hu2]").samples());
  }

  private static String[] words(String command, String[] asked, String... more) {
    return Stream.of(new String[] {command}, asked, more)
        .flatMap(Stream::of)
        .toArray(String[]::new);
  }
}
