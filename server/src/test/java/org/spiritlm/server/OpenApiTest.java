package org.spiritlm.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The description of the server is what the server does. */
class OpenApiTest {
  private static Served served;
  private static JsonNode document;

  @BeforeAll
  static void start() throws Exception {
    served = Served.of("base");
    document = Served.json(served.get("/openapi.json"));
  }

  @AfterAll
  static void stop() {
    served.close();
  }

  @Test
  void itHasAllRoutesAndNoOthers() {
    Set<String> described = new TreeSet<>();
    document
        .get("paths")
        .properties()
        .forEach(
            path ->
                path.getValue()
                    .fieldNames()
                    .forEachRemaining(
                        method ->
                            described.add(method.toUpperCase(Locale.ROOT) + " " + path.getKey())));
    Set<String> routes = new TreeSet<>();
    for (Route route : served.server.routes()) {
      routes.add(route.method().name() + " " + route.path());
      JsonNode operation = operation(route);
      boolean open = operation.has("security") && operation.get("security").isEmpty();
      assertThat(open).as(route.path()).isEqualTo(route.open());
    }
    assertThat(described).isEqualTo(routes);
  }

  /** Here anybody may come; {@link AccessTest} has a server that asks for keys. */
  @Test
  void itAsksForNoKeyWhereNoneIsNeeded() {
    assertThat(document.get("security")).isEmpty();
    assertThat(document.at("/components/securitySchemes/key").isObject()).isTrue();
  }

  /** Requests without what one of several fields has to say are not as described either. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/api/decode | {'tokens':'[Hu1]'} | {}",
        "/api/decode | {'hubert':[1],'tokens':null} | {'hubert':null}",
        "/api/score | {'prompt':'a','continuation':'b'} | {'prompt':'a'}",
        "/api/score | {'pairs':[{'prompt':'a','continuation':'b'}]} | {'pairs':null}",
        "/api/generate | {'to':'text','prompt':'a','max_new_tokens':1} | {'to':'text'}",
        "/v1/chat/completions | {'messages':[{'role':'user','content':'a'}],'max_tokens':1} |"
            + " {'messages':[{'role':'user'}]}",
        "/v1/completions | {'prompt':'a','max_tokens':1,'model':null,'stop':null} | {'prompt':1}"
      })
  void itAcceptsWhatTheServerAccepts(String path, String right, String wrong) throws Exception {
    Description description = new Description(document);
    for (String body : List.of(right, wrong)) {
      String json = body.replace('\'', '"');
      int status = served.post(path, json).statusCode();
      assertThat(description.acceptsRequest(path, json)).as(body).isEqualTo(status == 200);
      assertThat(status).as(body).isEqualTo(body.equals(right) ? 200 : 400);
    }
  }

  private static JsonNode operation(Route route) {
    return document
        .get("paths")
        .get(route.path())
        .get(route.method().name().toLowerCase(Locale.ROOT));
  }

  /** What a reference points to exists. */
  @Test
  void itsReferencesAreThere() {
    List<String> references = document.findValuesAsText("$ref");
    assertThat(references).isNotEmpty();
    for (String reference : references) {
      assertThat(document.at(reference.substring(1)).isObject()).as(reference).isTrue();
    }
  }

  /** Each field of a request is known, and fields that are not described are refused. */
  @Test
  void itsFieldsAreThose() throws Exception {
    int tried = 0;
    for (Route route : served.server.routes()) {
      JsonNode content = operation(route).path("requestBody").path("content");
      String reference = content.path("application/json").path("schema").path("$ref").asText();
      if (reference.isEmpty()) {
        continue;
      }
      List<String> fields = new ArrayList<>();
      document
          .at(reference.substring(1))
          .get("properties")
          .fieldNames()
          .forEachRemaining(fields::add);
      for (String field : fields) {
        // an object is wrong for most of them, but none is unknown
        assertThat(code(route.path(), field)).as(field).isNotEqualTo("unknown_parameter");
        tried++;
      }
      assertThat(code(route.path(), "undescribed")).isEqualTo("unknown_parameter");
    }
    assertThat(tried).isGreaterThan(50);
  }

