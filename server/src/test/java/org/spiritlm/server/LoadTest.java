package org.spiritlm.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.spiritlm.lm.EngineFigures;
import org.spiritlm.lm.EngineLimits;

/** Many clients at once, too many, and clients that go away. */
class LoadTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final int LONG = 3500;

  private final ExecutorService clients = Executors.newFixedThreadPool(24);

  @AfterEach
  void stop() {
    clients.shutdownNow();
  }

  private static String chat(String text, int tokens, boolean streamed) {
    return "{\"messages\":[{\"role\":\"user\",\"content\":\""
        + text
        + "\"}],\"temperature\":0,\"stream\":"
        + streamed
        + ",\"max_tokens\":"
        + tokens
        + "}";
  }

  private CompletableFuture<HttpResponse<byte[]>> post(Served served, String body) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return served.post(CHAT, body);
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        },
        clients);
  }

  private static String content(HttpResponse<byte[]> response) throws Exception {
    assertThat(response.statusCode()).as(Served.text(response)).isEqualTo(200);
    return Served.json(response).at("/choices/0/message/content").asText();
  }

  @Test
  void togetherEachGetsWhatItGetsAlone() throws Exception {
    try (Served served = Served.of("base")) {
      List<String> alone = new ArrayList<>();
      List<CompletableFuture<HttpResponse<byte[]>>> together = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        alone.add(content(served.post(CHAT, chat("number " + i, 20 + i, false))));
      }
      for (int i = 0; i < 12; i++) {
        together.add(post(served, chat("number " + i, 20 + i, false)));
      }
      for (int i = 0; i < 12; i++) {
        assertThat(content(together.get(i).get())).isEqualTo(alone.get(i));
      }
    }
  }

  @Test
  void tooManyAreAskedToComeAgain() throws Exception {
    EngineLimits few = EngineLimits.standard().withSequences(2).withWaiting(3);
    try (Served served = new Served("base", ServerOptions.standard().withEngine(few))) {
      List<CompletableFuture<HttpResponse<byte[]>>> all = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        all.add(post(served, chat("number " + i, 150, false)));
      }
      int answered = 0;
      for (CompletableFuture<HttpResponse<byte[]>> each : all) {
        HttpResponse<byte[]> response = each.get();
        assertThat(response.statusCode()).isIn(200, 429);
        if (response.statusCode() == 429) {
          assertThat(response.headers().firstValue("Retry-After")).hasValue("1");
          JsonNode error = Served.json(response).get("error");
          assertThat(error.get("code").asText()).isEqualTo("rate_limit_exceeded");
        } else {
          answered++;
        }
      }
      assertThat(answered).isBetween(5, 19);
      assertThat(served.server.model().engine().figures().refused()).isEqualTo(20L - answered);
    }
  }

  private static void awaitActive(Served served, boolean some) {
    while (served.server.model().engine().figures().active() > 0 != some) {
      Thread.onSpinWait();
    }
  }

  /** Whether they wait for a whole answer, or have heard a part of one. */
  @Test
  void clientsThatGoAwayLeaveNoWorkBehind() throws Exception {
    try (Served served = Served.of("base")) {
      for (boolean streamed : new boolean[] {false, true}) {
        List<Socket> sockets = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
          Socket socket = new Socket(InetAddress.getLoopbackAddress(), served.uri("/").getPort());
          String body = chat("number " + i, LONG, streamed);
          socket
              .getOutputStream()
              .write(
                  ("POST "
                          + CHAT
                          + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                          + "Content-Length: "
                          + body.length()
                          + "\r\n\r\n"
                          + body)
                      .getBytes(StandardCharsets.US_ASCII));
          socket.getOutputStream().flush();
          sockets.add(socket);
        }
        awaitActive(served, true);
        if (streamed) {
          assertThat(sockets.get(0).getInputStream().read()).isEqualTo('H');
        }
        long before = served.server.model().engine().figures().newTokens();
        for (Socket socket : sockets) {
          socket.close();
        }
        awaitActive(served, false);
        EngineFigures left = served.server.model().engine().figures();
        assertThat(left.waiting()).isZero();
        assertThat(left.cacheBytes()).isZero();
        assertThat(left.newTokens() - before).isLessThan(6L * LONG);
      }
    }
  }

  /** The next request, sent before the answer to the one before. */
  @Test
  void clientsThatSendAheadAreStillThere() throws Exception {
    try (Served served = Served.of("base");
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), served.uri("/").getPort())) {
      String body = chat("one two", 400, false);
      String first =
          "POST "
              + CHAT
              + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
              + "Content-Length: "
              + body.length()
              + "\r\n\r\n"
              + body;
      socket.getOutputStream().write(first.getBytes(StandardCharsets.US_ASCII));
      awaitActive(served, true);
      socket
          .getOutputStream()
          .write(
              "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      String both = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      assertThat(both).contains("\"finish_reason\":\"length\"");
      assertThat(both).endsWith("{\"status\":\"ok\"}");
    }
  }

  /** Clients that begin to send, and do not go on. */
  @Test
  void slowSendersDoNotHoldUpOthers() throws Exception {
    try (Served served = Served.of("base")) {
      String brief = chat("one", 1, false);
      List<Socket> sockets = new ArrayList<>();
      while (served.post(CHAT, brief).statusCode() == 200) { // until no more bodies are read
        assertThat(sockets.size()).isLessThan(2 * SpiritServer.READERS);
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), served.uri("/").getPort());
        socket
            .getOutputStream()
            .write(
                ("POST "
                        + CHAT
                        + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                        + "Content-Length: 1000\r\n\r\n{")
                    .getBytes(StandardCharsets.US_ASCII));
        sockets.add(socket);
      }
      assertThat(sockets.size()).isGreaterThanOrEqualTo(SpiritServer.READERS);
      HttpResponse<byte[]> refused = served.post(CHAT, brief);
      assertThat(refused.statusCode()).isEqualTo(429);
      assertThat(served.get("/v1/models").statusCode()).isEqualTo(200);
      for (Socket socket : sockets) {
        socket.close();
      }
      while (served.post(CHAT, brief).statusCode() != 200) {
        Thread.onSpinWait();
      }
    }
  }

  @Test
  void whatTakesTooLongFails() throws Exception {
    RequestLimits brief = RequestLimits.standard().withTime(Duration.ofMillis(300));
    EngineLimits one = EngineLimits.standard().withSequences(1);
    try (Served served =
        new Served("base", ServerOptions.standard().withLimits(brief).withEngine(one))) {
      HttpResponse<byte[]> late = served.post(CHAT, chat("one", LONG, false));
      assertThat(late.statusCode()).isEqualTo(504);
      assertThat(Served.json(late).at("/error/code").asText()).isEqualTo("deadline_exceeded");
      HttpResponse<byte[]> streamed = served.post(CHAT, chat("one", LONG, true));
      JsonNode last = // of the events, or the response where there was none yet
          streamed.statusCode() == 200
              ? Served.events(streamed).get(Served.events(streamed).size() - 1)
              : Served.json(streamed);
      assertThat(last.at("/error/code").asText()).isEqualTo("deadline_exceeded");
      String counted = "spiritlm_requests_seconds_count{route=\"" + CHAT + "\",status=\"504\"} 2";
      while (!Served.text(served.get("/metrics")).contains(counted)) {
        Thread.onSpinWait(); // it is counted once the response is sent
      }
    }
  }

  @Test
  void stoppingLetsAnswersEnd() throws Exception {
    Served served = Served.of("base");
    HttpRequest request = served.posting(CHAT, chat("one two", 600, true));
    HttpResponse<InputStream> answer = served.open(request);
    awaitActive(served, true);
    CompletableFuture<Void> stopping = CompletableFuture.runAsync(served::close, clients);
    String all = new String(answer.body().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(all).endsWith("data: [DONE]\n\n").contains("\"finish_reason\":\"length\"");
    stopping.get();
  }

  /** A client that never ends its request is not waited for when the grace time is over. */
  @Test
  void stoppingDoesNotWaitForEver() throws Exception {
    ServerOptions usual = ServerOptions.standard();
    ServerOptions brief =
        new ServerOptions(
            usual.host(),
            usual.port(),
            usual.keys(),
            usual.tls(),
            usual.insecure(),
            usual.origins(),
            usual.engine(),
            usual.limits(),
            usual.lookAhead(),
            Duration.ofSeconds(1),
            usual.log());
    Served served = new Served("base", brief);
    int port = served.uri("/").getPort();
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      String head =
          "POST "
              + CHAT
              + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
              + "Expect: 100-continue\r\nContent-Length: 1000\r\n\r\n";
      socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
      byte[] begun = socket.getInputStream().readNBytes("HTTP/1.1 100".length());
      assertThat(new String(begun, StandardCharsets.US_ASCII)).isEqualTo("HTTP/1.1 100");
      served.close();
      assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), port).close())
          .isInstanceOf(ConnectException.class);
    }
  }
}
