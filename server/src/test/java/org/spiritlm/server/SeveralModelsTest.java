package org.spiritlm.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocketHandshakeException;
import java.nio.file.Files;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.SpiritLm;
import org.spiritlm.lm.EngineLimits;
import org.spiritlm.torch.InputException;

/** Two models at once: each answers as it does where it is served alone. */
class SeveralModelsTest {
  private static final String BASE = "plain";
  private static final String EXPRESSIVE = "vivid";
  private static final String NO_MODEL = "nothing-like-this";

  private static Served both;
  private static Map<String, Served> alone;

  @BeforeAll
  static void start() {
    both = new Served(models(), ServerOptions.standard());
    alone = new LinkedHashMap<>();
    models()
        .forEach(
            (name, model) ->
                alone.put(name, new Served(Map.of(name, model), ServerOptions.standard())));
  }

  @AfterAll
  static void stop() {
    both.close();
    alone.values().forEach(Served::close);
  }

  private static Map<String, SpiritLm> models() {
    Map<String, SpiritLm> models = new LinkedHashMap<>();
    models.put(BASE, Served.model("base"));
    models.put(EXPRESSIVE, Served.model("expressive"));
    return models;
  }

  private static byte[] recording() throws Exception {
    return Files.readAllBytes(Served.audio("chirp.wav"));
  }

  /** The same request to whoever serves the model. */
  private static HttpRequest request(Served served, String path, String model, String json)
      throws Exception {
    if (path.equals("/api/encode")) {
      return served
          .request(path + "?model=" + model)
          .POST(HttpRequest.BodyPublishers.ofByteArray(recording()))
          .build();
    }
    if (path.equals("/v1/audio/transcriptions")) {
      return served.form(path, recording(), "model", model);
    }
    ObjectNode body = (ObjectNode) Served.MAPPER.readTree(json.replace('\'', '"'));
    return served.posting(path, body.put("model", model).toString());
  }

