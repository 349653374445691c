package org.spiritlm.training.language;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.assertj.core.data.Offset;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.Golden;
import org.spiritlm.lm.LlamaConfig;
import org.spiritlm.lm.LlamaModel;
import org.spiritlm.lm.Piece;
import org.spiritlm.torch.AdamW;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.Gradients;
import org.spiritlm.torch.LowRankAdapters;
import org.spiritlm.torch.SafetensorsFile;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.TensorMap;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Torch;
import org.spiritlm.torch.Weights;
import org.spiritlm.training.LearningRate;
import org.spiritlm.training.OptimiserSettings;
import org.spiritlm.training.Trainer;

/** Adapters change a model as they say, alone; blocks that are computed twice have one gradient. */
final class AdaptedTrainingTest {
  private static final int VOCABULARY = 32;
  private static final int FIRST_NEW = 24;
  private static final int[] IDS = {3, 30, 4, 25, 5, 31, 6};

  @TempDir private Path directory;

  private static LlamaConfig config() {
    return LlamaConfig.read(
            ConfigFile.read(Golden.path("checkpoints/extra/train_llama/config.json")))
        .withVocabulary(VOCABULARY);
  }

  private static LowRankAdapters adapters(int firstNewRow) {
    return adapters(firstNewRow, 0);
  }

  private static LowRankAdapters adapters(int firstNewRow, double dropout) {
    Set<String> targets = Set.of("q_proj", "v_proj", "down_proj");
    return new LowRankAdapters(7, new LowRankAdapters.Options(2, 4, dropout, targets, firstNewRow));
  }

  private static float[] logits(LlamaModel model) {
    try (Scope scope = Scope.open()) {
      return Tensors.floats(model.logits(model.read(List.of(Piece.alone(IDS)))));
    }
  }

  private static LanguageTask task(LanguageTask.Way way, DocumentSource source) {
    return new LanguageTask(
        Weights.initialise(1),
        config(),
        way,
        new OptimiserSettings(
            new LearningRate(0.01, 3, LearningRate.Schedule.COSINE, 0.1),
            new AdamW.Options(0.9, 0.95, 1e-8, 0.1),
            1),
        source,
        (model, step) -> Map.of(),
        (path, sizes, parameters) -> {});
  }

  private static LanguageTask task(LanguageTask.Way way) {
    return task(way, new RandomDocuments(VOCABULARY, 4, 12));
  }

  private static Map<String, float[]> values(Map<String, Tensor> tensors) {
    Map<String, float[]> values = new TreeMap<>();
    tensors.forEach((name, tensor) -> values.put(name, Tensors.floats(tensor)));
    return values;
  }

