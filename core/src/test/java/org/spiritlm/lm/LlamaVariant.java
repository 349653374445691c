package org.spiritlm.lm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.SafetensorsFile;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.TensorSource;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;

/** A small model in a variant of its own, with what transformers computes with it. */
final class LlamaVariant {
  static final List<String> NAMES = List.of("grouped_tied", "biased", "linear", "llama3");

  /** Number of ids in each model's vocabulary. */
  static final int VOCABULARY = 40;

  /** The shortest context among them. */
  static final int CONTEXT = 128;

  private static final Map<String, LlamaVariant> READ = new ConcurrentHashMap<>();

  private final String name;
  private final TensorSource tensors;
  private final JsonNode described;
  private final LlamaModel model;

  private LlamaVariant(String name) {
    this.name = name;
    try {
      this.tensors = SafetensorsFile.open(path(name + ".safetensors"));
      this.described = new ObjectMapper().readTree(Files.readString(path("llama.json"))).get(name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    this.model = load(weights().as(DType.F32));
  }

  static LlamaVariant of(String name) {
    return READ.computeIfAbsent(name, LlamaVariant::new);
  }

  private static Path path(String file) {
    try {
      return Path.of(LlamaVariant.class.getResource("/llama/" + file).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** As stored, in bfloat16. */
  Weights weights() {
    return Weights.of(tensors).at("lm");
  }

  LlamaModel load(Weights weights) {
    return new LlamaModel(weights, config());
  }

  /** In float32. */
  LlamaModel model() {
    return model;
  }

  LlamaConfig config() {
    return LlamaConfig.read(configs().get(0));
  }

  /** All ways to write its configuration. */
  List<ConfigFile> configs() {
    List<ConfigFile> configs = new ArrayList<>();
    described.get("configs").forEach(json -> configs.add(ConfigFile.parse(name, json.toString())));
    return configs;
  }

  JsonNode searches() {
    return described.get("searches");
  }

  int[] ids() {
    try (Scope scope = Scope.open()) {
      return Tensors.ints(tensors.load("ids"));
    }
  }

  /** After each id. */
  float[][] logits() {
    try (Scope scope = Scope.open()) {
      return LlamaModels.rows(Tensors.floats(tensors.load("logits")), VOCABULARY);
    }
  }

  static int[] ints(JsonNode list) {
    return IntStream.range(0, list.size()).map(i -> list.get(i).intValue()).toArray();
  }
}
