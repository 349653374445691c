package org.spiritlm.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
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
  private static final String MODEL = "model";

  private final ServedModels models;
  private final ServerMetrics metrics;
  private final Executor threads;
  private final BooleanSupplier ready;
  private final boolean needsKeys;

  /**
   * @param threads for work beside that of the thread of a request
   * @param ready whether requests are taken
   * @param needsKeys whether clients must show one, which the description says
   */
  Routes(
      ServedModels models,
      ServerMetrics metrics,
      Executor threads,
      BooleanSupplier ready,
      boolean needsKeys) {
    this.models = models;
    this.metrics = metrics;
    this.threads = threads;
    this.ready = ready;
    this.needsKeys = needsKeys;
  }

  List<Route> all() {
    return List.of(
        Route.get("/v1/models", this::list),
        Route.get("/v1/models/{model}", this::one),
        asking(
            "/v1/chat/completions",
            (model, fields, exchange) ->
                new ChatHandler(model, metrics, threads).handle(fields, exchange)),
        asking(
            "/v1/completions",
            (model, fields, exchange) -> new CompletionsHandler(model).handle(fields, exchange)),
        asking(
            "/v1/audio/speech",
            (model, fields, exchange) ->
                new SpeechHandler(model, metrics).handle(fields, exchange)),
        Route.post("/v1/audio/transcriptions", this::transcribe),
        Route.post("/api/encode", this::encode),
        asking(
            "/api/decode",
            (model, fields, exchange) -> new NativeHandlers(model).decode(fields, exchange)),
        asking(
            "/api/score",
            (model, fields, exchange) -> new NativeHandlers(model).score(fields, exchange)),
        asking(
            "/api/generate",
            (model, fields, exchange) ->
                new NativeHandlers(model).generate(fields, exchange, metrics)),
        Route.get("/health", Routes::health).withoutKey(),
        Route.get("/ready", this::ready).withoutKey(),
        Route.get("/openapi.json", this::description).withoutKey(),
        Route.get("/metrics", this::metrics));
  }

  /** What a model answers to a JSON object. */
  private interface Answering {
    void answer(ServedModel model, Fields fields, Exchange exchange);
  }

  /** A route whose requests are JSON that may name a model. */
  private Route asking(String path, Answering answering) {
    return Route.post(
        path,
        exchange -> {
          Fields fields = exchange.json();
          answering.answer(models.of(fields), fields, exchange);
        });
  }

  private void transcribe(Exchange exchange) {
    Upload upload = Upload.of(exchange, TranscriptionsHandler.KNOWN);
    String name = upload.text(MODEL, "");
    ServedModel model = models.named(name.isEmpty() ? null : name, MODEL);
    new TranscriptionsHandler(model).handle(upload, exchange);
  }

  private void encode(Exchange exchange) {
    new NativeHandlers(models.named(exchange.query(MODEL), MODEL)).encode(exchange);
  }

  private void list(Exchange exchange) {
    ObjectNode object = Json.object().put("object", "list");
    ArrayNode data = object.putArray("data");
    models.all().forEach(model -> data.add(describe(model)));
    exchange.respond(object);
  }

  private void one(Exchange exchange) {
    exchange.respond(describe(models.named(exchange.context().pathParam(MODEL), MODEL)));
  }

  private static ObjectNode describe(ServedModel model) {
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

  private void description(Exchange exchange) {
    try (InputStream stream =
        Objects.requireNonNull(Routes.class.getResourceAsStream("openapi.json"))) {
      String text = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      ObjectNode document = Json.parse(text, "openapi.json");
      if (!needsKeys) {
        document.putArray("security");
      }
      exchange.respond(document);
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