  private static void assertSame(Map<String, float[]> found, Map<String, float[]> expected) {
    assertThat(found.keySet()).isEqualTo(expected.keySet());
    found.forEach(
        (name, values) -> assertThat(values).as(name).containsExactly(expected.get(name)));
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, FIRST_NEW})
  void freshAdaptersChangeNothing(int firstNewRow) {
    LlamaModel plain = new LlamaModel(Weights.initialise(1).trained(), config());
    LlamaModel adapted =
        new LlamaModel(Weights.initialise(1).adapted(adapters(firstNewRow)), config());
    // logits of new rows are a product of their own, which some processors round otherwise
    Offset<Float> rounding = within(firstNewRow < 0 ? 0f : 1e-6f);
    assertThat(logits(adapted)).containsExactly(logits(plain), rounding);
  }

  @Test
  void onlyAdaptersLearn() {
    LowRankAdapters adapters = adapters(FIRST_NEW);
    Weights weights = Weights.initialise(1).adapted(adapters);
    LlamaModel model = new LlamaModel(weights, config());
    Map<String, float[]> before = values(weights.taken());
    Map<String, float[]> fresh = values(adapters.parameters());
    AdamW optimiser = new AdamW(adapters.parameters(), new AdamW.Options(0.9, 0.95, 1e-8, 0.1));
    double first = 0;
    double last = 0;
    RandomDocuments documents = new RandomDocuments(VOCABULARY, 4, 12);
    List<TrainingDocument> batch = documents.next();
    for (int i = 0; i < 30; i++) {
      Gradients.clear(adapters.parameters().values());
      last = new NextTokenLoss(model).backward(batch, 0.1, false);
      first = i == 0 ? last : first;
      optimiser.step(0.01);
    }
    assertThat(last).isLessThan(0.7 * first);
    assertSame(values(weights.taken()), before);
    Map<String, float[]> learnt = values(adapters.parameters());
    learnt.forEach((name, values) -> assertThat(values).as(name).isNotEqualTo(fresh.get(name)));
    // A and B of three products in each block, and the new rows of two tables
    assertThat(learnt).hasSize(config().layers() * 3 * 2 + 2);
    try (Scope scope = Scope.open()) {
      float[] table = Tensors.floats(adapters.changes().get("model.embed_tokens.weight"));
      float[] old = before.get("model.embed_tokens.weight");
      int kept = FIRST_NEW * config().width();
      assertThat(table).hasSameSizeAs(old);
      for (int i = 0; i < kept; i++) {
        assertThat(table[i]).isEqualTo(old[i]);
      }
    }
  }

  @Test
  void aModelWithTheChangesPutInIsTheAdaptedOne() {
    LowRankAdapters adapters = adapters(FIRST_NEW);
    LlamaModel adapted = new LlamaModel(Weights.initialise(1).adapted(adapters), config());
    try (LanguageTask task = task(new LanguageTask.Way(adapters, false))) {
      new Trainer(task, options(12), directory, line -> {}).run();
      Map<String, Tensor> merged = new TreeMap<>();
      Weights plain = Weights.initialise(1);
      LlamaModel base = new LlamaModel(plain, config());
      assertThat(logits(adapted)).isNotEqualTo(logits(base));
      Map<String, Tensor> changes = adapters.changes();
      plain.taken().forEach((name, tensor) -> merged.put(name, merged(name, tensor, changes)));
      LlamaModel whole = new LlamaModel(Weights.of(new TensorMap("merged", merged)), config());
      assertThat(logits(whole)).containsExactly(logits(adapted), within(1e-5f));
    }
  }

  private static Tensor merged(String name, Tensor tensor, Map<String, Tensor> changes) {
    String path = name.substring(0, name.length() - ".weight".length());
    Tensor first = changes.get(path + ".lora_A.weight");
    Tensor table = changes.get(name);
    if (first != null) {
      return tensor
          .add(changes.get(path + ".lora_B.weight").matmul(first).mul(Tensors.scalar(2)))
          .detach();
    }
    return table == null ? tensor : table;
  }

  private static Trainer.Options options(int steps) {
    return new Trainer.Options(steps, 1, 3, 2, 5, 1, 10, Torch.Precision.FULL, "");
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.3})
  void resumedEqualsUninterruptedWithStateOfTheAdaptersAlone(double dropout) {
    Map<String, float[]> uninterrupted;
    try (LanguageTask task = task(new LanguageTask.Way(adapters(FIRST_NEW, dropout), true))) {
      new Trainer(task, options(9), directory.resolve("a"), line -> {}).run();
      uninterrupted = values(task.groups().get(0).parameters());
    }
    Path run = directory.resolve("b");
    Stopping source = new Stopping(4);
    LanguageTask.Way way = new LanguageTask.Way(adapters(FIRST_NEW, dropout), true);
    try (LanguageTask task = task(way, source)) {
      Trainer trainer = new Trainer(task, options(9), run, line -> {});
      source.trainer = trainer;
      assertThat(trainer.run().finished()).isFalse();
    }
    try (LanguageTask task = task(new LanguageTask.Way(adapters(FIRST_NEW, dropout), true))) {
      new Trainer(task, options(9), run, line -> {}).run();
      assertSame(values(task.groups().get(0).parameters()), uninterrupted);
    }
    assertThat(
            SafetensorsFile.open(run.resolve("checkpoints/000000009/optimiser.safetensors"))
                .names())
        .hasSize(3 * uninterrupted.size())
        .allMatch(name -> name.contains("lora_") || name.contains("new_rows"));
  }

  /** Documents that stop a trainer. */
  private static final class Stopping implements DocumentSource {
    private final RandomDocuments documents = new RandomDocuments(VOCABULARY, 4, 12);
    private final int after;
    private Trainer trainer;
    private int drawn;

    Stopping(int after) {
      this.after = after;
    }

    @Override
    public List<TrainingDocument> next() {
      if (++drawn == after) {
        trainer.stop();
      }
      return documents.next();
    }

    @Override
    public ObjectNode state() {
      return documents.state();
    }

    @Override
    public void restore(ObjectNode state) {
      documents.restore(state);
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {-1, 0, 0.3})
  void blocksComputedTwiceHaveTheSameGradients(double dropout) {
    Map<String, float[]> kept = gradients(dropout, false);
    assertSame(gradients(dropout, true), kept);
    assertThat(kept).isNotEmpty();
  }

  @Test
  void dropoutDisturbsPassesAlone() {
    LowRankAdapters adapters = adapters(FIRST_NEW, 0.5);
    LlamaModel model = new LlamaModel(Weights.initialise(1).adapted(adapters), config());
    try (Scope scope = Scope.open()) { // changes that are not zero
      adapters.parameters().forEach((name, tensor) -> tensor.detach().fill_(Tensors.scalar(0.05)));
    }
    float[] whole = logits(model);
    float[] first = adapters.disturbed(1, () -> logits(model));
    assertThat(first).isNotEqualTo(whole);
    assertThat(adapters.disturbed(1, () -> logits(model))).containsExactly(first);
    assertThat(adapters.disturbed(2, () -> logits(model))).isNotEqualTo(first);
    assertThat(logits(model)).containsExactly(whole);
  }

  /** Of a model with adapters, or without where the dropout is below 0. */
  private static Map<String, float[]> gradients(double dropout, boolean recompute) {
    LowRankAdapters beside = dropout < 0 ? null : adapters(FIRST_NEW, dropout);
    LanguageTask.Way way = new LanguageTask.Way(beside, recompute);
    try (LanguageTask task = task(way)) {
      task.draw();
      Map<String, Double> measured = task.backward(task.groups().get(0), 0.5);
      Map<String, float[]> gradients = new LinkedHashMap<>();
      task.groups()
          .get(0)
          .parameters()
          .forEach((name, tensor) -> gradients.put(name, Tensors.floats(tensor.grad())));
      gradients.put("loss", new float[] {measured.get("loss").floatValue()});
      return gradients;
    }
  }
}
