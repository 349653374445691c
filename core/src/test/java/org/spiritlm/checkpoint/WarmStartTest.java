package org.spiritlm.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.lm.LlamaConfig;
import org.spiritlm.lm.LlamaModel;
import org.spiritlm.lm.Piece;
import org.spiritlm.lm.RopeScaling;
import org.spiritlm.text.NewTokenizer;
import org.spiritlm.text.TextTokenizer;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.FreshTensors;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.TensorFiles;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;

/** A text model that is given speech tokens is the same model of text. */
class WarmStartTest {
  private static final String TEXT = "Hello there, 42 times.";
  private static final double DEVIATION = 0.05;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @TempDir static Path shared;
  @TempDir Path folder;

  private static ModelDirectory speech;

  @BeforeAll
  static void parts() {
    Path toy = shared.resolve("toy");
    FreshModel.of(Preset.TOY).write(toy, line -> {});
    speech = ModelDirectory.open(toy, null);
  }

  /** A Llama that knows no speech, with grouped queries; tied where its tokenizer is JSON. */
  private Path llama(boolean json) throws IOException {
    Path directory = Files.createDirectories(folder.resolve("llama"));
    if (json) {
      Path from = Path.of("src/test/resources/tokenizers/bytelevel");
      ObjectNode tokenizer = (ObjectNode) MAPPER.readTree(from.resolve("tokenizer.json").toFile());
      ArrayNode added = (ArrayNode) tokenizer.get("added_tokens");
      while (added.size() > 1) {
        added.remove(1); // its speech tokens
      }
      MAPPER.writeValue(directory.resolve("tokenizer.json").toFile(), tokenizer);
      Files.copy(from.resolve("tokenizer_config.json"), directory.resolve("tokenizer_config.json"));
    } else {
      NewTokenizer.small(List.of()).write(directory, 64);
    }
    int size = TextTokenizer.open(directory).size();
    LlamaConfig sizes =
        new LlamaConfig(
            size, 32, 2, 4, 2, 8, 48, 1e-5, 10_000, new RopeScaling.None(), 64, json, false, false);
    ObjectNode config = sizes.json();
    config.remove(List.of("rope_theta", "rope_scaling"));
    config.putObject("rope_parameters").put("rope_theta", 10_000).put("rope_type", "default");
    config.put("initializer_range", DEVIATION);
    OwnLayoutWriter.ofOnePart(directory)
        .languageModel(
            config, FreshTensors.of(7, weights -> new LlamaModel(weights, sizes)), DType.F32);
    return directory;
  }

  private static LlamaModel open(Path directory) {
    return new LlamaModel(
        Weights.of(TensorFiles.open(directory)),
        LlamaConfig.read(ConfigFile.read(directory.resolve("config.json"))));
  }

  private static float[] logits(LlamaModel model, int count, int... ids) {
    try (Scope scope = Scope.open()) {
      return Tensors.floats(
          model.logits(model.read(List.of(Piece.alone(ids)))).narrow(1, 0, count));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void textIsAsBeforeAndSpeechTokensAreNew(boolean json) throws IOException {
    Path llama = llama(json);
    Path target = folder.resolve("start");
    new WarmStart(llama, speech, null, true, null, 3).write(target, line -> {});
    ModelDirectory written = ModelDirectory.open(target, null);
    assertThat(ModelInformation.of(written).verify()).allMatch(check -> check.problem() == null);
    assertThat(written.parts()).isEqualTo(speech.parts());

    TextTokenizer before = TextTokenizer.open(llama);
    TextTokenizer after = written.textTokenizer();
    int[] ids = before.encode(TEXT);
    assertThat(after.encode(TEXT)).containsExactly(ids);
    String mixed = "[Speech][Hu3][Hu500][Pi63][St99][Text]and[ASR]";
    assertThat(after.encode(mixed, false)).hasSizeLessThan(12);
    assertThat(after.decode(after.encode(mixed, false)).strip()).isEqualTo(mixed);

    LlamaModel old = open(llama);
    LlamaModel model = open(target.resolve("lm"));
    int kept = before.size();
    assertThat(logits(model, kept, ids)).containsExactly(logits(old, kept, ids), within(1e-6f));
    float[] table =
        Tensors.floats(TensorFiles.open(target.resolve("lm")).load("model.embed_tokens.weight"));
    float[] fresh = Arrays.copyOfRange(table, kept * 32, table.length);
    double square = 0;
    for (float value : fresh) {
      square += value * value;
    }
    assertThat(Math.sqrt(square / fresh.length)).isEqualTo(DEVIATION, within(0.1 * DEVIATION));
    assertThat(table.length / 32 % 256).isZero();
  }

  @Test
  void theRotaryBaseIsTheOneAskedFor() throws IOException {
    Path target = folder.resolve("start");
    new WarmStart(llama(true), speech, 100_000.0, false, DType.BF16, 3).write(target, line -> {});
    ConfigFile config = ConfigFile.read(target.resolve("lm/config.json"));
    assertThat(LlamaConfig.read(config).ropeBase()).isEqualTo(100_000);
    assertThat(config.has("rope_parameters")).isFalse();
    assertThat(config.text("torch_dtype")).isEqualTo("bfloat16");
    assertThat(ModelDirectory.open(target, null).textTokenizer().id("[ASR]")).isEmpty();
  }

  @Test
  void partsWithoutALanguageModelAreRefused() throws IOException {
    Path written = folder.resolve("units");
    OwnLayoutWriter.model(
        written,
        Variant.BASE,
        List.of(Part.HUBERT),
        (part, writer) -> Converter.write(speech.layout(), part, writer, null),
        "none",
        Map.of(),
        line -> {});
    ModelDirectory units = ModelDirectory.open(written, null);
    Path target = folder.resolve("start");
    Path llama = llama(true);
    assertThatThrownBy(
            () -> new WarmStart(llama, units, null, false, null, 0).write(target, line -> {}))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("units: has no language model");
    assertThat(target).doesNotExist();
  }

  @Test
  void whatIsNoLlamaWithItsTokenizerIsRefused() throws IOException {
    Path target = folder.resolve("start");
    assertThatThrownBy(
            () -> new WarmStart(folder, speech, null, false, null, 0).write(target, line -> {}))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("holds no config.json");
    Path llama = llama(true);
    Path config = llama.resolve("config.json");
    ObjectNode small = ConfigFile.read(config).node().deepCopy();
    OwnLayoutWriter.json(config, small.put("vocab_size", 300));
    assertThatThrownBy(
            () -> new WarmStart(llama, speech, null, false, null, 0).write(target, line -> {}))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("330 ids")
        .hasMessageContaining("300 rows");
    // some speech tokens of its own, which are not followed by the others
    Files.copy(
        Path.of("src/test/resources/tokenizers/bytelevel/tokenizer.json"),
        llama.resolve("tokenizer.json"),
        StandardCopyOption.REPLACE_EXISTING);
    OwnLayoutWriter.json(config, small.put("vocab_size", 400));
    assertThatThrownBy(
            () -> new WarmStart(llama, speech, null, false, null, 0).write(target, line -> {}))
        .isInstanceOf(CheckpointException.class);
    assertThat(target).doesNotExist();
  }
}
