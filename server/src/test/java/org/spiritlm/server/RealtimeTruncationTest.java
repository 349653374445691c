package org.spiritlm.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.spiritlm.server.RealtimeClient.COMMIT;
import static org.spiritlm.server.RealtimeClient.RESPOND;
import static org.spiritlm.server.RealtimeClient.say;
import static org.spiritlm.server.RealtimeClient.update;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.Generation;
import org.spiritlm.GenerationOptions;
import org.spiritlm.Segment;
import org.spiritlm.SpiritLm;
import org.spiritlm.audio.Audio;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.task.Transcription;
import org.spiritlm.vocoder.VoiceOptions;

/** What a conversation remembers of an answer that was heard in part, and tells of the client's. */
class RealtimeTruncationTest {
  private static final String WRITTEN = "conversation.item.input_audio_transcription.completed";
  private static final int TOKENS = 30;

  private static Served served;

  @BeforeAll
  static void start() {
    served = Served.of("base");
  }

  @AfterAll
  static void stop() {
    served.close();
  }

  private static String truncate(String item, long millis) {
    return "{\"type\":\"conversation.item.truncate\",\"item_id\":\""
        + item
        + "\",\"content_index\":0,\"audio_end_ms\":"
        + millis
        + "}";
  }

  private static String answers(String more) {
    return update(
        "\"turn_detection\":null,\"temperature\":0,\"modalities\":[\"audio\"],"
            + "\"max_response_output_tokens\":"
            + TOKENS
            + more);
  }

  /** The next answer is that to a prompt in which only what was heard stands. */
  @ParameterizedTest
  @ValueSource(doubles = {0, 0.4, 0.75, 2})
  void onlyWhatWasHeardIsRemembered(double share) {
    SpiritLm model = Served.model("base");
    GenerationOptions options = GenerationOptions.speech().greedy().withMaxNewTokens(TOKENS);
    Generation first = model.generate(List.of(Segment.text("one two")), options);
    SpeechTokens tokens = ((Segment.Speech) first.segments().get(0)).tokens();
    assertThat(tokens).isNotNull();
    int[] frames = model.durations(tokens, VoiceOptions.standard());
    assertThat(frames).isNotNull();
    double frame = first.audio().seconds() / Arrays.stream(frames).sum();
    long millis = Math.round(share * first.audio().seconds() * 1000);
    int heard = 0;
    for (double at = 0; heard < frames.length; heard++) {
      at += frames[heard] * frame * 1000;
      if (at > millis + 1e-6) {
        break;
      }
    }
    List<Segment> all = new ArrayList<>(List.of(Segment.text("one two")));
    if (heard > 0) {
      all.add(Segment.speech(tokens.firstUnits(heard)));
    }
    all.add(Segment.text(heard > 0 ? "three" : "\nthree"));
    Generation expected = model.generate(all, options);
    try (RealtimeClient client = new RealtimeClient(served)) {
      client.send(answers("")).await("session.updated");
      client.send(say("one two")).send(RESPOND);
      JsonNode done = client.await("response.done");
      String item = done.at("/response/output/0/id").asText();
      JsonNode told = client.send(truncate(item, millis)).await("conversation.item.truncated");
      assertThat(told.get("item_id").asText()).isEqualTo(item);
      assertThat(told.get("audio_end_ms").asLong()).isEqualTo(millis);
      client.send(say("three")).send(RESPOND);
      JsonNode second = client.await("response.done").get("response");
      assertThat(second.at("/usage/input_tokens").asInt()).isEqualTo(expected.promptIds().length);
      assertThat(second.at("/usage/output_tokens").asInt()).isEqualTo(expected.outputIds().length);
    }
  }

  @Test
  void truncatingAnAnswerThatIsBeingGivenEndsIt() {
    try (RealtimeClient client = new RealtimeClient(served)) {
      client.send(update("\"max_response_output_tokens\":3000")).await("session.updated");
      client.send(say("one two")).send(RESPOND);
      String item = client.await("response.audio.delta").get("item_id").asText();
      client.send(truncate(item, 200));
      List<JsonNode> events = client.until("conversation.item.truncated");
      JsonNode done =
          events.stream()
              .filter(event -> RealtimeClient.type(event).equals("response.done"))
              .findFirst()
              .orElseThrow();
      assertThat(done.at("/response/status").asText()).isEqualTo("cancelled");
    }
  }

