package org.spiritlm.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.lm.EngineLimits;
import org.spiritlm.torch.InputException;

/** Who may come in, and what everybody is told. */
class AccessTest {
  private static final String SECRET = "something that nobody may read in a log";
  private static final String CHAT =
      "{\"messages\":[{\"role\":\"user\",\"content\":\""
          + SECRET
          + "\"}],\"max_tokens\":2,\"temperature\":0}";

  private static Served open;
  private static Served locked;
  private static Served shared;

  @BeforeAll
  static void start() {
    open = Served.of("base");
    locked =
        new Served("base", ServerOptions.standard().withKeys(List.of("first-key", "second-key")));
    shared =
        new Served(
            "base",
            ServerOptions.standard()
                .withKeys(List.of("key"))
                .withOrigins(List.of("https://Friend.example", "http://localhost:3000")));
  }

  @AfterAll
  static void stop() {
    open.close();
    locked.close();
    shared.close();
  }

  @ParameterizedTest
  @CsvSource({
    "Bearer first-key, 200",
    "Bearer second-key, 200",
    "Bearer first-key2, 401",
    "Bearer first, 401",
    "Bearer, 401",
    "first-key, 401",
    "Basic first-key, 401",
    ", 401"
  })
  void aKeyOpens(String authorization, int status) throws Exception {
    for (String path : List.of("/v1/models", "/metrics")) {
      HttpRequest.Builder request = locked.request(path);
      if (authorization != null) {
        request.header("Authorization", authorization);
      }
      HttpResponse<byte[]> response = locked.send(request.build());
      assertThat(response.statusCode()).isEqualTo(status);
      if (status == 401) {
        assertThat(Served.json(response).get("error").get("code").asText())
            .isEqualTo("invalid_api_key");
        assertThat(Served.text(response)).doesNotContain("first-key2");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/health", "/ready", "/openapi.json"})
  void someNeedNoKey(String path) throws Exception {
    assertThat(locked.get(path).statusCode()).isEqualTo(200);
  }

  /** Before the body is looked at. */
  @Test
  void theDescriptionTellsThatKeysAreNeeded() throws Exception {
    JsonNode description = Served.json(locked.get("/openapi.json"));
    assertThat(description.at("/security/0/key").isArray()).isTrue();
  }

  @Test
  void nothingIsDoneWithoutAKey() throws Exception {
    assertThat(locked.post("/v1/chat/completions", "{").statusCode()).isEqualTo(401);
    assertThat(locked.post("/api/encode", "x").statusCode()).isEqualTo(401);
  }

  @Test
  void pagesOfOtherSitesAreRefused() throws Exception {
    for (String origin : List.of("http://evil.example", "null", "http://[", "file://")) {
      HttpResponse<byte[]> response =
          open.send(open.request("/v1/models").header("Origin", origin).build());
      assertThat(response.statusCode()).isEqualTo(403);
      assertThat(response.headers().firstValue("Access-Control-Allow-Origin")).isEmpty();
    }
    String own = open.server.address();
    assertThat(open.send(open.request("/v1/models").header("Origin", own).build()).statusCode())
        .isEqualTo(200);
  }

  /** Sites that are let in, as their pages say where they are from. */
  @ParameterizedTest
  @CsvSource({
    "https://friend.example, true",
    "http://localhost:3000, true",
    "https://friend.example:444, false",
    "http://friend.example, false",
    "https://friend.example.evil, false",
    "https://my.friend.example, false",
    "http://localhost:3001, false",
    "null, false"
  })
  void pagesOfSomeSitesMayCome(String origin, boolean may) throws Exception {
    HttpRequest preflight =
        shared
            .request("/v1/chat/completions")
            .method("OPTIONS", HttpRequest.BodyPublishers.noBody())
            .header("Origin", origin)
            .header("Access-Control-Request-Method", "POST")
            .header("Access-Control-Request-Headers", "authorization, content-type, x-more")
            .build();
    HttpResponse<byte[]> asked = shared.send(preflight);
    assertThat(asked.statusCode()).isEqualTo(may ? 204 : 403);
    HttpRequest.Builder get = shared.request("/v1/models").header("Origin", origin);
    HttpResponse<byte[]> keyless = shared.send(get.build());
    assertThat(keyless.statusCode()).isEqualTo(may ? 401 : 403);
    HttpResponse<byte[]> answered = shared.send(get.header("Authorization", "Bearer key").build());
    assertThat(answered.statusCode()).isEqualTo(may ? 200 : 403);
    for (HttpResponse<byte[]> each : List.of(asked, keyless, answered)) {
      assertThat(each.headers().firstValue("Access-Control-Allow-Origin").orElse("none"))
          .isEqualTo(may ? origin : "none");
      assertThat(each.headers().firstValue("Access-Control-Allow-Credentials")).isEmpty();
      assertThat(each.headers().firstValue("Vary")).hasValue("Origin");
    }
    if (may) {
      assertThat(asked.headers().firstValue("Access-Control-Allow-Methods")).hasValue("GET, POST");
      assertThat(asked.headers().firstValue("Access-Control-Allow-Headers"))
          .hasValue("Authorization, *");
    }
  }

  @Test
  void nobodyAsksForSharingWhereNothingIsShared() throws Exception {
    HttpRequest preflight =
        open.request("/v1/models")
            .method("OPTIONS", HttpRequest.BodyPublishers.noBody())
            .header("Origin", "https://friend.example")
            .header("Access-Control-Request-Method", "GET")
            .build();
    HttpResponse<byte[]> refused = open.send(preflight);
    assertThat(refused.statusCode()).isEqualTo(405);
    assertThat(refused.headers().map().keySet())
        .noneMatch(name -> name.startsWith("access-control"));
  }

  @Test
  void onlyOriginsAreShared() {
    ServerOptions standard = ServerOptions.standard();
    assertThat(standard.withOrigins(List.of("HTTPS://Friend.example:443")).origins())
        .containsExactly("https://friend.example");
    for (String wrong :
        List.of(
            "*",
            "null",
            "",
            "friend.example",
            "https://",
            "https://friend.example/",
            "https://friend.example/page",
            "https://*.friend.example",
            "https://me@friend.example",
            "https://friend.example?x")) {
      assertThatThrownBy(() -> standard.withOrigins(List.of(wrong)))
          .as(wrong)
          .isInstanceOf(InputException.class)
          .hasMessageContaining("'" + wrong + "'")
          .hasMessageContaining("https://example.org");
    }
  }

  /** A name of another site that points to this machine. */
  @ParameterizedTest
  @CsvSource({"evil.example, 403", "evil.example:80, 403", "localhost, 200", "127.0.0.1:1, 200"})
  void onlyThisMachinesNamesAreAnsweredTo(String host, int status) throws Exception {
    String answer =
        raw("GET /v1/models HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
    assertThat(answer).startsWith("HTTP/1.1 " + status);
  }

  private static String raw(String request) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), open.uri("/").getPort())) {
      OutputStream out = socket.getOutputStream();
      out.write(request.getBytes(StandardCharsets.ISO_8859_1));
      out.flush();
      InputStream in = socket.getInputStream();
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** Requests that come to no route. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "nonsense\r\n\r\n",
        "GET / HTTP/9\r\n\r\n",
        "GET /v1/models HTTP/1.1\r\nConnection: close\r\n\r\n",
        "GET /v1/models HTTP/1.1\r\nHost: localhost\r\nBad Header\r\n\r\n",
        "POST /api/score HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n"
      })
  void whatIsNoHttpIsRefused(String request) throws Exception {
    String answer = raw(request);
    assertThat(answer).matches("(?s)HTTP/1.1 (4\\d\\d|505) .*").doesNotContain("Exception");
    assertThat(open.get("/health").statusCode()).isEqualTo(200);
  }

