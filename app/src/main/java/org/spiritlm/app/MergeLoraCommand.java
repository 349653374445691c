package org.spiritlm.app;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.spiritlm.checkpoint.AdapterMerge;
import org.spiritlm.checkpoint.ModelDirectory;
import org.spiritlm.checkpoint.ModelInformation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code spiritlm merge-lora}: a model and adapters to one model. */
@Command(
    name = "merge-lora",
    description = {
      "Put low-rank adapters into the model that they were trained with.",
      "",
      "ADAPTER is what train lm wrote with lora.rank, or Hugging Face's PEFT."
    },
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  spiritlm merge-lora start runs/lora/lm -o my-model",
      "  spiritlm merge-lora start runs/lora/lm --dtype bf16 -o my-model-bf16",
    })
final class MergeLoraCommand implements Runnable {
  private final Console console;

  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description = "A bundled model, a model directory, or Meta's checkpoints.")
  String model = "";

  @Parameters(
      index = "1",
      paramLabel = "ADAPTER",
      description = "A directory with adapter_config.json and adapter_model.safetensors.")
  Path adapter = Path.of("");

  @Mixin VariantOption variant = new VariantOption();

  @Mixin NewDirectory output = new NewDirectory();

  @Option(
      names = "--dtype",
      paramLabel = "fp32|bf16",
      description = "Element type of the language model (default: that of its file).")
  @Nullable ElementType type;

  @Mixin CommonOptions common = new CommonOptions();

  MergeLoraCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    ModelDirectory base = ModelDirectory.open(variant.find(model), variant.name());
    output.fill(
        directory ->
            AdapterMerge.write(base, adapter, directory, ElementType.dtype(type), console::say));
    ModelInformation written = ModelInformation.of(ModelDirectory.open(output.directory, null));
    new ModelReport(written).print(console, common.json);
  }
}
