package org.spiritlm.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients of conversations who do what they should not. */
class RealtimeInputTest {
  private static Served served;
  private static Served locked;

  @BeforeAll
  static void start() {
    served =
        new Served(
            "base",
            ServerOptions.standard()
                .withOrigins(List.of("http://friend.example"))
                .withLimits(RequestLimits.standard().withBodyBytes(200_000).withAudioSeconds(2)));
    locked = new Served("base", ServerOptions.standard().withKeys(List.of("the-key")));
  }

  @AfterAll
  static void stop() {
    served.close();
    locked.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{ | ",
        "[] | ",
        "{} | ",
        "{'type':5} | ",
        "{'type':'no.such'} | unknown_event",
        "{'type':'input_audio_buffer.append'} | ",
        "{'type':'input_audio_buffer.append','audio':'?'} | invalid_audio",
        "{'type':'input_audio_buffer.append','audio':'AAAA'} | invalid_audio",
        "{'type':'input_audio_buffer.append','audio':'','x':1} | unknown_parameter",
        "{'type':'input_audio_buffer.commit'} | input_audio_buffer_commit_empty",
        "{'type':'response.cancel'} | response_cancel_not_active",
        "{'type':'response.create','response':{'voice':'nobody'}} | unknown_voice",
        "{'type':'response.create','response':{'temperature':'x'}} | ",
        "{'type':'session.update'} | ",
        "{'type':'session.update','session':{'model':'other'}} | model_not_found",
        "{'type':'session.update','session':{'nothing':1}} | unknown_parameter",
        "{'type':'session.update','session':{'modalities':['smell']}} | ",
        "{'type':'session.update','session':{'input_audio_format':'g711'}} | ",
        "{'type':'session.update','session':{'tools':[{'type':'function'}]}} |"
            + " unsupported_parameter",
        "{'type':'session.update','session':{'turn_detection':{'threshold':2}}} | ",
        "{'type':'session.update','session':{'turn_detection':{'type':'semantic_vad'}}} | ",
        "{'type':'conversation.item.truncate','item_id':'no','audio_end_ms':1} | item_not_found",
        "{'type':'conversation.item.truncate','item_id':'no'} | ",
        "{'type':'conversation.item.truncate','item_id':'no','audio_end_ms':-1} | ",
        "{'type':'conversation.item.truncate','item_id':'no','audio_end_ms':1,'content_index':1} | ",
        "{'type':'session.update','session':{'input_audio_transcription':5}} | ",
        "{'type':'session.update','session':{'input_audio_transcription':{'x':1}}} |"
            + " unknown_parameter",
        "{'type':'conversation.item.create','item':{'type':'message'}} | ",
        "{'type':'conversation.item.create','item':{'type':'message','role':'user',"
            + "'content':[{'type':'input_audio','audio':'AAA='}]}} | invalid_audio"
      })
  void whatIsWrongIsSaid(String event, String code) {
    try (RealtimeClient client = new RealtimeClient(served)) {
      String json = event.replace('\'', '"');
      if (json.startsWith("{\"type\":\"")) {
        json = "{\"event_id\":\"mine\"," + json.substring(1);
      }
      client.send(json);
      JsonNode error = client.next();
      assertThat(RealtimeClient.type(error)).isEqualTo("error");
      assertThat(error.at("/error/type").asText()).isEqualTo("invalid_request_error");
      assertThat(error.at("/error/message").asText()).isNotBlank();
      assertThat(error.at("/error/code").asText("null")).isEqualTo(code == null ? "null" : code);
      assertThat(error.at("/error/event_id").asText())
          .isEqualTo(json.contains("mine") ? "mine" : "null");
      assertGoesOn(client);
    }
  }

  private static void assertGoesOn(RealtimeClient client) {
    client.send("{\"type\":\"session.update\",\"session\":{}}").await("session.updated");
  }

  @Test
  void failuresAreCounted() throws Exception {
    try (RealtimeClient client = new RealtimeClient(served)) {
      client.send("{\"type\":\"nothing\"}").await("error");
      assertThat(Served.text(served.get("/metrics")))
          .contains("spiritlm_realtime_failures_total{status=\"400\"}");
    }
  }

  @Test
  void bytesAreNoEvents() {
    try (RealtimeClient client = new RealtimeClient(served)) {
      client.sendBytes(new byte[10]);
      assertThat(RealtimeClient.type(client.next())).isEqualTo("error");
      assertGoesOn(client);
    }
  }

  @Test
  void noMoreIsHeldThanMayBe() {
    try (RealtimeClient client = new RealtimeClient(served)) {
      client.send("{\"type\":\"session.update\",\"session\":{\"turn_detection\":null}}");
      client.await("session.updated");
      client.speak(RealtimeClient.silence(2), 12_000);
      client.send(RealtimeClient.append(new short[1]));
      assertThat(client.next().at("/error/code").asText()).isEqualTo("input_audio_buffer_full");
      client.send("{\"type\":\"input_audio_buffer.clear\"}").await("input_audio_buffer.cleared");
      client.send(RealtimeClient.append(new short[1]));
      assertGoesOn(client);
    }
  }

  @Test
  void messagesThatAreTooLongEndTheConversation() {
    try (RealtimeClient client = new RealtimeClient(served)) {
      client.sendTooMuch("{\"type\":\"" + "x".repeat(300_000) + "\"}");
      assertThat(client.closed()).isEqualTo(1009);
    }
  }

