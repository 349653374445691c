package org.spiritlm.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.bytedeco.pytorch.Tensor;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.LowRankAdapters;
import org.spiritlm.torch.SafetensorsWriter;

/**
 * Low-rank adapters of a language model on disk, in the form of Hugging Face's PEFT: {@code
 * adapter_config.json} and {@code adapter_model.safetensors}.
 */
public final class AdapterFiles {
  static final String CONFIG = "adapter_config.json";
  static final String WEIGHTS = "adapter_model.safetensors";

  /** What PEFT puts before the names of {@code LlamaForCausalLM}. */
  static final String PREFIX = "base_model.model.";

  static final String EMBEDDING = "model.embed_tokens";
  static final String HEAD = "lm_head";

  private AdapterFiles() {}

  /**
   * Writes adapters.
   *
   * @param target a directory that does not exist or is empty
   * @param base the model's directory, which is noted
   * @param tied whether the model's head is its embedding
   * @param changes what {@link LowRankAdapters#changes} gives
   * @throws org.spiritlm.torch.InputException if the target exists or cannot be written
   */
  public static void write(
      Path target,
      Path base,
      boolean tied,
      LowRankAdapters.Options options,
      Map<String, Tensor> changes) {
    Map<String, Tensor> tensors = new TreeMap<>();
    changes.forEach((name, tensor) -> tensors.put(PREFIX + name, tensor));
    Tensor embedding = changes.get(EMBEDDING + ".weight");
    if (tied && embedding != null) {
      // PEFT knows a table that was replaced under the one name alone
      tensors.put(PREFIX + HEAD + ".weight", embedding.clone());
    }
    Directories.write(
        target,
        directory -> {
          OwnLayoutWriter.json(directory.resolve(CONFIG), config(base, options, embedding != null));
          SafetensorsWriter.write(directory.resolve(WEIGHTS), tensors, OwnLayoutWriter.FORMAT);
        });
  }

  private static ObjectNode config(Path base, LowRankAdapters.Options options, boolean tables) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("peft_type", "LORA").put("task_type", "CAUSAL_LM");
    json.put("base_model_name_or_path", base.toString());
    json.put("r", options.rank());
    json.put("lora_alpha", options.alpha());
    json.put("lora_dropout", options.dropout());
    ArrayNode targets = json.putArray("target_modules");
    options.targets().forEach(targets::add);
    if (tables) {
      json.putArray("modules_to_save").add("embed_tokens").add(HEAD);
    } else {
      json.putNull("modules_to_save");
    }
    json.put("bias", "none").put("fan_in_fan_out", false).put("inference_mode", true);
    return json;
  }

  /**
   * Reads what a configuration says of the changes, those of PEFT's own among them.
   *
   * @throws org.spiritlm.torch.CheckpointException if it is of another kind than is built here
   */
  static LowRankAdapters.Options read(Path directory) {
    ConfigFile file = ConfigFile.read(directory.resolve(CONFIG));
    if (!file.text("peft_type").equals("LORA")) {
      throw file.wrong("peft_type", "\"LORA\", the only kind that is built here");
    }
    for (String key : new String[] {"use_dora", "fan_in_fan_out"}) {
      if (file.flag(key, false)) {
        throw file.wrong(key, "false, the only way that is built here");
      }
    }
    if (!file.text("bias", "none").equals("none")) {
      throw file.wrong("bias", "\"none\", the only way that is built here");
    }
    for (String key : new String[] {"rank_pattern", "alpha_pattern"}) {
      if (file.has(key) && !file.node(key).isEmpty()) {
        throw file.wrong(key, "nothing: one rank for all is built here");
      }
    }
    Set<String> targets = new TreeSet<>();
    JsonNode names = file.node("target_modules");
    for (JsonNode name : names) {
      targets.add(name.asText());
    }
    if (!names.isArray() || targets.isEmpty()) {
      throw file.wrong("target_modules", "a list of names such as q_proj");
    }
    int rank = file.positive("r");
    double alpha = file.number("lora_alpha");
    if (!(alpha > 0) || Double.isInfinite(alpha)) {
      throw file.wrong("lora_alpha", "a number above 0");
    }
    // PEFT's "rank-stabilized" kind divides by the root of the rank
    double factor = file.flag("use_rslora", false) ? Math.sqrt(rank) : 1;
    return new LowRankAdapters.Options(rank, alpha * factor, 0, targets, -1);
  }
}
