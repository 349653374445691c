package org.spiritlm.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.spiritlm.Golden;
import org.spiritlm.lm.LlamaConfig;
import org.spiritlm.lm.LlamaModel;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.SafetensorsFile;
import org.spiritlm.torch.SafetensorsWriter;
import org.spiritlm.torch.TensorFiles;
import org.spiritlm.torch.TensorSource;
import org.spiritlm.torch.Tensors;

/** Tensors that are missing, have another shape or are too many, in each network of a model. */
class NetworkFilesTest {
  private static final Path META = Golden.path("checkpoints");
  private static final String LM = "spiritlm_model/spirit-lm-base-7b";
  private static final String HUBERT = "speech_tokenizer/hubert_25hz/mhubert_base_25hz.pt";

  @TempDir static Path models;
  @TempDir Path folder;

  @BeforeAll
  static void write() throws IOException {
    for (Variant variant : Variant.values()) {
      new FreshModel(Preset.TOY, variant, 0, DType.F32, null)
          .write(models.resolve(variant.key()), step -> {});
    }
    Path expressive = models.resolve("expressive");
    FcpeFile pitch = FcpeFile.open(META.resolve("extra/fcpe_tiny/fcpe_tiny.pt"));
    Path pitchFile = expressive.resolve("pitch/fcpe.safetensors");
    Files.delete(pitchFile);
    String sizes = pitch.config().json().toString();
    SafetensorsWriter.write(pitchFile, tensors(pitch.weights()), Map.of(FcpeFile.CONFIG, sizes));
    // a BASE model with the other kind of quantizer
    Path quantizer = models.resolve("base/hubert/quantizer.safetensors");
    ModelDirectory base = ModelDirectory.open(models.resolve("base"), null);
    int width = base.layout().hubertConfig().encoder().width();
    Files.delete(quantizer);
    Tensor centers = Tensors.of(new float[5 * width], 5, width);
    SafetensorsWriter.write(quantizer, Map.of("cluster_centers", centers), Map.of());
  }

  @ParameterizedTest
  @CsvSource({
    "expressive, LM, lm/model.safetensors, model.layers.1.self_attn.q_proj.weight",
    "expressive, HUBERT, hubert/model.safetensors, encoder.layers.0.attention.k_proj.bias",
    "expressive, HUBERT, hubert/quantizer.safetensors, 2.bias",
    "base, HUBERT, hubert/quantizer.safetensors, cluster_centers",
    "expressive, PITCH, pitch/fcpe.safetensors, norm.weight",
    "expressive, PITCH, pitch/vqvae.safetensors, vq.level_blocks.0.k",
    "expressive, STYLE, style/model.safetensors, classifier.weight",
    "base, VOCODER, vocoder/model.safetensors, style.weight",
    "expressive, VOCODER, vocoder/model.safetensors, dur_predictor.proj.weight",
  })
  void isRefusedWithFileAndTensor(String model, Part part, String file, String tensor)
      throws IOException {
    ModelDirectory directory = ModelDirectory.open(models.resolve(model), null);
    Path path = models.resolve(model).resolve(file);
    byte[] before = Files.readAllBytes(path);
    SafetensorsFile opened = SafetensorsFile.open(path);
    Map<String, Tensor> tensors = tensors(opened);
    try {
      directory.check(part);

      Map<String, Tensor> changed = new LinkedHashMap<>(tensors);
      changed.put(tensor, Tensors.of(new float[] {1, 2, 3}));
      refused(directory, part, path, changed, opened, tensor, "shape");
      changed = new LinkedHashMap<>(tensors);
      changed.put("stranger.weight", Tensors.of(new float[] {1, 2, 3}));
      refused(directory, part, path, changed, opened, "stranger.weight", "unexpected");
      changed = new LinkedHashMap<>(tensors);
      changed.remove(tensor);
      refused(directory, part, path, changed, opened, tensor, "");
    } finally {
      Files.write(path, before);
    }
  }

  private static void refused(
      ModelDirectory directory,
      Part part,
      Path file,
      Map<String, Tensor> tensors,
      SafetensorsFile before,
      String tensor,
      String fault)
      throws IOException {
    Files.delete(file);
    SafetensorsWriter.write(file, tensors, before.metadata());
    assertThatThrownBy(() -> directory.check(part))
        .isInstanceOf(CheckpointException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining("'" + tensor + "'")
        .hasMessageContaining(fault);
  }

  private static Map<String, Tensor> tensors(TensorSource source) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    source.names().forEach(name -> tensors.put(name, source.copy(name)));
    return tensors;
  }

