package org.spiritlm.app;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.spiritlm.checkpoint.Converter;
import org.spiritlm.checkpoint.ModelDirectory;
import org.spiritlm.checkpoint.ModelInformation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code spiritlm convert}: any model to our own layout. */
@Command(
    name = "convert",
    description = {
      "Write a model in this project's own layout: safetensors, with checksums.",
      "",
      "The language model, HuBERT and the style encoder in it load in Hugging Face transformers."
    },
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  spiritlm convert checkpoints --variant expressive -o my-model",
      "  spiritlm convert my-model --dtype bf16 -o my-model-bf16",
      "  spiritlm convert my-model --aligner aligner -o my-model-with-times",
    })
final class ConvertCommand implements Runnable {
  private final Console console;
  @Mixin ModelArgument model = new ModelArgument();
  @Mixin NewDirectory output = new NewDirectory();

  @Option(
      names = "--dtype",
      paramLabel = "fp32|bf16",
      description = "Element type of the language model (default: that of its file).")
  @Nullable ElementType type;

  @Option(
      names = "--aligner",
      paramLabel = "DIR",
      description = {
        "An aligner that the model is given, so that it knows when words are said;",
        "a directory as 'align' takes it."
      })
  @Nullable Path aligner;

  @Mixin CommonOptions common = new CommonOptions();

  ConvertCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    Path source = model.directory();
    output.fill(
        directory ->
            Converter.convert(
                source,
                model.variant(),
                directory,
                ElementType.dtype(type),
                aligner,
                console::say));
    ModelInformation written = ModelInformation.of(ModelDirectory.open(output.directory, null));
    new ModelReport(written).print(console, common.json);
  }
}
