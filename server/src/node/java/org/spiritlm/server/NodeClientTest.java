package org.spiritlm.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.Generation;
import org.spiritlm.GenerationOptions;
import org.spiritlm.Segment;
import org.spiritlm.SpiritLm;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.task.Transcription;

/** OpenAI's client for JavaScript finds what it expects; the profile {@code node} installs it. */
class NodeClientTest {
  private static final SpiritLm MODEL = Served.model("expressive");
  private static final List<Segment> QUESTION =
      List.of(Segment.text("He said"), Segment.speech(Served.audio("chirp.wav")));

  private static JsonNode heard;

  @BeforeAll
  static void ask(@TempDir Path folder) throws Exception {
    Path script = Path.of("target", "node", "client.mjs"); // where it finds the package
    Files.copy(Path.of("src", "node", "client.mjs"), script, StandardCopyOption.REPLACE_EXISTING);
    Path output = folder.resolve("output");
    Path errors = folder.resolve("errors");
    try (Served served = Served.of("expressive")) {
      Process node =
          new ProcessBuilder(
                  "node",
                  script.toString(),
                  served.server.address() + "/v1",
                  Served.NAME,
                  Served.audio("chirp.wav").toString())
              .redirectOutput(output.toFile())
              .redirectError(errors.toFile())
              .start();
      assertThat(node.waitFor()).as(() -> text(errors)).isZero();
    }
    heard = Served.MAPPER.readTree(text(output));
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static Generation answer(GenerationOptions options, List<Segment> question) {
    return MODEL.generate(question, options.greedy().withMaxNewTokens(30));
  }

  @Test
  void theModelIsListed() {
    assertThat(heard.get("models")).hasSize(1);
    assertThat(heard.get("models").get(0).textValue()).isEqualTo(Served.NAME);
  }

  @Test
  void textIsTheModelsWholeAndStreamed() {
    Generation expected = answer(GenerationOptions.text(), QUESTION);
    assertThat(heard.get("text").textValue()).isEqualTo(expected.text());
    assertThat(heard.get("usage").get("prompt_tokens").intValue())
        .isEqualTo(expected.promptIds().length);
    assertThat(heard.get("streamedText").get("text").textValue()).isEqualTo(expected.text());
    assertThat(heard.get("streamedText").get("pieces").intValue()).isGreaterThan(5);
  }

  @Test
  void audioIsTheModelsWholeAndStreamed() {
    short[] whole = pcm(heard.get("audio"));
    short[] streamed = pcm(heard.get("streamedAudio").get("audio"));
    double seconds = answer(GenerationOptions.speech(), QUESTION).audio().seconds();
    assertThat(whole.length / 24_000.0).isCloseTo(seconds, within(0.01));
    assertThat(heard.get("streamedAudio").get("id").textValue()).isNotEmpty();
    assertThat(streamed).hasSameSizeAs(whole);
    for (int i = 0; i < whole.length; i++) {
      assertThat((int) streamed[i]).isCloseTo(whole[i], within(8));
    }
  }

  private static short[] pcm(JsonNode base64) {
    byte[] bytes = Base64.getDecoder().decode(base64.textValue());
    short[] samples = new short[bytes.length / 2];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asShortBuffer().get(samples);
    return samples;
  }

  @Test
  void aConversationGoesOn() {
    List<Segment> spoken = answer(GenerationOptions.speech(), QUESTION).segments();
    List<Segment> next =
        Segment.conversation(List.of(QUESTION, spoken, List.of(Segment.text("and then"))));
    assertThat(heard.get("next").textValue())
        .isEqualTo(answer(GenerationOptions.text(), next).text());
  }

  @Test
  void aTextIsSaid() {
    byte[] bytes = Base64.getDecoder().decode(heard.get("speech").textValue());
    try (AudioReader reader =
        AudioReader.open(new ByteArrayInputStream(bytes), "it", AudioReader.Options.speech())) {
      assertThat(reader.readAll().seconds()).isBetween(0.1, 4.0);
    }
  }

  @Test
  void speechIsWrittenDownWholeAndStreamed() {
    String expected =
        new Transcription(MODEL, List.of(), GenerationOptions.text().greedy().withMaxNewTokens(400))
            .transcribe(Segment.speech(Served.audio("chirp.wav")));
    assertThat(heard.get("transcript").textValue()).isEqualTo(expected);
    JsonNode streamed = heard.get("streamedTranscript");
    assertThat(streamed.get("done").textValue()).isEqualTo(expected);
    assertThat(streamed.get("deltas").textValue().strip()).isEqualTo(expected);
  }

  @Test
  void mistakesAreTheClientsErrors() {
    assertThat(heard.get("error").get("type").textValue()).isEqualTo("BadRequestError");
    assertThat(heard.get("error").get("status").intValue()).isEqualTo(400);
    assertThat(heard.get("error").get("code").textValue()).isEqualTo("unknown_voice");
  }
}
