package org.spiritlm.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.spiritlm.server.RealtimeClient.COMMIT;
import static org.spiritlm.server.RealtimeClient.RESPOND;
import static org.spiritlm.server.RealtimeClient.say;
import static org.spiritlm.server.RealtimeClient.update;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.spiritlm.Generation;
import org.spiritlm.GenerationOptions;
import org.spiritlm.Segment;
import org.spiritlm.SpiritLm;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioFormat;
import org.spiritlm.lm.EngineFigures;

/** Spoken conversations. */
class RealtimeTest {
  private static final String SPEECH = "7143-88743-0029.flac";
  private static final int LONG = 3000;

  private static Served served;

  @BeforeAll
  static void start() {
    served = Served.of("base");
  }

  @AfterAll
  static void stop() {
    served.close();
  }

  private static Audio audio(short[] samples) {
    float[] floats = new float[samples.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = samples[i] / 32768f;
    }
    return new Audio(floats, RealtimeClient.RATE);
  }

  private static EngineFigures figures() {
    return served.server.model().engine().figures();
  }

  private static void awaitActive(boolean some) {
    while (figures().active() > 0 != some) {
      Thread.onSpinWait();
    }
  }

  /** Somebody asks, and the server finds out when they have finished, and answers. */
  @Test
  void whatIsSaidIsAnswered() {
    short[] question = RealtimeClient.recording(SPEECH);
    try (RealtimeClient client = new RealtimeClient(served)) {
      client.send(
          update(
              "\"turn_detection\":{\"type\":\"server_vad\",\"silence_duration_ms\":1000},"
                  + "\"max_response_output_tokens\":40,\"seed\":1"));
      client.await("session.updated");
      client.speak(RealtimeClient.silence(0.7), 999).speak(question, 2400);
      client.speak(RealtimeClient.silence(1.5), 4800);
      List<JsonNode> events = client.until("response.done");
      assertThat(RealtimeClient.types(events).stream().distinct())
          .containsExactly(
              "input_audio_buffer.speech_started",
              "input_audio_buffer.speech_stopped",
              "input_audio_buffer.committed",
              "conversation.item.created",
              "response.created",
              "response.output_item.added",
              "response.content_part.added",
              "response.audio.delta",
              "response.audio.done",
              "response.audio_transcript.done",
              "response.content_part.done",
              "response.output_item.done",
              "response.done");
      long began = events.get(0).get("audio_start_ms").asLong();
      long ended = events.get(1).get("audio_end_ms").asLong();
      assertThat(began).isBetween(350L, 1200L);
      assertThat(ended - 700).isCloseTo(question.length * 1000L / 24_000 + 1000, within(700L));
      String item = events.get(0).get("item_id").asText();
      assertThat(events.get(1).get("item_id").asText()).isEqualTo(item);
      assertThat(events.get(2).get("item_id").asText()).isEqualTo(item);
      assertThat(events.get(3).at("/item/id").asText()).isEqualTo(item);
      JsonNode response = events.get(events.size() - 1).get("response");
      assertThat(response.get("status").asText()).isIn("completed", "incomplete");
      assertThat(response.at("/usage/output_tokens").asInt()).isBetween(1, 40);
      assertThat(response.at("/usage/input_token_details/audio_tokens").asInt()).isPositive();
      assertThat(RealtimeClient.pcm(events).length).isGreaterThan(1000);
    }
  }

  /** And the second turn reads only what is new. */
  @Test
  void theAnswerIsTheModels() {
    short[] question = RealtimeClient.recording(SPEECH);
    SpiritLm model = Served.model("base");
    Segment.Speech asked = Segment.speech(model.tokens(Segment.speech(audio(question))));
    for (boolean spoken : new boolean[] {false, true}) {
      GenerationOptions options =
          (spoken ? GenerationOptions.speech() : GenerationOptions.text())
              .greedy()
              .withMaxNewTokens(30);
      try (RealtimeClient client = new RealtimeClient(served)) {
        client.send(
            update(
                "\"turn_detection\":null,\"temperature\":0,\"max_response_output_tokens\":30,"
                    + "\"modalities\":[\""
                    + (spoken ? "audio" : "text")
                    + "\"]"));
        client.await("session.updated");
        client.speak(question, 7001).send(COMMIT).send(RESPOND);
        List<JsonNode> events = client.until("response.done");
        Generation answer = model.generate(List.of(asked), options);
        assertAnswer(events, answer, spoken);

        client.send(say("And then?")).await("conversation.item.created");
        long reused = figures().reusedTokens();
        client.send(RESPOND);
        List<JsonNode> second = client.until("response.done");
        assertThat(figures().reusedTokens() - reused)
            .isGreaterThanOrEqualTo(answer.promptIds().length);
        List<Segment> all = new ArrayList<>(List.of(asked));
        all.addAll(answer.segments());
        all.add(Segment.text(spoken ? "And then?" : "\nAnd then?"));
        assertAnswer(second, model.generate(all, options), spoken);
      }
    }
  }

