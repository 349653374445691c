package org.spiritlm.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;
import org.spiritlm.lm.LlamaConfig;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.SafetensorsWriter;

/**
 * Makes a model directory out of one that is there and parts that were trained since.
 *
 * <p>The result is read as it will be used, and has new checksums.
 */
public final class ModelAssembly {
  private ModelAssembly() {}

  /**
   * Writes a model.
   *
   * @param base the model whose other parts are taken, of any layout
   * @param trained directories of parts in our own layout, such as a {@code vocoder} with its
   *     configuration and weights; also of parts that the base has not
   * @param target a directory that does not exist or is empty
   * @param licence of the whole
   * @param provenance what is known of how the trained parts were made, by name; what the base says
   *     of its own stays beside it
   * @throws InputException if the target exists or cannot be written
   * @throws CheckpointException if a part cannot be used, or does not fit the variant
   */
  public static ModelRecord write(
      ModelDirectory base,
      Map<Part, Path> trained,
      Path target,
      String licence,
      Map<String, String> provenance,
      Consumer<String> progress) {
    ModelLayout layout = base.layout();
    for (Part part : trained.keySet()) {
      if (!layout.variant().has(part)) {
        throw new CheckpointException(
            "a " + layout.variant().key() + " model has no part '" + part.key() + "'");
      }
    }
    Set<Part> parts = EnumSet.copyOf(layout.parts());
    parts.addAll(trained.keySet());
    Map<String, String> whole = new LinkedHashMap<>(Converter.provenance(layout, null));
    whole.putAll(provenance);
    return OwnLayoutWriter.model(
        target,
        layout.variant(),
        List.copyOf(parts),
        (part, writer) -> {
          Path replacement = trained.get(part);
          if (replacement == null) {
            Converter.write(layout, part, writer, null);
          } else {
            Directories.copy(replacement, writer.part(part));
          }
        },
        licence,
        whole,
        progress);
  }

  /**
   * Writes a language model with the tokenizer of another: a directory that Hugging Face's {@code
   * LlamaForCausalLM} and {@link #write} read.
   *
   * @param from the other one's directory
   * @param target a directory that does not exist or is empty
   * @param config sizes
   * @param tensors by the names of {@code LlamaForCausalLM}
   */
  public static void writeLanguageModel(
      Path from, Path target, LlamaConfig config, Map<String, Tensor> tensors) {
    Directories.write(
        target,
        directory -> {
          Converter.copyTokenizer(from, directory);
          ObjectNode json = ConfigFile.read(from.resolve(OwnLayout.CONFIG)).node().deepCopy();
          json.setAll(config.json());
          json.put("torch_dtype", "float32");
          OwnLayoutWriter.json(directory.resolve(OwnLayout.CONFIG), json);
          SafetensorsWriter.write(
              directory.resolve(OwnLayout.WEIGHTS), tensors, OwnLayoutWriter.FORMAT);
        });
  }
}