  private static String code(String path, String field) throws Exception {
    String body = new ObjectMapper().createObjectNode().put(field, "x").toString();
    HttpResponse<byte[]> response = served.post(path, body);
    assertThat(response.statusCode()).isIn(200, 400, 404); // a prompt is enough; another model
    return response.statusCode() == 200
        ? ""
        : Served.json(response).get("error").get("code").asText();
  }

  /** Each operation tells the statuses that every request may have. */
  @Test
  void itsErrorsAreDescribed() throws Exception {
    for (Route route : served.server.routes()) {
      JsonNode responses = operation(route).get("responses");
      assertThat(responses.has("200")).isTrue();
      if (!route.open()) {
        assertThat(responses.has("401")).as(route.path()).isTrue();
      }
      if (route.method().name().equals("POST")) {
        HttpRequest empty =
            served.request(route.path()).POST(HttpRequest.BodyPublishers.noBody()).build();
        int status = served.send(empty).statusCode();
        assertThat(responses.has(String.valueOf(status)))
            .as("%s gives %d", route.path(), status)
            .isTrue();
      }
    }
  }

  /** Objects of responses have the fields that are listed and no others, so that drift is seen. */
  @Test
  void itsResponsesAreClosed() {
    int objects = 0;
    for (Route route : served.server.routes()) {
      if (route.path().equals("/openapi.json")) {
        continue; // which has a standard of its own
      }
      for (JsonNode schema : responses(route)) {
        for (JsonNode type : schema.findParents("type")) {
          if (type.get("type").toString().contains("object")) {
            assertThat(type.has("additionalProperties")).as(type.toString()).isTrue();
            objects++;
          }
        }
      }
    }
    assertThat(objects).isGreaterThan(50);
  }

  /** The schemas of what a route answers, and those that they refer to. */
  private static Set<JsonNode> responses(Route route) {
    Set<JsonNode> all = new LinkedHashSet<>();
    Deque<JsonNode> left = new ArrayDeque<>(List.of(operation(route).get("responses")));
    while (!left.isEmpty()) {
      JsonNode schema = left.pop();
      if (all.add(schema)) {
        schema
            .findValuesAsText("$ref")
            .forEach(reference -> left.push(document.at(reference.substring(1))));
      }
    }
    return all;
  }

  /**
   * What is not described is found: another status or type, a field more, less or of another kind.
   */
  @Test
  void responsesThatDriftAreFound() {
    Description description = new Description(document);
    JsonNode operation = description.operation("get", "/v1/models/toy");
    String model =
        "{'id':'a','object':'model','created':1,'owned_by':'b','variant':'base','voices':['c'],"
            + "'styles':[],'frame_rates':{'hubert':25}}";
    assertThat(faults(description, operation, 200, "application/json", model)).isEmpty();
    assertThat(faults(description, operation, 204, "application/json", model)).isNotEmpty();
    assertThat(faults(description, operation, 200, "text/plain", model)).isNotEmpty();
    for (String drifted :
        List.of(
            model.replace("'styles':[],", ""),
            model.replace("'styles':[]", "'styles':[1]"),
            model.replace("'styles':[]", "'styles':[],'more':1"),
            model.replace("'hubert':25", "'hubert':25,'more':1"),
            model.replace("'base'", "'tiny'"),
            "{",
            "[]")) {
      assertThat(faults(description, operation, 200, "application/json", drifted))
          .as(drifted)
          .isNotEmpty();
    }
    JsonNode speech = description.operation("post", "/v1/audio/speech");
    String event = "data: {'type':'speech.audio.delta','audio':'AAAA'}\n\n";
    assertThat(faults(description, speech, 200, "text/event-stream", event)).isEmpty();
    assertThat(faults(description, speech, 200, "text/event-stream", event + "data: {}\n\n"))
        .isNotEmpty();
  }

  private static List<String> faults(
      Description description, JsonNode operation, int status, String type, String body) {
    byte[] bytes = body.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    return description.faults(operation, status, type, bytes);
  }
}
