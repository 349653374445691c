package org.spiritlm.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.spiritlm.LoadOptions;
import org.spiritlm.SpiritLm;
import org.spiritlm.torch.DType;

/** An EXPRESSIVE model whose style tokens 7 and 3 are called "calm", and 5 "loud". */
class StylesTest {
  private static final String SPEECH = "[St4][Pi3][Hu9][Hu4][Pi8][Hu3][Hu77]";

  private static Served served;

  @BeforeAll
  static void start(@TempDir Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(Served.directory())) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Path copy = directory.resolve(Served.directory().relativize(file).toString());
        if (!Files.exists(copy)) {
          Files.copy(file, copy);
        }
      }
    }
    Path config = directory.resolve("speech_tokenizer/style_encoder_w2v2/config.json");
    Files.writeString(
        config,
        Files.readString(config)
            .replaceFirst("\"LABEL_3\"", "\"calm\"")
            .replaceFirst("\"LABEL_5\"", "\"loud\"")
            .replaceFirst("\"LABEL_7\"", "\"calm\"")
            .replaceFirst("\"LABEL_3\":", "\"calm\":")
            .replaceFirst("\"calm\": 3", "\"calm\": 7"));
    SpiritLm model =
        SpiritLm.load(
            directory, LoadOptions.standard().withVariant("expressive").withDtype(DType.F32));
    served = new Served(model, ServerOptions.standard());
  }

  @AfterAll
  static void stop() {
    served.close();
  }

  /** In a form that is short where it is shown. */
  private static ByteBuffer audio(String path, String json) {
    try {
      HttpResponse<byte[]> response = served.post(path, json.replace('\'', '"'));
      assertThat(response.statusCode()).as(Served.text(response)).isEqualTo(200);
      return ByteBuffer.wrap(response.body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void areListedAndSpoken() throws Exception {
    assertThat(Served.json(served.get("/v1/models")).at("/data/0/styles").toString())
        .isEqualTo("[\"calm\",\"loud\"]");
    ByteBuffer calm = audio("/api/decode", "{'tokens':'" + SPEECH + "','style_name':'calm'}");
    assertThat(calm)
        .isEqualTo(audio("/api/decode", "{'tokens':'" + SPEECH.replace("St4", "St7") + "'}"))
        .isNotEqualTo(audio("/api/decode", "{'tokens':'" + SPEECH + "'}"));
  }

  @Test
  void areNamedByInstructions() {
    String asked = "{'input':'a','seed':3,'max_seconds':0.5,'response_format':'pcm'";
    ByteBuffer calm =
        audio("/v1/audio/speech", asked + ",'instructions':'Say it Calm, not so fast'}");
    assertThat(calm)
        .isEqualTo(audio("/v1/audio/speech", asked + ",'instructions':'calm'}"))
        .isNotEqualTo(audio("/v1/audio/speech", asked + ",'instructions':'loud'}"))
        .isNotEqualTo(audio("/v1/audio/speech", asked + ",'instructions':'calmer'}"));
  }

  @Test
  void areSettingsOfAConversation() {
    short[] loud = answer("'style':'loud'", "");
    assertThat(loud).isNotEmpty().isEqualTo(answer("'style':'calm'", "'style':'loud'"));
    assertThat(loud).isEqualTo(answer("'style':'loud'", "'voice':'default'"));
    assertThat(loud)
        .isNotEqualTo(answer("'style':'calm'", ""))
        .isNotEqualTo(answer("'style':'loud'", "'style':null"));
    try (RealtimeClient client = new RealtimeClient(served)) {
      client.send(RealtimeClient.update("\"style\":\"loud\""));
      assertThat(client.await("session.updated").at("/session/style").asText()).isEqualTo("loud");
      client.send(RealtimeClient.update("\"style\":\"shrill\""));
      JsonNode error = client.next();
      assertThat(RealtimeClient.type(error)).isEqualTo("error");
      assertThat(error.at("/error/param").asText()).isEqualTo("session.style");
      assertThat(error.at("/error/message").asText()).contains("calm, loud");
    }
  }

  /** What is said first with these settings of the session and of the response. */
  private static short[] answer(String session, String response) {
    try (RealtimeClient client = new RealtimeClient(served)) {
      String settings = "'seed':3,'max_seconds':0.5,'turn_detection':null," + session;
      client.send(RealtimeClient.update(settings.replace('\'', '"'))).await("session.updated");
      String asked = "{'type':'response.create','response':{" + response + "}}";
      client.send(RealtimeClient.say("a")).send(asked.replace('\'', '"'));
      return RealtimeClient.pcm(client.until("response.done"));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "/api/decode | {'tokens':'[St4][Pi3][Hu9]','style_name':'shrill'}",
        "/api/generate | {'prompt':'[Text]a','to':'speech','style_name':'shrill'}",
        "/v1/chat/completions | {'messages':[{'role':'user','content':'a'}],'modalities':['audio'],'audio':{'style':'shrill'}}"
      })
  void whatThereIsNotIsRefused(String path, String json) throws Exception {
    HttpResponse<byte[]> response = served.post(path, json.replace('\'', '"'));
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(Served.text(response)).contains("Unknown style 'shrill'", "calm, loud");
  }
}