  /** What Meta's layout may hold, loading and converting must say alike. */
  @Test
  void theReleasedLanguageModelIsConvertedWhereItLoads() throws IOException {
    Path meta = released();
    Path lm = meta.resolve(LM);
    Map<String, Tensor> tensors = tensors(TensorFiles.open(lm));
    Files.delete(lm.resolve("pytorch_model.bin"));
    Path file = lm.resolve("model.safetensors");
    String rotary = "model.layers.0.self_attn.rotary_emb.inv_freq";
    tensors.put(rotary, Tensors.of(new float[] {1, 2}));
    SafetensorsWriter.write(file, tensors, Map.of());
    assertThatCode(() -> load(meta)).doesNotThrowAnyException();
    convert(meta, "ours");
    assertThat(SafetensorsFile.open(folder.resolve("ours/lm/model.safetensors")).names())
        .containsExactlyInAnyOrderElementsOf(
            tensors.keySet().stream().filter(name -> !name.equals(rotary)).toList());

    tensors.put("model.layers.0.self_attn.gate.weight", Tensors.of(new float[] {1, 2}));
    Files.delete(file);
    SafetensorsWriter.write(file, tensors, Map.of());
    bothRefuse(meta, file, "model.layers.0.self_attn.gate.weight");
  }

  @Test
  void tensorsThatAReleasedFileHasTooManyAreRefused() throws IOException {
    Path meta = released();
    Path config = meta.resolve(LM).resolve("config.json");
    String described = Files.readString(config);
    Files.writeString(
        config, described.replace("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1"));
    bothRefuse(meta, meta.resolve(LM).resolve("pytorch_model.bin"), "model.layers.1.");
    Files.writeString(config, described);

    Path hubert = meta.resolve(HUBERT);
    String bytes = Files.readString(hubert, StandardCharsets.ISO_8859_1);
    Files.writeString(
        hubert,
        bytes.replace("label_embs_concat", "label_embs_cancat"),
        StandardCharsets.ISO_8859_1);
    bothRefuse(meta, hubert, "label_embs_cancat");
  }

  @Test
  void aPickledLanguageModelMayHoldWhatNoLlamaHas() throws IOException {
    Path meta = released();
    Path file = meta.resolve(LM).resolve("pytorch_model.bin");
    Path config = meta.resolve(LM).resolve("config.json");
    // the output layer under a name of no Llama, and a model that needs none
    String bytes = Files.readString(file, StandardCharsets.ISO_8859_1);
    Files.writeString(
        file, bytes.replace("lm_head.weight", "rm_head.weight"), StandardCharsets.ISO_8859_1);
    assertThatThrownBy(() -> load(meta)).hasMessageContaining("lm_head.weight");
    String described = Files.readString(config);
    Files.writeString(
        config,
        described.replace("\"tie_word_embeddings\": false", "\"tie_word_embeddings\": true"));
    assertThatCode(() -> load(meta)).doesNotThrowAnyException();
    convert(meta, "ours");
    assertThat(SafetensorsFile.open(folder.resolve("ours/lm/model.safetensors")).names())
        .noneMatch(name -> name.contains("head.weight"));
  }

  private void bothRefuse(Path meta, Path file, String tensor) {
    Throwable loading = catchThrowable(() -> load(meta));
    assertThat(loading)
        .isInstanceOf(CheckpointException.class)
        .hasMessageStartingWith(file.toString())
        .hasMessageContaining("unexpected tensor '" + tensor)
        .hasMessageContaining("expected only those of the network");
    assertThatThrownBy(() -> convert(meta, "none")).hasMessage(loading.getMessage());
    assertThat(folder.resolve("none")).doesNotExist();
  }

  private static void load(Path meta) {
    ModelDirectory model = ModelDirectory.open(meta, "base");
    Path config = model.languageModelDirectory().resolve("config.json");
    Object unused =
        new LlamaModel(model.languageModelWeights(), LlamaConfig.read(ConfigFile.read(config)));
    model.hubert(Device.CPU);
    model.vocoder(Device.CPU);
  }

  private void convert(Path meta, String target) {
    Converter.convert(meta, "base", folder.resolve(target), null, step -> {});
  }

  /** A copy of the files of the BASE model. */
  private Path released() throws IOException {
    Path copy = folder.resolve("meta");
    for (String part :
        new String[] {
          LM, "speech_tokenizer/hubert_25hz", "speech_tokenizer/hifigan_spiritlm_base"
        }) {
      Files.createDirectories(copy.resolve(part));
      Directories.copy(META.resolve(part), copy.resolve(part));
    }
    return copy;
  }
}