  /** A byte now and then, which would take a thread for long. */
  @ParameterizedTest
  @CsvSource({
    "/v1/chat/completions, application/json",
    "/api/encode, application/octet-stream",
    "/v1/audio/transcriptions, multipart/form-data; boundary=b"
  })
  @Timeout(30)
  void bodiesThatComeSlowlyAreNotWaitedFor(String path, String type) throws Exception {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), open.uri("/").getPort())) {
      String head =
          "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: 9999\r\n\r\n";
      OutputStream out = socket.getOutputStream();
      out.write(head.formatted(path, type).getBytes(StandardCharsets.US_ASCII));
      while (socket.getInputStream().available() == 0) { // the test's time is limited
        out.write('-');
        out.flush();
        Thread.sleep(20); // 50 bytes/s
      }
      String answer = new String(socket.getInputStream().readNBytes(12), StandardCharsets.UTF_8);
      assertThat(answer).isEqualTo("HTTP/1.1 400");
    }
    assertThat(open.get("/health").statusCode()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/v1/models", "/nothing", "/health"})
  void everythingHasTheHeaders(String path) throws Exception {
    HttpResponse<byte[]> response = open.get(path);
    assertThat(response.headers().firstValue("X-Request-Id").orElseThrow()).startsWith("req_");
    assertThat(response.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
    assertThat(response.headers().firstValue("X-Frame-Options")).hasValue("DENY");
    assertThat(response.headers().firstValue("Content-Security-Policy").orElseThrow())
        .contains("default-src 'none'");
    assertThat(response.headers().firstValue("Server")).isEmpty();
  }

  @Test
  void theLogTellsOfRequestsAndNotWhatTheySay() throws Exception {
    HttpResponse<byte[]> answer = open.post("/v1/chat/completions", CHAT);
    assertThat(answer.statusCode()).isEqualTo(200);
    String id = answer.headers().firstValue("X-Request-Id").orElseThrow();
    JsonNode line = null;
    while (line == null) { // it is written when the response has gone
      for (String each : log(open)) {
        JsonNode read = Served.MAPPER.readTree(each);
        line = read.get("id").asText().equals(id) ? read : line;
      }
      Thread.onSpinWait();
    }
    assertThat(line.get("route").asText()).isEqualTo("/v1/chat/completions");
    assertThat(line.get("status").intValue()).isEqualTo(200);
    assertThat(line.has("ms")).isTrue();
    assertThat(String.join("\n", log(open))).doesNotContain(SECRET).doesNotContain("nobody");
  }

  private static List<String> log(Served served) {
    synchronized (served.log) {
      return List.copyOf(served.log);
    }
  }

  @Test
  void figuresAreToldToPrometheus() throws Exception {
    open.post("/v1/chat/completions", CHAT);
    String figures = Served.text(open.get("/metrics"));
    for (String name :
        List.of(
            "spiritlm_engine_waiting{model=\"toy\"}",
            "spiritlm_engine_active",
            "spiritlm_engine_cache_bytes",
            "spiritlm_engine_new_tokens_total",
            "spiritlm_engine_reused_tokens_total",
            "spiritlm_first_audio_seconds_bucket{model=\"toy\"",
            "spiritlm_requests_seconds_count{route=\"/v1/chat/completions\",status=\"200\"}")) {
      assertThat(figures).contains(name);
    }
    assertThat(figures).doesNotContain("nothing-like-this");
  }

  @Test
  void othersAreLetInOnlyWithAKey() {
    ServerOptions standard = ServerOptions.standard();
    for (String host : List.of("0.0.0.0", "::", "192.0.2.1")) {
      assertThatThrownBy(() -> options(host, List.of(), false))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("--api-key-file")
          .hasMessageContaining("--insecure");
      assertThat(options(host, List.of("key"), false).host()).isEqualTo(host);
      assertThat(options(host, List.of(), true).host()).isEqualTo(host);
    }
    for (String host : List.of("127.0.0.1", "localhost", "::1", "127.0.0.2")) {
      assertThat(options(host, List.of(), false).host()).isEqualTo(host);
    }
    assertThatThrownBy(() -> standard.withPort(70_000)).isInstanceOf(InputException.class);
  }

  private static ServerOptions options(String host, List<String> keys, boolean insecure) {
    return new ServerOptions(
        host,
        0,
        keys,
        null,
        insecure,
        List.of(),
        EngineLimits.standard(),
        RequestLimits.standard(),
        null,
        Duration.ofSeconds(1),
        line -> {});
  }
}
