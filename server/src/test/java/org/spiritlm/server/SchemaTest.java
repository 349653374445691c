package org.spiritlm.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.GenerationMode;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/**
 * Requests made from the description of the server, right ones and such with something wrong in
 * them: each is answered, or refused with an error, and either is as it is described ({@link
 * Served#send}).
 */
class SchemaTest {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private static final List<String> PATHS =
      List.of(
          "/v1/chat/completions",
          "/v1/completions",
          "/v1/audio/speech",
          "/api/generate",
          "/api/decode",
          "/api/score");

  private static Served served;
  private static JsonNode document;

  @BeforeContainer
  static void start() throws Exception {
    served =
        new Served(
            "base",
            ServerOptions.standard()
                .withLimits(RequestLimits.standard().withNewTokens(12).withAudioSeconds(2)));
    document = Served.json(served.get("/openapi.json"));
  }

  @AfterContainer
  static void stop() {
    served.close();
  }

  @Property(tries = 150)
  void everyRequestIsAnsweredOrRefused(@ForAll long seed) throws Exception {
    Random random = new Random(seed);
    String path = PATHS.get(random.nextInt(PATHS.size()));
    JsonNode operation = document.get("paths").get(path).get("post");
    JsonNode schema = operation.at("/requestBody/content/application~1json/schema");
    double wrong = random.nextBoolean() ? 0 : 0.1;
    JsonNode body = new Maker(random, wrong).make(schema, 0);
    HttpResponse<byte[]> response = served.post(path, body.toString());
    assertThat(response.statusCode()).as("%s %s", path, body).isLessThan(500);
  }

  @Example
  void whatHasNoBodyIsAsDescribed() throws Exception {
    for (String path :
        List.of("/v1/models", "/v1/models/toy", "/health", "/ready", "/openapi.json", "/metrics")) {
      assertThat(served.get(path).statusCode()).as(path).isEqualTo(200);
    }
  }

  @Property(generation = GenerationMode.EXHAUSTIVE)
  void transcriptsAreAsDescribed(@ForAll("transcripts") String format, @ForAll boolean streamed)
      throws Exception {
    HttpResponse<byte[]> response =
        served.send(
            served.form(
                "/v1/audio/transcriptions",
                Files.readAllBytes(Served.audio("chirp.wav")),
                "response_format",
                format,
                "stream",
                String.valueOf(streamed)));
    boolean timed = !Set.of("json", "text").contains(format);
    assertThat(response.statusCode()).isEqualTo(streamed && timed ? 400 : 200);
  }

  @Provide
  Arbitrary<String> transcripts() {
    return Arbitraries.of("json", "text", "verbose_json", "srt", "vtt");
  }

  @Property(generation = GenerationMode.EXHAUSTIVE)
  void audioIsAsDescribed(@ForAll("formats") String format) throws Exception {
    for (String request :
        List.of(
            "/api/decode {'tokens':'[Hu1][Hu2]','format':'FORMAT'}",
            "/v1/audio/speech {'input':'x','response_format':'FORMAT','seed':1,'max_seconds':0.2}",
            "/v1/audio/speech {'input':'x','response_format':'FORMAT','seed':1,'max_seconds':0.2,"
                + "'stream_format':'sse'}")) {
      String[] parts = request.replace('\'', '"').replace("FORMAT", format).split(" ", 2);
      HttpResponse<byte[]> response = served.post(parts[0], parts[1]);
      assertThat(response.statusCode()).as(request).isEqualTo(200);
      assertThat(response.body()).as(request).isNotEmpty();
    }
  }

  @Provide
  Arbitrary<String> formats() {
    return Arbitraries.of("wav", "flac", "mp3", "opus", "pcm");
  }

  /**
   * Makes values of schemas.
   *
   * @param wrong how often something else stands in the place of a value
   */
  private record Maker(Random random, double wrong) {
    private static final List<String> TEXTS =
        List.of(
            "", "one", "one two three", "[Text]one", "[Hu3][Hu4]", "\u0000\ud83d\ude00", "AAAA");

    private static final Set<String> LARGE = Set.of("max_tokens", "max_new_tokens");

    JsonNode make(JsonNode given, int depth) {
      if (random.nextDouble() < wrong) {
        return junk(depth);
      }
      JsonNode schema =
          given.has("$ref") ? document.at(given.get("$ref").asText().substring(1)) : given;
      if (schema.has("oneOf") && !schema.has("properties")) {
        JsonNode options = schema.get("oneOf");
        return make(options.get(random.nextInt(options.size())), depth + 1);
      }
      if (schema.has("const")) {
        return schema.get("const");
      }
      if (schema.has("enum")) {
        return schema.get("enum").get(random.nextInt(schema.get("enum").size()));
      }
      JsonNode type = schema.path("type");
      return switch (type.isArray() ? type.get(0).asText() : type.asText()) {
        case "object" -> object(schema, depth);
        case "array" -> array(schema, depth);
        case "boolean" -> JSON.booleanNode(random.nextBoolean());
        case "integer" -> JSON.numberNode(whole(schema));
        case "number" ->
            JSON.numberNode(
                schema.path("minimum").asDouble(0)
                    + random.nextDouble()
                        * (schema.path("maximum").asDouble(1)
                            - schema.path("minimum").asDouble(0)));
        case "string" -> JSON.textNode(TEXTS.get(random.nextInt(TEXTS.size())));
        case "null" -> JSON.nullNode();
        default -> junk(depth);
      };
    }

    private int whole(JsonNode schema) {
      int least = schema.path("minimum").asInt(0);
      int most = Math.min(schema.path("maximum").asInt(30), 30);
      return least + random.nextInt(Math.max(1, most - least + 1));
    }

    private JsonNode object(JsonNode schema, int depth) {
      ObjectNode object = JSON.objectNode();
      Set<String> required = new HashSet<>();
      schema.path("required").forEach(name -> required.add(name.asText()));
      for (var property : schema.path("properties").properties()) {
        boolean needed = required.contains(property.getKey());
        if (needed || random.nextInt(4) == 0) {
          object.set(
              property.getKey(),
              LARGE.contains(property.getKey())
                  ? JSON.numberNode(random.nextInt(14))
                  : make(property.getValue(), depth + 1));
        }
      }
      if (random.nextDouble() < wrong) {
        object.set("something", junk(depth));
      }
      return object;
    }

    private JsonNode array(JsonNode schema, int depth) {
      var array = JSON.arrayNode();
      int most = Math.min(3, schema.path("maxItems").asInt(3));
      int count = schema.path("minItems").asInt(0) + random.nextInt(most + 1);
      for (int i = 0; i < count && depth < 8; i++) {
        array.add(make(schema.path("items"), depth + 1));
      }
      return array;
    }

    private JsonNode junk(int depth) {
      return switch (random.nextInt(depth > 6 ? 6 : 8)) {
        case 0 -> JSON.nullNode();
        case 1 -> JSON.booleanNode(true);
        case 2 -> JSON.numberNode(random.nextLong());
        case 3 -> JSON.numberNode(-random.nextDouble() * 1e300);
        case 4 -> JSON.textNode("x".repeat(random.nextInt(100)));
        case 5 -> JSON.textNode("\ud800<script>\r\n\u202e");
        case 6 -> JSON.arrayNode().add(junk(depth + 1));
        default -> JSON.objectNode().set("x", junk(depth + 1));
      };
    }
  }
}
