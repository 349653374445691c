package org.spiritlm.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** What {@code openapi.json} says of responses, and what of a response is not as it says. */
final class Description {
  private static final String END = "[DONE]";

  private final JsonNode document;
  private final SchemaRegistry registry =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
  private final Map<String, Schema> schemas = new ConcurrentHashMap<>();

  Description(JsonNode document) {
    this.document = document;
  }

  /** The server's own. */
  static Description read() {
    try (InputStream stream =
        Objects.requireNonNull(SpiritServer.class.getResourceAsStream("openapi.json"))) {
      return new Description(Served.MAPPER.readTree(stream));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What is done at a path by a method; null where nothing is described. */
  @Nullable JsonNode operation(String method, String path) {
    for (Map.Entry<String, JsonNode> each : document.get("paths").properties()) {
      if (path.matches(each.getKey().replaceAll("\\{\\w+}", "[^/]+"))) {
        return each.getValue().get(method.toLowerCase(Locale.ROOT));
      }
    }
    return null;
  }

  /** Whether a body is a request as described. */
  boolean acceptsRequest(String path, String json) {
    JsonNode operation = Objects.requireNonNull(operation("post", path));
    JsonNode content = operation.at("/requestBody/content/application~1json");
    return faults(json, content.get("schema")).isEmpty();
  }

  /** What is wrong with a response to a request at a path that is described; else nothing. */
  List<String> faults(String method, String path, HttpResponse<byte[]> response) {
    JsonNode operation = operation(method, path);
    if (operation == null) {
      return List.of();
    }
    String type = response.headers().firstValue("Content-Type").orElse("none").split(";", 2)[0];
    return faults(operation, response.statusCode(), type, response.body());
  }

  /** The same for its parts. */
  List<String> faults(JsonNode operation, int status, String type, byte[] body) {
    JsonNode content =
        operation.path("responses").path(String.valueOf(status)).path("content").get(type);
    if (content == null) {
      return List.of("a response of status " + status + " and type " + type + " is not described");
    }
    String text = new String(body, StandardCharsets.UTF_8);
    return switch (type) {
      case "application/json" -> faults(text, content.get("schema"));
      case "text/event-stream" -> events(text, content.get("x-itemSchema"));
      default -> List.of();
    };
  }

  private List<String> events(String text, JsonNode schema) {
    List<String> faults = new ArrayList<>();
    for (String event : text.split("\n\n", -1)) {
      if (!event.isEmpty() && !event.equals("data: " + END)) {
        faults.addAll(faults(event.substring("data: ".length()), schema));
      }
    }
    return faults;
  }

  private List<String> faults(String json, JsonNode schema) {
    try {
      return schemas
          .computeIfAbsent(schema.toString(), text -> compiled(schema))
          .validate(Served.MAPPER.readTree(json))
          .stream()
          .map(error -> error + " in " + json)
          .toList();
    } catch (IOException e) {
      return List.of("no JSON: " + e.getMessage() + " in " + json);
    }
  }

  /** The schema with the document around it, in which its references are looked up. */
  private Schema compiled(JsonNode schema) {
    ObjectNode root = ((ObjectNode) schema).deepCopy();
    root.set("components", document.get("components"));
    return registry.getSchema(root);
  }
}