  /** What was answered, but for what each answer has of its own. */
  private static String content(HttpResponse<byte[]> response) throws Exception {
    assertThat(response.statusCode()).as(Served.text(response)).isEqualTo(200);
    if (!response.headers().firstValue("Content-Type").orElseThrow().equals("application/json")) {
      return Base64.getEncoder().encodeToString(response.body());
    }
    ObjectNode object = (ObjectNode) Served.json(response);
    object.remove(List.of("id", "created"));
    if (object.at("/choices/0/message/audio") instanceof ObjectNode audio) {
      audio.remove(List.of("id", "expires_at"));
    }
    return object.toString();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "/api/encode              | ",
        "/api/decode              | {'tokens':'[Hu12][Hu40][Hu7]'}",
        "/api/score               | {'prompt':'[Text]one','continuation':' two three'}",
        "/api/generate            | {'prompt':'[Speech][Hu9][Hu4]','to':'any','seed':3,'max_new_tokens':30}",
        "/v1/completions          | {'prompt':'[Text]one two','seed':3,'max_tokens':20,'logprobs':1}",
        "/v1/chat/completions     | {'messages':[{'role':'user','content':'one'}],'modalities':['audio'],'seed':3,'max_tokens':30}",
        "/v1/audio/speech         | {'input':'one two','seed':3,'response_format':'wav','max_seconds':1}",
        "/v1/audio/transcriptions | "
      })
  void eachAnswersAsItDoesAlone(String path, String json) throws Exception {
    Map<String, String> answers = new LinkedHashMap<>();
    for (String model : alone.keySet()) {
      String asked = // EXPRESSIVE models speak with pitch and style alone
          path.equals("/api/decode") && model.equals(EXPRESSIVE)
              ? json.replace("[Hu12]", "[St3][Pi5][Hu12]")
              : json;
      String told = content(both.send(request(both, path, model, asked)));
      Served one = alone.get(model);
      assertThat(told).as(model).isEqualTo(content(one.send(request(one, path, model, asked))));
      answers.put(model, told);
    }
    assertThat(answers.get(BASE)).isNotEqualTo(answers.get(EXPRESSIVE));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/api/encode",
        "/api/decode",
        "/api/score",
        "/api/generate",
        "/v1/completions",
        "/v1/chat/completions",
        "/v1/audio/speech",
        "/v1/audio/transcriptions"
      })
  void anotherNameIsToldWhatThereIs(String path) throws Exception {
    HttpResponse<byte[]> response = both.send(request(both, path, NO_MODEL, "{}"));
    assertThat(response.statusCode()).isEqualTo(404);
    JsonNode error = Served.json(response).get("error");
    assertThat(error.get("code").asText()).isEqualTo("model_not_found");
    assertThat(error.get("param").asText()).isEqualTo("model");
    assertThat(error.get("message").asText()).contains(NO_MODEL, BASE, EXPRESSIVE);
  }

  @Test
  void theFirstIsAskedWhereNoneIsNamed() throws Exception {
    JsonNode list = Served.json(both.get("/v1/models")).get("data");
    assertThat(list.findValuesAsText("id")).containsExactly(BASE, EXPRESSIVE);
    assertThat(list.findValuesAsText("variant")).containsExactly("base", "expressive");
    for (JsonNode each : list) {
      assertThat(Served.json(both.get("/v1/models/" + each.get("id").asText()))).isEqualTo(each);
    }
    assertThat(both.get("/v1/models/" + NO_MODEL).statusCode()).isEqualTo(404);
    String asked = "{\"prompt\":\"[Text]two\",\"max_tokens\":5,\"temperature\":0}";
    JsonNode answer = Served.json(both.post("/v1/completions", asked));
    assertThat(answer.get("model").asText()).isEqualTo(BASE);
    HttpRequest encoding =
        both.request("/api/encode")
            .POST(HttpRequest.BodyPublishers.ofByteArray(recording()))
            .build();
    assertThat(Served.json(both.send(encoding)).has("pitch")).isFalse();
  }

  /** What one said, the other does not know by its name. */
  @Test
  void answersAreRememberedByTheirModel() throws Exception {
    String question =
        "{\"messages\":[{\"role\":\"user\",\"content\":\"two\"}],\"modalities\":[\"audio\"],"
            + "\"seed\":5,\"max_tokens\":30}";
    String path = "/v1/chat/completions";
    HttpResponse<byte[]> said = both.send(request(both, path, EXPRESSIVE, question));
    String id = Served.json(said).at("/choices/0/message/audio/id").asText();
    assertThat(id).isNotEmpty();
    String again =
        "{\"messages\":[{\"role\":\"assistant\",\"audio\":{\"id\":\""
            + id
            + "\"}}],"
            + "\"max_tokens\":5}";
    assertThat(both.send(request(both, path, EXPRESSIVE, again)).statusCode()).isEqualTo(200);
    HttpResponse<byte[]> other = both.send(request(both, path, BASE, again));
    assertThat(other.statusCode()).isEqualTo(404);
    assertThat(Served.text(other)).contains("audio_not_found");
  }

  private static URI realtime(Served served, String model) {
    return URI.create(RealtimeClient.uri(served) + "?model=" + model);
  }

  private static String written(Served served, String model) {
    try (RealtimeClient client = new RealtimeClient(realtime(served, model))) {
      assertThat(client.await("session.created").at("/session/model").asText()).isEqualTo(model);
      client.send(
          RealtimeClient.update(
              "\"model\":\""
                  + model
                  + "\",\"modalities\":[\"text\"],\"seed\":2,\"max_response_output_tokens\":20"));
      assertThat(client.await("session.updated").at("/session/model").asText()).isEqualTo(model);
      client.send(RealtimeClient.say("one two")).send(RealtimeClient.RESPOND);
      return client.await("response.text.done").get("text").asText();
    }
  }

  @Test
  void conversationsAreHeldWithTheModelOfTheAddress() {
    Map<String, String> answers = new LinkedHashMap<>();
    for (String model : alone.keySet()) {
      answers.put(model, written(both, model));
      assertThat(answers.get(model)).isEqualTo(written(alone.get(model), model));
    }
    assertThat(answers.get(BASE)).isNotEqualTo(answers.get(EXPRESSIVE));
    try (RealtimeClient client = new RealtimeClient(both)) { // the first
      client.send(RealtimeClient.update("\"model\":\"" + EXPRESSIVE + "\""));
      JsonNode refused = client.await("error");
      assertThat(refused.at("/error/code").asText()).isEqualTo("model_not_found");
      assertThat(refused.at("/error/message").asText()).contains(BASE, "address");
    }
    CompletionException failure =
        catchThrowableOfType(
            CompletionException.class, () -> new RealtimeClient(realtime(both, NO_MODEL)));
    assertThat(((WebSocketHandshakeException) failure.getCause()).getResponse().statusCode())
        .isEqualTo(404);
  }

  /** All caches together keep the bound: an answer that needs most of it fits in no equal share. */
  @Test
  void theMemoryOfCachesIsShared() throws Exception {
    EngineLimits limits = EngineLimits.standard();
    String asked =
        "{\"prompt\":\"[Text]one\",\"max_tokens\":300,\"temperature\":0,\"model\":\"plain\"}";
    long memory = 1;
    while (status(alone(limits.withCacheBytes(memory)), asked) != 200) {
      memory *= 2; // the first that has room for one
    }
    ServerOptions options = ServerOptions.standard().withEngine(limits.withCacheBytes(memory));
    assertThat(status(new Served(models(), options), asked)).isEqualTo(400);
    options = options.withEngine(limits.withCacheBytes(2 * memory));
    assertThat(status(new Served(models(), options), asked)).isEqualTo(200);
  }

  private static Served alone(EngineLimits limits) {
    return new Served(
        Map.of(BASE, Served.model("base")), ServerOptions.standard().withEngine(limits));
  }

  private static int status(Served served, String asked) throws Exception {
    try (served) {
      return served.post("/v1/completions", asked).statusCode();
    }
  }

  @Test
  void eachEngineHasFigures() throws Exception {
    Map<String, Double> before = figures();
    both.send(
        request(both, "/v1/completions", EXPRESSIVE, "{'prompt':'[Text]six','max_tokens':5}"));
    Map<String, Double> after = figures();
    assertThat(after.get(BASE)).isEqualTo(before.get(BASE));
    assertThat(after.get(EXPRESSIVE)).isGreaterThan(before.get(EXPRESSIVE));
  }

  /** Runs of each model, by their names. */
  private static Map<String, Double> figures() throws Exception {
    Map<String, Double> figures = new LinkedHashMap<>();
    String name = "spiritlm_engine_steps_total{model=\"";
    Served.text(both.get("/metrics"))
        .lines()
        .filter(line -> line.startsWith(name))
        .map(line -> line.substring(name.length()).split("\"} ", 2))
        .forEach(each -> figures.put(each[0], Double.parseDouble(each[1])));
    assertThat(figures).containsOnlyKeys(BASE, EXPRESSIVE);
    return figures;
  }

  @Test
  void noModelIsNotServed() {
    assertThatThrownBy(() -> SpiritServer.start(Map.of(), ServerOptions.standard()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no model");
  }
}
