package org.spiritlm.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import org.spiritlm.json.Json;
import org.spiritlm.prompt.TokenLayout;

/** All that the server does, by its path. {@code openapi.json} describes the same. */
final class Routes {
  private final ServedModel model;
  private final ServerMetrics metrics;
  private final Executor threads;
  private final BooleanSupplier ready;

  /**
   * @param threads for work beside that of the thread of a request
   * @param ready whether requests are taken
   */
  Routes(ServedModel model, ServerMetrics metrics, Executor threads, BooleanSupplier ready) {
    this.model = model;
    this.metrics = metrics;
    this.threads = threads;
    this.ready = ready;
  }

  List<Route> all() {
    NativeHandlers own = new NativeHandlers(model);
    return List.of(
        Route.get("/v1/models", this::models),
        Route.get("/v1/models/{model}", this::oneModel),
        Route.post("/v1/chat/completions", new ChatHandler(model, metrics, threads)::handle),
        Route.post("/v1/completions", new CompletionsHandler(model)::handle),
        Route.post("/v1/audio/speech", new SpeechHandler(model, metrics)::handle),
        Route.post("/v1/audio/transcriptions", new TranscriptionsHandler(model)::handle),
        Route.post("/api/encode", own::encode),
        Route.post("/api/decode", own::decode),
        Route.post("/api/score", own::score),
        Route.post("/api/generate", own::generate),
        Route.get("/health", Routes::health).withoutKey(),
        Route.get("/ready", this::ready).withoutKey(),
        Route.get("/openapi.json", Routes::description).withoutKey(),
        Route.get("/metrics", this::metrics));
  }

  private void models(Exchange exchange) {
    ObjectNode object = Json.object().put("object", "list");
    object.putArray("data").add(describe());
    exchange.respond(object);
  }

  private void oneModel(Exchange exchange) {
    model.requireName(
        new Fields(Json.object().put("model", exchange.context().pathParam("model")), ""));
    exchange.respond(describe());
  }

  private ObjectNode describe() {
    ObjectNode object = Json.object();
    object.put("id", model.name());
    object.put("object", "model");
    object.put("created", model.created());
    object.put("owned_by", "spiritlm");
    object.put("variant", model.model().directory().isExpressive() ? "expressive" : "base");
    model.voices().forEach(object.putArray("voices")::add);
    model.styles().forEach(object.putArray("styles")::add);
    TokenLayout layout = model.model().tokenLayout();
    ObjectNode rates = object.putObject("frame_rates").put("hubert", layout.hubertRate());
    if (model.model().directory().isExpressive()) {
      rates.put("pitch", layout.pitchRate()).put("style", layout.styleRate());
    }
    return object;
  }

  private static void health(Exchange exchange) {
    exchange.respond(Json.object().put("status", "ok"));
  }

  private void ready(Exchange exchange) {
    if (!ready.getAsBoolean()) {
      throw new ApiException(
          503, "server_error", "shutting_down", null, "the server is being stopped");
    }
    exchange.respond(Json.object().put("status", "ready"));
  }

  private static void description(Exchange exchange) {
    try (InputStream stream =
        Objects.requireNonNull(Routes.class.getResourceAsStream("openapi.json"))) {
      exchange.respond("application/json", stream.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void metrics(Exchange exchange) {
    exchange.respond(
        "text/plain; version=0.0.4; charset=utf-8",
        metrics.text().getBytes(StandardCharsets.UTF_8));
  }
}