  private static void assertAnswer(List<JsonNode> events, Generation answer, boolean spoken) {
    if (!spoken) {
      StringBuilder text = new StringBuilder();
      events.stream()
          .filter(event -> RealtimeClient.type(event).equals("response.text.delta"))
          .forEach(event -> text.append(event.get("delta").asText()));
      assertThat(text.toString()).isEqualTo(answer.text());
      return;
    }
    byte[] whole = SpokenAnswer.of(answer.audio(), AudioFormat.PCM);
    short[] told = RealtimeClient.pcm(events);
    assertThat(told.length).isEqualTo(whole.length / 2);
    for (int i = 0; i < told.length; i++) {
      int expected = (short) ((whole[2 * i] & 0xff) | whole[2 * i + 1] << 8);
      assertThat((int) told[i]).isCloseTo(expected, within(8));
    }
  }

  @Test
  void speakingInterruptsTheAnswer() {
    try (RealtimeClient client = new RealtimeClient(served)) {
      client.send(
          update(
              "\"turn_detection\":{\"silence_duration_ms\":1000},\"max_response_output_tokens\":"
                  + LONG));
      client.await("session.updated");
      client.send(say("one two")).send(RESPOND).await("response.audio.delta");
      client.speak(RealtimeClient.recording(SPEECH), 2400);
      client.await("input_audio_buffer.speech_started");
      List<JsonNode> rest = client.until("response.done");
      JsonNode response = rest.get(rest.size() - 1).get("response");
      assertThat(response.get("status").asText()).isEqualTo("cancelled");
      assertThat(response.at("/status_details/reason").asText()).isEqualTo("turn_detected");
      assertThat(response.at("/usage/output_tokens").asInt()).isBetween(1, LONG - 1);
      client.speak(RealtimeClient.silence(1.5), 2400); // the next turn is answered
      client.await("response.created");
      client.send("{\"type\":\"response.cancel\"}");
      List<JsonNode> second = client.until("response.done");
      assertThat(second.get(second.size() - 1).at("/response/status_details/reason").asText())
          .isEqualTo("client_cancelled");
    }
    awaitActive(false);
  }

  /** What no longer fits in the model's context is forgotten, and the conversation goes on. */
  @Test
  void longConversationsGoOn() {
    try (RealtimeClient client = new RealtimeClient(served)) {
      client.send(update("\"modalities\":[\"text\"],\"max_response_output_tokens\":5"));
      String much = "one two three four five six seven eight ".repeat(100);
      int context = served.server.model().model().context();
      int asked = 0;
      for (int i = 0; i < 12; i++) {
        client.send(say(much)).send(RESPOND);
        JsonNode response = client.await("response.done").get("response");
        assertThat(response.get("status").asText()).isIn("completed", "incomplete");
        assertThat(response.at("/usage/input_tokens").asInt()).isLessThan(context);
        asked += response.at("/usage/input_tokens").asInt();
      }
      assertThat(asked).isPositive();
    }
  }

  @Test
  void whoGoesAwayLeavesNoWorkBehind() {
    RealtimeClient client = new RealtimeClient(served);
    client.send(update("\"max_response_output_tokens\":" + LONG)).await("session.updated");
    long before = figures().newTokens();
    client.send(say("one two")).send(RESPOND).await("response.audio.delta");
    client.abort();
    awaitActive(false);
    EngineFigures left = figures();
    assertThat(left.waiting()).isZero();
    assertThat(left.cacheBytes()).isZero();
    assertThat(left.newTokens() - before).isLessThan(LONG);
  }

  @Test
  void stoppingLetsAnswersEnd() throws Exception {
    Served other = Served.of("base");
    try (RealtimeClient client = new RealtimeClient(other)) {
      client.send(update("\"max_response_output_tokens\":300,\"temperature\":0"));
      client.send(say("one two")).send(RESPOND).await("response.audio.delta");
      CompletableFuture<Void> stopping = CompletableFuture.runAsync(other::close);
      JsonNode done = client.await("response.done");
      assertThat(done.at("/response/status").asText()).isIn("completed", "incomplete");
      assertThat(client.closed()).isEqualTo(1001);
      stopping.get();
    }
  }
}
