package org.spiritlm.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.spiritlm.Generation;
import org.spiritlm.GenerationListener;
import org.spiritlm.SpiritLm;
import org.spiritlm.audio.Audio;
import org.spiritlm.json.Json;
import org.spiritlm.prompt.OutputModality;
import org.spiritlm.prompt.Prompt;

/** The answers of one chat request, told while they are made. */
final class ChatStream {
  private final ServedModel model;
  private final SpiritLm served;
  private final ChatRequest request;
  private final Exchange exchange;
  private final ServerMetrics metrics;
  private final EventStream events;
  private final String id = Ids.next("chatcmpl-");
  private final long created = System.currentTimeMillis() / 1000;
  private volatile boolean failed;

  ChatStream(
      ServedModel model,
      SpiritLm served,
      ChatRequest request,
      Exchange exchange,
      ServerMetrics metrics) {
    this.model = model;
    this.served = served;
    this.request = request;
    this.exchange = exchange;
    this.metrics = metrics;
    this.events = new EventStream(exchange);
  }

  /** Answers a prompt; the response is complete then. */
  void run(Prompt prompt, Executor threads) {
    List<CompletableFuture<Generation>> others = new ArrayList<>();
    for (int i = 1; i < request.answers(); i++) {
      int index = i;
      others.add(CompletableFuture.supplyAsync(() -> answer(prompt, index), threads));
    }
    try {
      List<Generation> answers = new ArrayList<>();
      try {
        answers.add(answer(prompt, 0));
      } finally { // nobody works for this request when it has ended
        others.forEach(other -> other.exceptionally(failure -> null).join());
      }
      others.forEach(other -> answers.add(other.join()));
      if (request.usageToo()) {
        ObjectNode last = chunk();
        last.putArray("choices");
        last.set(
            "usage", Usage.of(List.of(answers.get(0).promptIds()), answers, served.vocabulary()));
        events.send(last);
      }
      events.done();
    } catch (CompletionException e) {
      events.fail(e.getCause() instanceof RuntimeException cause ? cause : e);
    } catch (RuntimeException e) {
      events.fail(e);
    }
  }

  private Generation answer(Prompt prompt, int index) {
    try (Listener listener = new Listener(index)) {
      Generation answer =
          served.stream(
              prompt,
              request.options().withSeed(request.options().sampling().seed() + index),
              listener);
      listener.complete(answer);
      return answer;
    } catch (RuntimeException e) {
      failed = true; // the other answers need not go on
      throw e;
    }
  }

  private ObjectNode chunk() {
    ObjectNode object = Json.object();
    object.put("id", id);
    object.put("object", "chat.completion.chunk");
    object.put("created", created);
    object.put("model", model.name());
    return object;
  }

  /** Tells one answer. */
  private final class Listener implements GenerationListener, AutoCloseable {
    private final int index;
    private final boolean spoken = request.options().output() != OutputModality.TEXT;
    private final String audioId = Ids.next("audio_");
    private @Nullable SpokenAnswer speech;
    private boolean begun;

    Listener(int index) {
      this.index = index;
    }

    @Override
    public void text(String piece) {
      ObjectNode delta = Json.object();
      if (spoken) {
        delta.putObject("audio").put("id", audioId).put("transcript", piece);
      } else {
        delta.put("content", piece);
      }
      send(delta);
    }

    @Override
    public void audio(Audio chunk) {
      if (speech == null) {
        metrics.firstAudio(model, exchange.seconds());
        speech = new SpokenAnswer(request.format(), chunk.sampleRate());
      }
      data(speech.add(chunk));
    }

    private void data(byte[] bytes) {
      if (bytes.length > 0) {
        ObjectNode delta = Json.object();
        delta
            .putObject("audio")
            .put("id", audioId)
            .put("data", Base64.getEncoder().encodeToString(bytes));
        send(delta);
      }
    }

    @Override
    public boolean goesOn() {
      return !failed && events.isOpen();
    }

    void complete(Generation answer) {
      if (speech != null) {
        data(speech.finish());
        model.remember(audioId, answer.segments());
        ObjectNode delta = Json.object();
        delta
            .putObject("audio")
            .put("id", audioId)
            .put("expires_at", ChatHandler.expiry())
            .set("tokens", model.timeline(answer, request.options().output()));
        send(delta);
      }
      ObjectNode chunk = chunk();
      ObjectNode choice = chunk.putArray("choices").addObject();
      choice.put("index", index);
      choice.set("delta", begun ? Json.object() : Json.object().put("role", "assistant"));
      choice.set("logprobs", ChatHandler.logProbabilities(answer, request, model, exchange));
      choice.put("finish_reason", Usage.reason(answer.endReason()));
      events.send(chunk);
    }

    private void send(ObjectNode delta) {
      if (!begun) {
        begun = true;
        delta.put("role", "assistant");
      }
      ObjectNode chunk = chunk();
      ObjectNode choice = chunk.putArray("choices").addObject();
      choice.put("index", index);
      choice.set("delta", delta);
      choice.putNull("finish_reason");
      events.send(chunk);
    }

    @Override
    public void close() {
      if (speech != null) {
        speech.close();
      }
    }
  }
}
