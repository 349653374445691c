package org.spiritlm.checkpoint;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.spiritlm.lm.LlamaConfig;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.DType;

/** Puts the changes of low-rank adapters into the model that they were trained with. */
public final class AdapterMerge {
  private AdapterMerge() {}

  /**
   * Writes a model with the adapters' changes; memory stays bounded by its largest tensor.
   *
   * @param base the model
   * @param adapter a directory that {@link AdapterFiles} or Hugging Face's PEFT wrote
   * @param target a directory that does not exist or is empty
   * @param dtype the type of the language model's tensors, or null for their own
   * @param progress is told what is being done
   * @return what was written
   * @throws CheckpointException if the adapters are damaged, or of another model
   * @throws org.spiritlm.torch.InputException if the target exists or cannot be written
   */
  public static ModelRecord write(
      ModelDirectory base,
      Path adapter,
      Path target,
      @Nullable DType dtype,
      Consumer<String> progress) {
    ModelLayout layout = base.layout();
    Path lm = base.languageModelDirectory();
    boolean tied = LlamaConfig.read(ConfigFile.read(lm.resolve(OwnLayout.CONFIG))).tied();
    Map<String, String> provenance = new LinkedHashMap<>(Converter.provenance(layout, dtype));
    provenance.put("adapter", "merged from " + adapter.toAbsolutePath().normalize().getFileName());
    return OwnLayoutWriter.model(
        target,
        layout.variant(),
        List.copyOf(layout.parts()),
        (part, writer) -> {
          if (part == Part.LM) {
            Converter.languageModel(
                lm, writer, dtype, model -> new AdaptedSource(model, tied, adapter, dtype));
          } else {
            Converter.write(layout, part, writer, null);
          }
        },
        Converter.licence(layout),
        provenance,
        progress);
  }
}
