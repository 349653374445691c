package org.spiritlm.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioFormat;
import org.spiritlm.audio.AudioSink;
import org.spiritlm.audio.AudioWriter;

/** What is wrong with a request is told in OpenAI's words, and the server goes on. */
class RequestsTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String MESSAGES = "'messages':[{'role':'user','content':'one'}]";

  private static Served served;

  @BeforeAll
  static void start() {
    RequestLimits limits =
        RequestLimits.standard().withBodyBytes(290_000).withAudioSeconds(3).withNewTokens(100);
    served = new Served("base", ServerOptions.standard().withLimits(limits));
  }

  @AfterAll
  static void stop() throws Exception {
    HttpResponse<byte[]> fine =
        served.post(CHAT, json("{" + MESSAGES + ",'max_tokens':3,'temperature':0}"));
    assertThat(fine.statusCode()).isEqualTo(200);
    served.close();
  }

  private static String json(String text) {
    return text.replace('\'', '"');
  }

  private static JsonNode error(HttpResponse<byte[]> response, int status) throws Exception {
    assertThat(response.statusCode()).as(Served.text(response)).isEqualTo(status);
    assertThat(response.headers().firstValue("Content-Type")).hasValue("application/json");
    JsonNode error = Served.json(response).get("error");
    assertThat(error.get("message").asText()).isNotBlank().doesNotContain("Exception");
    assertThat(error.get("type").asText()).isNotBlank();
    assertThat(error.has("param")).isTrue();
    assertThat(error.has("code")).isTrue();
    return error;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "null",
        "{'messages':",
        "\"x\"",
        "{} {}",
        "{'a':1,'a':2}",
        "\u0000"
      })
  void whatIsNoObjectIsRefused(String body) throws Exception {
    error(served.post(CHAT, json(body)), 400);
  }

  @Test
  void deepJsonIsRefused() throws Exception {
    String deep = "{\"messages\":" + "[".repeat(10_000) + "]".repeat(10_000) + "}";
    error(served.post(CHAT, deep), 400);
  }

  @Test
  void whatIsNoUnicodeIsRefused() throws Exception {
    HttpRequest request =
        served
            .request(CHAT)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofByteArray(new byte[] {'"', (byte) 0xc3, '"'}))
            .build();
    assertThat(error(served.send(request), 400).get("message").asText()).contains("UTF-8");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "{}                                                        | messages                 |",
        "{'messages':[]}                                           | messages                 |",
        "{'messages':'one'}                                        | messages                 |",
        "{'messages':[1]}                                          | messages[0]              |",
        "{'messages':[{}]}                                         | messages[0].role         |",
        "{'messages':[{'role':'king','content':'x'}]}              | messages[0].role         |",
        "{'messages':[{'role':'user'}]}                            | messages[0].content      |",
        "{'messages':[{'role':'user','content':1}]}                | messages[0].content      |",
        "{'messages':[{'role':'user','content':[]}]}               | messages[0].content      |",
        "{'messages':[{'role':'user','content':[{'type':'image_url'}]}]} | messages[0].content[0].type | unsupported_content",
        "{'messages':[{'role':'user','content':[{'type':'input_audio'}]}]} | messages[0].content[0].input_audio |",
        "{'messages':[{'role':'user','content':[{'type':'input_audio','input_audio':{'data':'?'}}]}]} | messages[0].content[0].input_audio.data | invalid_audio",
        "{'messages':[{'role':'user','content':[{'type':'input_audio','input_audio':{'data':'AAAA'}}]}]} | messages[0].content[0].input_audio.data | invalid_audio",
        "{MESSAGES,'modalities':[]}                                | modalities               |",
        "{MESSAGES,'modalities':['video']}                         | modalities               |",
        "{MESSAGES,'modalities':'text'}                            | modalities               |",
        "{MESSAGES,'modalities':['audio'],'audio':{'voice':'nobody'}}  | audio.voice          | unknown_voice",
        "{MESSAGES,'modalities':['audio'],'audio':{'format':'aac'}}    | audio.format         |",
        "{MESSAGES,'modalities':['audio'],'audio':{'format':'mp3'},'stream':true} | audio.format |",
        "{MESSAGES,'temperature':-1}                               | temperature              |",
        "{MESSAGES,'temperature':'hot'}                            | temperature              |",
        "{MESSAGES,'temperature':1e999}                            | temperature              |",
        "{MESSAGES,'top_p':2}                                      | top_p                    |",
        "{MESSAGES,'n':0}                                          | n                        |",
        "{MESSAGES,'n':1000}                                       | n                        |",
        "{MESSAGES,'n':1.5}                                        | n                        |",
        "{MESSAGES,'max_tokens':0}                                 | max_tokens               |",
        "{MESSAGES,'max_tokens':101}                               | max_tokens               |",
        "{MESSAGES,'max_completion_tokens':99999999999}            | max_completion_tokens    |",
        "{MESSAGES,'stop':[1]}                                     | stop                     |",
        "{MESSAGES,'stop':''}                                      | stop                     |",
        "{MESSAGES,'stream':'yes'}                                 | stream                   |",
        "{MESSAGES,'top_logprobs':3}                               | top_logprobs             |",
        "{MESSAGES,'seed':'x'}                                     | seed                     |",
        "{MESSAGES,'tools':[{'type':'function'}]}                  | tools                    | unsupported_parameter",
        "{MESSAGES,'frequency_penalty':1}                          | frequency_penalty        | unsupported_parameter",
        "{MESSAGES,'response_format':{'type':'json_object'}}       | response_format          | unsupported_parameter",
        "{MESSAGES,'temprature':1}                                 | temprature               | unknown_parameter",
      })
  void whatIsWrongInAChatIsNamed(String body, String param, String code) throws Exception {
    String request = json(body.replace("MESSAGES", MESSAGES));
    JsonNode error = error(served.post(CHAT, request), 400);
    assertThat(error.get("param").asText()).as(error.toString()).isEqualTo(param);
    assertThat(error.get("code").asText()).isEqualTo(code == null ? "null" : code);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "/v1/completions      | {}                                      | 400 | prompt",
        "/v1/completions      | {'prompt':[]}                           | 400 | prompt",
        "/v1/completions      | {'prompt':[1,'x']}                      | 400 | prompt",
        "/v1/completions      | {'prompt':[[]]}                         | 400 | prompt",
        "/v1/completions      | {'prompt':[99999999]}                   | 400 | ",
        "/v1/completions      | {'prompt':'[Hu99999]'}                  | 400 | ",
        "/v1/completions      | {'prompt':'x','max_tokens':0}           | 400 | max_tokens",
        "/v1/completions      | {'prompt':'x','logprobs':21}            | 400 | logprobs",
        "/v1/completions      | {'prompt':['x','y'],'stream':true}      | 400 | stream",
        "/v1/completions      | {'prompt':'x','suffix':'y'}             | 400 | suffix",
        "/v1/audio/speech     | {}                                      | 400 | input",
        "/v1/audio/speech     | {'input':'  '}                          | 400 | input",
        "/v1/audio/speech     | {'input':'x','response_format':'aac'}   | 400 | response_format",
        "/v1/audio/speech     | {'input':'x','voice':'nobody'}          | 400 | voice",
        "/v1/audio/speech     | {'input':'x','speed':2}                 | 400 | speed",
        "/v1/audio/speech     | {'input':'x','stream_format':'y'}       | 400 | stream_format",
        "/api/generate        | {'prompt':'[Text]x'}                    | 400 | to",
        "/api/generate        | {'to':'text'}                           | 400 | prompt",
        "/api/generate        | {'to':'text','segments':[{}]}           | 400 | segments[0]",
        "/api/generate        | {'to':'text','segments':[{'tokens':'[Hu'}]} | 400 | ",
        "/api/generate        | {'to':'text','prompt':'x','beams':0}    | 400 | beams",
        "/api/generate        | {'to':'text','prompt':'x','beams':17}   | 400 | beams",
        "/api/generate        | {'to':'text','prompt':'x','beams':2,'top_p':0.5} | 400 | top_p",
        "/api/generate        | {'to':'text','prompt':'x','beams':2,'temperature':1} | 400 | temperature",
        "/api/generate        | {'to':'text','prompt':'x','beams':2,'num_return':3} | 400 | ",
        "/api/generate        | {'to':'text','prompt':'x','stream':true,'num_return':2} | 400 | stream",
        "/api/decode          | {}                                      | 400 | tokens",
        "/api/decode          | {'tokens':'[Hu1]','format':'aac'}       | 400 | format",
        "/api/decode          | {'tokens':'[Hu99999]'}                  | 400 | ",
        "/api/decode          | {'hubert':'x'}                          | 400 | ",
        "/api/decode          | {'tokens':'[Hu1]','style_name':'nope'}  | 400 | ",
        "/api/score           | {'prompt':'x'}                          | 400 | continuation",
        "/api/score           | {'pairs':[{'prompt':'x'}]}              | 400 | pairs[0].continuation",
        "/v1/chat/completions | {'model':'gpt','messages':[{'role':'user','content':'x'}]} | 404 | model",
        "/v1/chat/completions | {'messages':[{'role':'assistant','audio':{'id':'audio_1'}}]} | 404 | messages[0].audio.id",
      })
  void whatIsWrongElsewhereIsNamed(String path, String body, int status, String param)
      throws Exception {
    JsonNode error = error(served.post(path, json(body)), status);
    assertThat(error.get("param").asText()).isEqualTo(param == null ? "null" : param);
  }

  @Test
  void promptsThatDoNotFitAreRefused() throws Exception {
    for (String text : List.of("one ".repeat(2000), "x".repeat(8000))) {
      for (String body :
          List.of(
              CHAT + " {'messages':[{'role':'user','content':'" + text + "'}]}",
              "/v1/completions {'prompt':'" + text + "'}",
              "/api/generate {'to':'text','prompt':'" + text + "'}",
              "/api/score {'prompt':'" + text + "','continuation':'x'}")) {
        String[] parts = body.split(" ", 2);
        String much = parts[1].replace(text, text.repeat(35));
        assertThat(error(served.post(parts[0], json(much)), 400).get("message").asText())
            .containsAnyOf("context", "longer");
      }
    }
  }

  @Test
  void otherMediaAreRefused() throws Exception {
    for (String path : List.of(CHAT, "/v1/audio/speech", "/v1/audio/transcriptions")) {
      HttpRequest plain =
          served
              .request(path)
              .header("Content-Type", "text/plain")
              .POST(HttpRequest.BodyPublishers.ofString("{}"))
              .build();
      assertThat(error(served.send(plain), 415).get("code").asText())
          .isEqualTo("unsupported_media_type");
    }
  }

  /** With a length that is told, and without. */
  @Test
  void longBodiesAreRefused() throws Exception {
    byte[] body = new byte[300_000];
    for (String path : List.of(CHAT, "/api/encode")) {
      for (HttpRequest.BodyPublisher publisher :
          List.of(
              HttpRequest.BodyPublishers.ofByteArray(body),
              HttpRequest.BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body)))) {
        HttpRequest request =
            served.request(path).header("Content-Type", "application/json").POST(publisher).build();
        assertThat(error(served.send(request), 413).get("code").asText())
            .isEqualTo("request_too_large");
      }
    }
  }

  /** A small file that decodes to much. */
  @Test
  void longAudioIsRefused() throws Exception {
    ByteArrayOutputStream flac = new ByteArrayOutputStream();
    try (AudioSink sink = AudioFormat.FLAC.open(flac, Audio.SPEECH_RATE)) {
      for (int second = 0; second < 600; second++) {
        sink.write(new float[Audio.SPEECH_RATE]);
      }
      sink.finish();
    }
    assertThat(flac.size()).isLessThan(200_000);
    HttpRequest encode =
        served
            .request("/api/encode")
            .POST(HttpRequest.BodyPublishers.ofByteArray(flac.toByteArray()))
            .build();
    JsonNode error = error(served.send(encode), 400);
    assertThat(error.get("message").asText()).contains("longer than 3.0 s");
    assertThat(error.get("code").asText()).isEqualTo("invalid_audio");
    String chat =
        "{'messages':[{'role':'user','content':[{'type':'input_audio','input_audio':{'data':'"
            + Base64.getEncoder()
                .encodeToString(AudioWriter.bytes(new Audio(new float[4 * 8000], 8000)))
            + "','format':'wav'}}]}]}";
    assertThat(error(served.post(CHAT, json(chat)), 400).get("message").asText())
        .contains("longer than 3.0 s");
  }

  /** Each is short enough, but not all together. */
  @Test
  void manyRecordingsAreRefused() throws Exception {
    StringBuilder parts = new StringBuilder();
    for (int i = 0; i < 2; i++) {
      float[] samples = new float[2 * 8000];
      Arrays.fill(samples, 0.1f + 0.1f * i);
      parts.append(i == 0 ? "" : ",");
      parts.append("{'type':'input_audio','input_audio':{'format':'wav','data':'");
      byte[] recording = AudioWriter.bytes(new Audio(samples, 8000));
      parts.append(Base64.getEncoder().encodeToString(recording)).append("'}}");
    }
    String chat = "{'messages':[{'role':'user','content':[" + parts + "]}]}";
    JsonNode error = error(served.post(CHAT, json(chat)), 400);
    assertThat(error.get("code").asText()).isEqualTo("invalid_audio");
    assertThat(error.get("message").asText())
        .contains("2.0 s were read of others")
        .contains("all of a request may have 3.0 s");
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /nothing, 404",
    "GET, /v1/../../etc/passwd, 400",
    "GET, /v1/%2e%2e/%2e%2e/etc/passwd, 400",
    "GET, /v1/chat/completions, 405",
    "DELETE, /v1/models, 405",
    "GET, /v1/models/other, 404",
    "POST, /, 405"
  })
  void otherPathsAndMethodsAreRefused(String method, String path, int status) throws Exception {
    HttpRequest request =
        served.request(path).method(method, HttpRequest.BodyPublishers.noBody()).build();
    error(served.send(request), status);
  }

  @RepeatedTest(20) // the answer to a body that is too long must not be lost by a reset
  void formsWithoutAFileOrWithWrongFieldsAreRefused() throws Exception {
    String file = "Content-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\nRIFF";
    String field = "Content-Disposition: form-data; name=\"%s\"\r\n\r\n%s";
    for (String[] parts :
        new String[][] {
          {"file", field.formatted("model", Served.NAME)},
          {"file", file},
          {"nonsense", file, field.formatted("nonsense", "1")},
          {"response_format", file, field.formatted("response_format", "xml")},
          {"temperature", file, field.formatted("temperature", "hot")},
          {"stream", file, field.formatted("stream", "maybe")},
          {"timestamp_granularities[]", file, field.formatted("timestamp_granularities[]", "word")}
        }) {
      StringBuilder body = new StringBuilder();
      for (int i = 1; i < parts.length; i++) {
        body.append("--b\r\n").append(parts[i]).append("\r\n");
      }
      body.append("--b--\r\n");
      JsonNode error = error(served.send(form(body.toString())), 400);
      assertThat(error.get("param").asText()).as(error.toString()).isEqualTo(parts[0]);
    }
    error(served.send(form("--b\r\nnonsense")), 400);
    error(served.send(form("")), 400);
    error(served.send(form("--b\r\n" + file + "x".repeat(300_000) + "\r\n--b--\r\n")), 413);
  }

  private static HttpRequest form(String body) {
    return served
        .request("/v1/audio/transcriptions")
        .header("Content-Type", "multipart/form-data; boundary=b")
        .POST(HttpRequest.BodyPublishers.ofString(body))
        .build();
  }
}
