package org.spiritlm.training.language;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.spiritlm.json.Json;
import org.spiritlm.lm.LlamaConfig;
import org.spiritlm.lm.LlamaModel;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.LowRankAdapters;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Weights;
import org.spiritlm.training.OptimiserSettings;
import org.spiritlm.training.TrainingTask;

/** Training a language model on next tokens: all its parameters alike, or adapters beside them. */
public final class LanguageTask implements TrainingTask {
  private static final String BATCHES = "batches";
  private static final String SOURCE = "documents";

  private final Weights weights;
  private final @Nullable LowRankAdapters adapters;
  private final LlamaModel model;
  private final boolean recompute;
  private final NextTokenLoss loss;
  private final Group group;
  private final DocumentSource source;
  private final Validation validation;
  private final ModelWriter writer;
  private List<TrainingDocument> batch = List.of();
  private long drawnBatches;

  /** Says how well a model does on what it does not learn from. */
  @FunctionalInterface
  public interface Validation extends AutoCloseable {
    /**
     * Measures by name; the first is the one to lower.
     *
     * @param step how many are done, for what is written beside
     */
    Map<String, Double> measure(LlamaModel model, long step);

    @Override
    default void close() {}
  }

  /** Writes trained parameters as they are used. */
  @FunctionalInterface
  public interface ModelWriter {
    /**
     * Writes them.
     *
     * @param parameters by the names of {@code LlamaForCausalLM}; where there are adapters, what
     *     {@link LowRankAdapters#changes} gives
     */
    void write(Path directory, LlamaConfig config, Map<String, Tensor> parameters);
  }

  /**
   * What is trained, and how.
   *
   * @param adapters are trained beside a model that stays as it is, or null to train the model
   * @param recompute whether to compute each block twice, to take less memory
   */
  public record Way(@Nullable LowRankAdapters adapters, boolean recompute) {
    /** All parameters, as fast as may be. */
    public static final Way WHOLE = new Way(null, false);
  }

  /**
   * A model to be trained.
   *
   * @param weights loaded or fresh
   */
  public LanguageTask(
      Weights weights,
      LlamaConfig config,
      Way way,
      OptimiserSettings optimiser,
      DocumentSource source,
      Validation validation,
      ModelWriter writer) {
    this.adapters = way.adapters();
    this.recompute = way.recompute();
    this.weights = adapters == null ? weights.trained() : weights.adapted(adapters);
    this.model = new LlamaModel(this.weights, config);
    this.loss = new NextTokenLoss(model);
    this.group =
        new Group(
            "language", adapters == null ? this.weights.taken() : adapters.parameters(), optimiser);
    this.source = source;
    this.validation = validation;
    this.writer = writer;
  }

  @Override
  public List<Group> groups() {
    return List.of(group);
  }

  @Override
  public List<String> notes() {
    return source.notes();
  }

  @Override
  public void draw() {
    batch = source.next();
    drawnBatches++;
  }

  @Override
  public Map<String, Double> backward(Group trained, double share) {
    long targets = batch.stream().mapToLong(TrainingDocument::targets).sum();
    double sum =
        adapters == null
            ? pass(share / targets)
            : adapters.disturbed(drawnBatches, () -> pass(share / targets));
    Map<String, Double> measured = new LinkedHashMap<>();
    measured.put("loss", sum / targets);
    return measured;
  }

  private double pass(double factor) {
    return loss.backward(batch, factor, recompute);
  }

  @Override
  public long drawn() {
    return batch.stream().mapToLong(document -> document.ids().length).sum();
  }

  @Override
  public String unit() {
    return "tokens";
  }

  @Override
  public Map<String, Double> validate(long step) {
    return validation.measure(model, step);
  }

  @Override
  public ObjectNode state() {
    return Json.object().put(BATCHES, drawnBatches).set(SOURCE, source.state());
  }

  @Override
  public void restore(ObjectNode state) {
    drawnBatches = state.path(BATCHES).asLong();
    if (!(state.get(SOURCE) instanceof ObjectNode documents)) {
      throw new InputException("a checkpoint's state has no '" + SOURCE + "'; begin a new run");
    }
    source.restore(documents);
  }

  @Override
  public void describeBatch(Path file) {
    ObjectNode object = Json.object();
    ArrayNode documents = object.putArray("documents");
    batch.forEach(document -> documents.add(Json.array(document.ids())));
    try {
      Files.writeString(file, Json.line(object) + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void write(Path directory) {
    try (Scope scope = Scope.open()) {
      writer.write(
          directory, model.config(), adapters == null ? weights.taken() : adapters.changes());
    }
  }

  @Override
  public void close() {
    source.close();
    validation.close();
    weights.taken().values().forEach(Scope::free);
    if (adapters != null) {
      adapters.parameters().values().forEach(Scope::free);
    }
  }
}
