package org.spiritlm.server;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToDoubleFunction;
import org.spiritlm.lm.EngineFigures;

/** What the server counts and times, for Prometheus. */
final class ServerMetrics implements AutoCloseable {
  private static final String ENGINE = "spiritlm.engine.";
  private static final String MODEL = "model";

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Map<String, Timer> firstAudio = new HashMap<>(); // by model; not changed later
  private final ServedModels models; // held here: the registry holds engines weakly

  ServerMetrics(ServedModels models) {
    this.models = models;
    models.all().forEach(model -> firstAudio.put(model.name(), firstAudio(model.name())));
    gauge("waiting", "answers that wait for their turn", EngineFigures::waiting);
    gauge("active", "answers that are being made", EngineFigures::active);
    gauge("cache.bytes", "memory of the caches of active answers", EngineFigures::cacheBytes);
    gauge("kept.bytes", "memory of caches kept for later requests", EngineFigures::keptBytes);
    counter("prompt.tokens", "tokens of prompts that were read", EngineFigures::promptTokens);
    counter("reused.tokens", "tokens of prompts found in a cache", EngineFigures::reusedTokens);
    counter("new.tokens", "tokens that were made", EngineFigures::newTokens);
    counter("steps", "times that the model was run", EngineFigures::steps);
    counter("refused", "answers refused since too many waited", EngineFigures::refused);
  }

  private void gauge(String name, String about, ToDoubleFunction<EngineFigures> value) {
    for (ServedModel model : models.all()) {
      Gauge.builder(ENGINE + name, model.engine(), each -> value.applyAsDouble(each.figures()))
          .description(about)
          .tag(MODEL, model.name())
          .register(registry);
    }
  }

  private void counter(String name, String about, ToDoubleFunction<EngineFigures> value) {
    for (ServedModel model : models.all()) {
      FunctionCounter.builder(
              ENGINE + name, model.engine(), each -> value.applyAsDouble(each.figures()))
          .description(about)
          .tag(MODEL, model.name())
          .register(registry);
    }
  }

  private Timer firstAudio(String model) {
    return Timer.builder("spiritlm.first.audio")
        .description("from a request's arrival to the first samples of a streamed answer")
        .tag(MODEL, model)
        .serviceLevelObjectives(
            Duration.ofMillis(100),
            Duration.ofMillis(200),
            Duration.ofMillis(500),
            Duration.ofSeconds(1),
            Duration.ofSeconds(5))
        .register(registry);
  }

  /** A streamed answer's first samples were there so many seconds after the request. */
  void firstAudio(ServedModel model, double seconds) {
    Objects.requireNonNull(firstAudio.get(model.name()))
        .record(Duration.ofNanos(Math.round(seconds * 1e9)));
  }

  /** A client of a conversation was told of a failure, or an answer in one failed. */
  void realtimeFailed(RuntimeException failure) {
    Counter.builder("spiritlm.realtime.failures")
        .description("failures in conversations over WebSockets")
        .tag("status", String.valueOf(Failures.explained(failure).status()))
        .register(registry)
        .increment();
  }

  /**
   * A request was answered.
   *
   * @param route the path as it is documented, never as it was sent
   */
  void answered(String route, int status, double seconds) {
    Timer.builder("spiritlm.requests")
        .description("requests, from their arrival to the end of the response")
        .tag("route", route)
        .tag("status", String.valueOf(status))
        .register(registry)
        .record(Duration.ofNanos(Math.round(seconds * 1e9)));
  }

  /** All of it in Prometheus' text format. */
  String text() {
    return registry.scrape();
  }

  @Override
  public void close() {
    registry.close();
  }
}
