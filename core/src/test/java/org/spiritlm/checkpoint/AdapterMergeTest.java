package org.spiritlm.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.lm.LlamaConfig;
import org.spiritlm.lm.LlamaModel;
import org.spiritlm.lm.Piece;
import org.spiritlm.text.Vocabulary;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.LowRankAdapters;
import org.spiritlm.torch.NoGradients;
import org.spiritlm.torch.SafetensorsFile;
import org.spiritlm.torch.SafetensorsWriter;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.TensorFiles;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;

/** A model into which adapters were put is the model with the adapters beside it. */
class AdapterMergeTest {
  private static final int[] IDS = {1, 300, 900, 400, 901, 20, 950};

  @TempDir Path folder;

  private ModelDirectory base;
  private Path adapter;
  private float[] adapted;

  @BeforeEach
  void write() {
    Path toy = folder.resolve("toy");
    FreshModel.of(Preset.TOY).write(toy, line -> {});
    base = ModelDirectory.open(toy, null);
    LlamaConfig config = config(toy);
    LowRankAdapters adapters =
        new LowRankAdapters(
            3,
            new LowRankAdapters.Options(
                2, 3, 0, Set.of("k_proj", "gate_proj"), vocabulary(config).firstAdded()));
    LlamaModel model = new LlamaModel(base.languageModelWeights().adapted(adapters), config);
    adapter = folder.resolve("adapter");
    try (Scope scope = Scope.open();
        NoGradients none = NoGradients.open()) {
      adapters
          .parameters()
          .values()
          .forEach(
              tensor ->
                  tensor.normal_(0.0, 0.1, new GeneratorOptional(torch.make_generator_cpu(5))));
      adapted = logits(model);
      AdapterFiles.write(
          adapter,
          base.languageModelDirectory(),
          config.tied(),
          adapters.options(),
          adapters.changes());
    }
  }

  private Vocabulary vocabulary(LlamaConfig config) {
    return Vocabulary.of(base.textTokenizer(), config.vocabulary());
  }

  private static LlamaConfig config(Path model) {
    return LlamaConfig.read(ConfigFile.read(model.resolve("lm/config.json")));
  }

  private static float[] logits(LlamaModel model) {
    try (Scope scope = Scope.open()) {
      return Tensors.floats(model.logits(model.read(List.of(Piece.alone(IDS)))));
    }
  }

  @Test
  void mergedIsAdapted() {
    Path target = folder.resolve("merged");
    ModelRecord record = AdapterMerge.write(base, adapter, target, null, line -> {});
    assertThat(record.provenance()).containsEntry("adapter", "merged from adapter");
    LlamaModel merged =
        new LlamaModel(Weights.of(TensorFiles.open(target.resolve("lm"))), config(target));
    assertThat(logits(merged)).containsExactly(adapted, within(1e-5f));
    LlamaModel before = new LlamaModel(base.languageModelWeights(), config(target));
    assertThat(logits(before)).isNotEqualTo(adapted);
  }

  @Test
  void theTypeIsTheOneAskedFor() {
    Path target = folder.resolve("merged");
    AdapterMerge.write(base, adapter, target, DType.BF16, line -> {});
    TensorFiles.open(target.resolve("lm"))
        .names()
        .forEach(
            name ->
                assertThat(TensorFiles.open(target.resolve("lm")).info(name).dtype())
                    .isEqualTo(DType.BF16));
  }

  @Test
  void otherKindsOfAdaptersAreRefused() {
    refuses(json -> json.put("peft_type", "IA3"), "'peft_type' must be \"LORA\"");
    refuses(json -> json.put("use_dora", true), "'use_dora' must be false");
    refuses(json -> json.put("bias", "all"), "'bias' must be \"none\"");
    refuses(json -> json.putObject("rank_pattern").put("q_proj", 3), "'rank_pattern'");
    refuses(json -> json.put("target_modules", "all-linear"), "'target_modules' must be a list");
    refuses(json -> json.put("lora_alpha", 0), "'lora_alpha' must be a number above 0");
    refuses(json -> json.put("r", 1 << 30), "lora_A.weight");
  }

  private void refuses(Consumer<ObjectNode> change, String message) {
    Path file = adapter.resolve(AdapterFiles.CONFIG);
    ObjectNode json = ConfigFile.read(file).node().deepCopy();
    ObjectNode changed = json.deepCopy();
    change.accept(changed);
    write(file, changed);
    fails(message);
    write(file, json);
  }

  private static void write(Path file, ObjectNode json) {
    try {
      OwnLayoutWriter.json(file, json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void fails(String message) {
    Path target = folder.resolve("target");
    assertThatThrownBy(() -> AdapterMerge.write(base, adapter, target, null, line -> {}))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining(message);
    assertThat(target).doesNotExist();
  }

  @Test
  void tensorsOfAnotherModelAreRefused() throws IOException {
    Path file = adapter.resolve(AdapterFiles.WEIGHTS);
    Map<String, Tensor> tensors = new TreeMap<>();
    SafetensorsFile written = SafetensorsFile.open(file);
    written.names().forEach(name -> tensors.put(name, written.copy(name)));
    Map<String, Tensor> more = new TreeMap<>(tensors);
    more.put(
        "base_model.model.model.layers.9.self_attn.q_proj.lora_A.weight",
        Tensors.of(new float[64], 1, 64));
    replace(file, more);
    fails("unexpected tensor");
    more = new TreeMap<>(tensors);
    more.put("base_model.model.model.norm.lora_A.weight", Tensors.of(new float[4], 2, 2));
    replace(file, more);
    fails("which is no matrix");
    replace(file, Map.of());
    fails("changes nothing");
  }

  private static void replace(Path file, Map<String, Tensor> tensors) throws IOException {
    Files.delete(file);
    SafetensorsWriter.write(file, tensors, Map.of());
  }
}
