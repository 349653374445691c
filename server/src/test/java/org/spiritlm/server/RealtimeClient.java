package org.spiritlm.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioReader;

/** Who speaks with a served model over a WebSocket. */
final class RealtimeClient implements WebSocket.Listener, AutoCloseable {
  static final int RATE = 24_000;
  static final String COMMIT = "{\"type\":\"input_audio_buffer.commit\"}";
  static final String RESPOND = "{\"type\":\"response.create\"}";

  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final String CLOSED = "closed";

  private final BlockingQueue<JsonNode> events = new LinkedBlockingQueue<>();
  private final StringBuilder part = new StringBuilder();
  private final WebSocket socket;

  RealtimeClient(Served served) {
    this(uri(served));
    await("session.created");
  }

  /** Comes to an address; what a session is told first is the next event. */
  RealtimeClient(URI address) {
    this.socket = HTTP.newWebSocketBuilder().buildAsync(address, this).join();
  }

  static URI uri(Served served) {
    return URI.create("ws" + served.uri("/v1/realtime").toString().substring("http".length()));
  }

  /** The event that changes these of a session's settings. */
  static String update(String fields) {
    return "{\"type\":\"session.update\",\"session\":{" + fields + "}}";
  }

  /** The event that adds what a user writes. */
  static String say(String text) {
    return "{\"type\":\"conversation.item.create\",\"item\":{\"type\":\"message\",\"role\":\"user\","
        + "\"content\":[{\"type\":\"input_text\",\"text\":\""
        + text
        + "\"}]}}";
  }

  @Override
  public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
    part.append(data);
    if (last) {
      try {
        events.add(Served.MAPPER.readTree(part.toString()));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      part.setLength(0);
    }
    from.request(1);
    return null;
  }

  @Override
  public CompletionStage<?> onClose(WebSocket from, int status, String reason) {
    events.add(Served.MAPPER.createObjectNode().put("type", CLOSED).put("status", status));
    return null;
  }

  @Override
  public void onError(WebSocket from, Throwable failure) {
    events.add(Served.MAPPER.createObjectNode().put("type", CLOSED).put("status", -1));
  }

  RealtimeClient send(String json) {
    socket.sendText(json, true).join();
    return this;
  }

  /** Sends what the server may refuse before it has all of it. */
  void sendTooMuch(String json) {
    socket.sendText(json, true).exceptionally(closed -> socket).join();
  }

  void sendBytes(byte[] bytes) {
    socket.sendBinary(ByteBuffer.wrap(bytes), true).join();
  }

  /** What comes next, whatever it is. */
  JsonNode next() {
    try {
      JsonNode event = events.poll(60, TimeUnit.SECONDS);
      assertThat(event).as("an event").isNotNull();
      return event;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** All events up to one of a type, with it. */
  List<JsonNode> until(String type) {
    List<JsonNode> all = new ArrayList<>();
    do {
      all.add(next());
      String found = type(all.get(all.size() - 1));
      if (!found.equals(type)) {
        assertThat(found).as(all.toString()).isNotIn("error", CLOSED);
      }
    } while (!type(all.get(all.size() - 1)).equals(type));
    return all;
  }

  JsonNode await(String type) {
    List<JsonNode> all = until(type);
    return all.get(all.size() - 1);
  }

  /** The status with which the server closes. */
  int closed() {
    return await(CLOSED).get("status").asInt();
  }

  static String type(JsonNode event) {
    return event.get("type").asText();
  }

  static List<String> types(List<JsonNode> events) {
    return events.stream().map(RealtimeClient::type).toList();
  }

  /** The audio of an answer. */
  static short[] pcm(List<JsonNode> events) {
    ByteBuffer all = ByteBuffer.allocate(64 << 20).order(ByteOrder.LITTLE_ENDIAN);
    for (JsonNode event : events) {
      if (type(event).equals("response.audio.delta")) {
        all.put(Base64.getDecoder().decode(event.get("delta").asText()));
      }
    }
    short[] samples = new short[all.position() / 2];
    all.flip().asShortBuffer().get(samples);
    return samples;
  }

  /** Sends audio in pieces of so many samples. */
  RealtimeClient speak(short[] samples, int piece) {
    for (int at = 0; at < samples.length; at += piece) {
      send(append(Arrays.copyOfRange(samples, at, Math.min(samples.length, at + piece))));
    }
    return this;
  }

  static String append(short[] samples) {
    ByteBuffer bytes = ByteBuffer.allocate(2 * samples.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asShortBuffer().put(samples);
    return "{\"type\":\"input_audio_buffer.append\",\"audio\":\""
        + Base64.getEncoder().encodeToString(bytes.array())
        + "\"}";
  }

  /** A recording of the parity set, as clients send it. */
  static short[] recording(String name) {
    Audio audio =
        AudioReader.read(Served.audio(name), AudioReader.Options.speech().withSampleRate(RATE));
    short[] samples = new short[audio.samples().length];
    for (int i = 0; i < samples.length; i++) {
      samples[i] =
          (short) Math.max(-32768, Math.min(32767, Math.round(audio.samples()[i] * 32768)));
    }
    return samples;
  }

  static short[] silence(double seconds) {
    return new short[(int) (seconds * RATE)];
  }

  /** Goes away without a word. */
  void abort() {
    socket.abort();
  }

  @Override
  public void close() {
    socket.abort();
  }
}
