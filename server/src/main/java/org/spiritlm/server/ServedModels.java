package org.spiritlm.server;

import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.spiritlm.SpiritLm;
import org.spiritlm.lm.EngineLimits;
import org.spiritlm.torch.InputException;
import org.spiritlm.vocoder.VoiceOptions;

/** The models that are served, by their names; the first is asked where a request names none. */
final class ServedModels {
  private final Map<String, ServedModel> models = new LinkedHashMap<>();

  /**
   * Loads all parts of all models, then starts an engine for each, which gets an equal share of the
   * memory for caches.
   *
   * @throws InputException if there is no model, or one cannot be loaded
   */
  ServedModels(Map<String, SpiritLm> named, ServerOptions options) {
    if (named.isEmpty()) {
      throw new InputException("there is no model to serve; give one or more");
    }
    named.values().forEach(SpiritLm::loadAll);
    EngineLimits all = options.engine();
    EngineLimits each = all.withCacheBytes(all.cacheBytes() / named.size());
    Workers workers = new Workers(Runtime.getRuntime().availableProcessors(), all.waiting());
    VoiceOptions voice = VoiceOptions.standard().withLookAhead(options.lookAhead());
    named.forEach(
        (name, model) -> models.put(name, new ServedModel(name, model, each, workers, voice)));
  }

  ServedModel first() {
    return models.values().iterator().next();
  }

  Collection<ServedModel> all() {
    return models.values();
  }

  /** The model that a request names. */
  ServedModel of(Fields request) {
    return named(request.optionalText("model"), request.at("model"));
  }

  /**
   * A model by its name.
   *
   * @param name null for the first
   * @param path the parameter's, for the message
   * @throws ApiException if there is none of that name
   */
  ServedModel named(@Nullable String name, String path) {
    ServedModel model = name == null ? first() : models.get(name);
    if (model == null) {
      throw ServedModel.notFound(
          path,
          "there is no model '"
              + ServedModel.shortened(String.valueOf(name))
              + "' here; there is '"
              + String.join("' and '", models.keySet())
              + "'");
    }
    return model;
  }

  /** Takes no more requests, and waits for the answers that are being made, for so long at most. */
  void close(Duration grace, Executor threads) {
    all().stream()
        .map(each -> CompletableFuture.runAsync(() -> each.engine().close(grace), threads))
        .toList()
        .forEach(CompletableFuture::join);
  }
}
