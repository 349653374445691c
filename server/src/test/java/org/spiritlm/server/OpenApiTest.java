package org.spiritlm.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

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
}
