package org.spiritlm.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.spiritlm.LoadOptions;
import org.spiritlm.SpiritLm;
import org.spiritlm.torch.DType;

/** A server with models of the parity set, and a plain client of it. */
final class Served implements AutoCloseable {
  static final String NAME = "toy";
  static final ObjectMapper MAPPER = new ObjectMapper();

  private static final Path PARITY = Path.of("..", "core", "src", "test", "resources", "parity");
  private static final Map<String, SpiritLm> MODELS = new ConcurrentHashMap<>();
  private static final Description DESCRIPTION = Description.read();
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  final SpiritServer server;
  final List<String> log = new ArrayList<>();

  Served(String variant, ServerOptions options) {
    this(model(variant), options);
  }

  Served(SpiritLm model, ServerOptions options) {
    this(Map.of(NAME, model), options);
  }

  Served(Map<String, SpiritLm> models, ServerOptions options) {
    this.server =
        SpiritServer.start(
            models,
            options
                .withPort(0)
                .withLog(
                    line -> {
                      synchronized (log) {
                        log.add(line);
                      }
                    }));
  }

  static Served of(String variant) {
    return new Served(variant, ServerOptions.standard());
  }

  /** The directory of the models, in the released layout. */
  static Path directory() {
    return PARITY.resolve("checkpoints");
  }

  /** In float32. */
  static SpiritLm model(String variant) {
    return MODELS.computeIfAbsent(
        variant,
        name ->
            SpiritLm.load(
                directory(), LoadOptions.standard().withVariant(name).withDtype(DType.F32)));
  }

  static Path audio(String name) {
    return PARITY.resolve("audio").resolve(name);
  }

  URI uri(String path) {
    return URI.create(server.address() + path);
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(uri(path));
  }

  /** The response, which is as {@code openapi.json} describes it. */
  HttpResponse<byte[]> send(HttpRequest request) throws IOException, InterruptedException {
    HttpResponse<byte[]> response = CLIENT.send(request, HttpResponse.BodyHandlers.ofByteArray());
    String path = request.uri().getPath();
    assertThat(DESCRIPTION.faults(request.method(), path, response)).as(path).isEmpty();
    return response;
  }

  HttpResponse<InputStream> open(HttpRequest request) throws IOException, InterruptedException {
    return CLIENT.send(request, HttpResponse.BodyHandlers.ofInputStream());
  }

  HttpResponse<byte[]> get(String path) throws IOException, InterruptedException {
    return send(request(path).build());
  }

  HttpRequest posting(String path, String json) {
    return request(path)
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(json))
        .build();
  }

  /**
   * A form with a file and some fields.
   *
   * @param fields names, each with its value after it
   */
  HttpRequest form(String path, byte[] file, String... fields) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    for (int i = 0; i < fields.length; i += 2) {
      part(body, "name=\"" + fields[i] + "\"", bytes(fields[i + 1]));
    }
    part(body, "name=\"file\"; filename=\"a.wav\"", file);
    body.writeBytes(bytes("--b--\r\n"));
    return request(path)
        .header("Content-Type", "multipart/form-data; boundary=b")
        .POST(HttpRequest.BodyPublishers.ofByteArray(body.toByteArray()))
        .build();
  }

  private static void part(ByteArrayOutputStream body, String name, byte[] content) {
    body.writeBytes(bytes("--b\r\nContent-Disposition: form-data; " + name + "\r\n\r\n"));
    body.writeBytes(content);
    body.writeBytes(bytes("\r\n"));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  HttpResponse<byte[]> post(String path, String json) throws IOException, InterruptedException {
    return send(posting(path, json));
  }

  static JsonNode json(HttpResponse<byte[]> response) throws IOException {
    return MAPPER.readTree(response.body());
  }

  static String text(HttpResponse<byte[]> response) {
    return new String(response.body(), StandardCharsets.UTF_8);
  }

  /** The events of a stream, but for the one that says that there are no more. */
  static List<JsonNode> events(HttpResponse<byte[]> response) throws IOException {
    List<JsonNode> events = new ArrayList<>();
    for (String event : text(response).split("\n\n", -1)) {
      if (!event.isEmpty() && !event.equals("data: [DONE]")) {
        events.add(MAPPER.readTree(event.substring("data: ".length())));
      }
    }
    return events;
  }

  @Override
  public void close() {
    server.close();
  }
}