  /** By a client that speaks WebSocket badly: each sends one frame. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "83 80 00000000", // a kind that there is not
        "c1 80 00000000", // by an extension that was not agreed on
        "81 00", // without a mask
        "81 82 00000000 c328", // no UTF-8
        "80 80 00000000", // goes on with nothing
        "09 80 00000000", // a ping in pieces
        "88 81 00000000 03", // half a reason to close
        "81 ff 7fffffffffffffff 00000000" // longer than anything
      })
  void badFramesEndTheConversation(String frame) throws Exception {
    try (Socket socket = handshake();
        RealtimeClient other = new RealtimeClient(served)) {
      byte[] bytes = HexFormat.of().parseHex(frame.replace(" ", ""));
      socket.getOutputStream().write(bytes); // at once: the server may close after the first
      socket.getInputStream().readAllBytes(); // which has an end
      assertGoesOn(other);
    }
  }

  private static Socket handshake() throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(4096);
    socket.connect(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), served.uri("/").getPort()));
    socket
        .getOutputStream()
        .write(
            String.join(
                    "\r\n",
                    "GET /v1/realtime HTTP/1.1",
                    "Host: localhost",
                    "Upgrade: websocket",
                    "Connection: Upgrade",
                    "Sec-WebSocket-Version: 13",
                    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
                    "",
                    "")
                .getBytes(StandardCharsets.US_ASCII));
    InputStream in = socket.getInputStream();
    StringBuilder head = new StringBuilder();
    while (!head.toString().endsWith("\r\n\r\n")) {
      int next = in.read();
      assertThat(next).isNotNegative();
      head.append((char) next);
    }
    assertThat(head.toString()).startsWith("HTTP/1.1 101");
    return socket;
  }

  /** Who takes nothing of a long answer holds up nobody, and leaves nothing behind. */
  @Test
  void slowReadersHoldUpNobody() throws Exception {
    try (Socket socket = handshake();
        RealtimeClient other = new RealtimeClient(served)) {
      for (String event :
          List.of(
              "{'type':'session.update','session':{'max_response_output_tokens':3000}}",
              "{'type':'conversation.item.create','item':{'type':'message','role':'user',"
                  + "'content':[{'type':'input_text','text':'one'}]}}",
              "{'type':'response.create'}")) {
        writeText(socket, event.replace('\'', '"'));
      }
      while (served.server.model().engine().figures().active() == 0) {
        Thread.onSpinWait();
      }
      other.send(
          "{\"type\":\"response.create\",\"response\":{\"max_output_tokens\":5,"
              + "\"instructions\":\"one two\"}}");
      assertThat(other.await("response.done").at("/response/status").asText())
          .isIn("completed", "incomplete");
    }
    while (served.server.model().engine().figures().active() > 0) {
      Thread.onSpinWait();
    }
    assertThat(served.server.model().engine().figures().cacheBytes()).isZero();
  }

  private static void writeText(Socket socket, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    ByteBuffer frame = ByteBuffer.allocate(bytes.length + 8);
    frame.put((byte) 0x81);
    if (bytes.length < 126) {
      frame.put((byte) (0x80 | bytes.length));
    } else {
      frame.put((byte) (0x80 | 126)).putShort((short) bytes.length);
    }
    frame.putInt(0).put(bytes); // masked by nothing
    socket.getOutputStream().write(frame.array(), 0, frame.position());
    socket.getOutputStream().flush();
  }

  private static int status(WebSocket.Builder builder, Served at, String query) {
    URI uri = URI.create(RealtimeClient.uri(at) + query);
    WebSocket.Listener nobody = new WebSocket.Listener() {};
    CompletionException refused =
        catchThrowableOfType(
            CompletionException.class, () -> builder.buildAsync(uri, nobody).join().abort());
    if (refused == null) {
      return 101;
    }
    return ((WebSocketHandshakeException) refused.getCause()).getResponse().statusCode();
  }

  private static WebSocket.Builder builder() {
    return HttpClient.newHttpClient().newWebSocketBuilder();
  }

  @Test
  void aKeyOpens() {
    assertThat(status(builder(), locked, "")).isEqualTo(401);
    assertThat(status(builder().header("Authorization", "Bearer no"), locked, "")).isEqualTo(401);
    assertThat(status(builder().header("Authorization", "Bearer the-key"), locked, ""))
        .isEqualTo(101);
    String protocol = "openai-insecure-api-key.";
    assertThat(status(builder().subprotocols("realtime", protocol + "the-key"), locked, ""))
        .isEqualTo(101);
    assertThat(status(builder().subprotocols("realtime", protocol + "no"), locked, ""))
        .isEqualTo(401);
  }

  @Test
  void othersAreRefused() {
    assertThat(status(builder().header("Origin", "http://evil.example"), served, ""))
        .isEqualTo(403);
    assertThat(status(builder().header("Origin", "null"), served, "")).isEqualTo(403);
    for (String origin : List.of(served.server.address(), "http://friend.example")) {
      assertThat(status(builder().header("Origin", origin), served, "")).isEqualTo(101);
    }
    assertThat(status(builder(), served, "?model=other")).isEqualTo(404);
    assertThat(status(builder(), served, "?model=toy")).isEqualTo(101);
  }
}