  @Test
  void whatCannotBeTruncatedIsRefused() {
    try (RealtimeClient client = new RealtimeClient(served)) {
      client.send(update("\"modalities\":[\"text\"],\"max_response_output_tokens\":5"));
      client.await("session.updated");
      client.send(say("one two"));
      String mine = client.await("conversation.item.created").at("/item/id").asText();
      client.send(RESPOND);
      String text = client.await("response.done").at("/response/output/0/id").asText();
      for (String item : List.of(mine, text)) {
        JsonNode error = client.send(truncate(item, 1)).next();
        assertThat(error.at("/error/param").asText()).isEqualTo("item_id");
      }
    }
  }

  private static Audio asHeard(short[] samples) {
    float[] floats = new float[samples.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = samples[i] / 32768f;
    }
    return new Audio(floats, RealtimeClient.RATE);
  }

  /** The client's speech is written down beside the answer, which is what it is without. */
  @Test
  void whatTheClientSaysIsWrittenDown() {
    short[] question = RealtimeClient.recording("7143-88743-0029.flac");
    String expected =
        new Transcription(
                Served.model("base"),
                List.of(),
                GenerationOptions.text()
                    .greedy()
                    .withMaxNewTokens(2 * GenerationOptions.DEFAULT_MAX_NEW_TOKENS))
            .transcribe(Segment.speech(asHeard(question)));
    List<short[]> audio = new ArrayList<>();
    for (String more : List.of("", ",\"input_audio_transcription\":{\"model\":\"whisper-1\"}")) {
      try (RealtimeClient client = new RealtimeClient(served)) {
        JsonNode session = client.send(answers(more)).await("session.updated");
        assertThat(session.at("/session/input_audio_transcription/model").asText())
            .isEqualTo(more.isEmpty() ? "" : "whisper-1");
        client.speak(question, 24_000).send(COMMIT);
        List<JsonNode> events = new ArrayList<>(client.until("conversation.item.created"));
        String item = events.get(events.size() - 1).at("/item/id").asText();
        client.send(RESPOND);
        List<String> awaited = new ArrayList<>(List.of("response.done"));
        if (!more.isEmpty()) {
          awaited.add(WRITTEN);
        }
        while (!awaited.isEmpty()) {
          JsonNode event = client.next();
          events.add(event);
          awaited.remove(RealtimeClient.type(event));
          if (RealtimeClient.type(event).equals(WRITTEN)) {
            assertThat(event.get("transcript").asText()).isEqualTo(expected);
            assertThat(event.get("item_id").asText()).isEqualTo(item);
            assertThat(event.get("content_index").asInt()).isZero();
          }
        }
        audio.add(RealtimeClient.pcm(events));
      }
    }
    assertThat(audio.get(1)).hasSameSizeAs(audio.get(0));
    for (int i = 0; i < audio.get(0).length; i++) {
      assertThat((int) audio.get(1)[i]).isCloseTo(audio.get(0)[i], within(8));
    }
  }

  @Test
  void aTranscriptThatIsNotMadeIsTold() {
    ServerOptions hasty =
        ServerOptions.standard()
            .withLimits(RequestLimits.standard().withTime(Duration.ofMillis(1)));
    try (Served other = new Served("base", hasty);
        RealtimeClient client = new RealtimeClient(other)) {
      client.send(update("\"turn_detection\":null,\"input_audio_transcription\":{}"));
      client.await("session.updated");
      client.speak(RealtimeClient.recording("chirp.wav"), 24_000).send(COMMIT);
      JsonNode failed = client.await("conversation.item.input_audio_transcription.failed");
      assertThat(failed.at("/error/code").asText()).isEqualTo("deadline_exceeded");
      assertThat(failed.get("item_id").asText()).isNotBlank();
    }
  }
}
