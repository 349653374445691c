package org.spiritlm.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.spiritlm.Generation;
import org.spiritlm.Segment;
import org.spiritlm.SpiritLm;
import org.spiritlm.audio.Audio;
import org.spiritlm.json.Json;
import org.spiritlm.prompt.OutputModality;
import org.spiritlm.prompt.Prompt;

/** {@code POST /v1/chat/completions}. */
final class ChatHandler {
  private final ServedModel model;
  private final ServerMetrics metrics;
  private final Executor threads;

  /**
   * @param threads for answers that are streamed beside the first
   */
  ChatHandler(ServedModel model, ServerMetrics metrics, Executor threads) {
    this.model = model;
    this.metrics = metrics;
    this.threads = threads;
  }

  void handle(Fields fields, Exchange exchange) {
    ChatRequest request = ChatRequest.of(fields, model, exchange);
    SpiritLm served = model.model(exchange);
    Prompt prompt = model.fitting(served.prompt(request.said(), request.options().output()));
    if (request.streamed()) {
      new ChatStream(model, served, request, exchange, metrics).run(prompt, threads);
    } else {
      exchange.respond(
          whole(
              request,
              served.answers(prompt, request.options().withAnswers(request.answers())),
              exchange));
    }
  }

  private ObjectNode whole(ChatRequest request, List<Generation> answers, Exchange exchange) {
    ObjectNode object = Json.object();
    object.put("id", Ids.next("chatcmpl-"));
    object.put("object", "chat.completion");
    object.put("created", System.currentTimeMillis() / 1000);
    object.put("model", model.name());
    ArrayNode choices = object.putArray("choices");
    for (int i = 0; i < answers.size(); i++) {
      ObjectNode choice = choices.addObject();
      choice.put("index", i);
      choice.set("message", message(answers.get(i), request));
      choice.set("logprobs", logProbabilities(answers.get(i), request, model, exchange));
      choice.put("finish_reason", Usage.reason(answers.get(i).endReason()));
    }
    object.set(
        "usage",
        Usage.of(List.of(answers.get(0).promptIds()), answers, model.model().vocabulary()));
    return object;
  }

  /** The probabilities of an answer's tokens, or null where they are not asked for. */
  static @Nullable ObjectNode logProbabilities(
      Generation answer, ChatRequest request, ServedModel model, Exchange exchange) {
    Integer likeliest = request.likeliest();
    return likeliest == null
        ? null
        : model
            .workers()
            .run(exchange.terms(), () -> TokenText.chat(answer, likeliest, model.model()));
  }

  private ObjectNode message(Generation answer, ChatRequest request) {
    ObjectNode message = Json.object();
    message.put("role", "assistant");
    Audio audio = audio(answer);
    if (request.options().output() == OutputModality.TEXT || audio == null) {
      message.put("content", answer.text());
    } else {
      message.putNull("content");
      String id = Ids.next("audio_");
      model.remember(id, answer.segments());
      message
          .putObject("audio")
          .put("id", id)
          .put("expires_at", expiry())
          .put("data", Base64.getEncoder().encodeToString(SpokenAnswer.of(audio, request.format())))
          .put("transcript", answer.text())
          .set("tokens", model.timeline(answer, request.options().output()));
    }
    message.putNull("refusal");
    return message;
  }

  /** When an answer that is given now is forgotten (seconds since 1970). */
  static long expiry() {
    return Instant.now().plus(ServedModel.MEMORY).getEpochSecond();
  }

  private static @Nullable Audio audio(Generation answer) {
    boolean spoken =
        answer.segments().stream()
            .anyMatch(
                segment -> segment instanceof Segment.Speech speech && speech.audio() != null);
    return spoken ? answer.audio() : null;
  }
}
