package org.spiritlm.app;

import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiritlm.checkpoint.FreshModel;
import org.spiritlm.checkpoint.ModelDirectory;
import org.spiritlm.checkpoint.ModelInformation;
import org.spiritlm.checkpoint.Preset;
import org.spiritlm.checkpoint.Variant;
import org.spiritlm.torch.DType;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code spiritlm init}: a new model with random weights. */
@Command(
    name = "init",
    description = {
      "Make a new model with random weights, to be trained or to try commands with.",
      "",
      "It knows nothing: what it says is noise until it is trained."
    },
    sortOptions = false,
    footer = {
      "",
      "Presets (language model; HuBERT, style encoder and vocoder):",
      "  toy   0.3 million parameters; at most 3 MB in all, for tests and a first look",
      "  tiny  10 million, for training on a laptop; a quarter of the released widths",
      "  1b    the sizes of TinyLlama 1.1B; the released sizes",
      "  7b    the sizes of Llama 2 7B; the released sizes",
      "",
      "Examples:",
      "  spiritlm init --preset toy -o toy",
      "  spiritlm init --preset tiny --variant base --seed 7 -o my-model",
      "  spiritlm init --preset 7b --tokenizer Llama-2-7b-hf/tokenizer.model -o my-7b",
    })
final class InitCommand implements Runnable {
  private final Console console;

  @Option(
      names = "--preset",
      paramLabel = "NAME",
      required = true,
      completionCandidates = Presets.class,
      description = "Sizes: ${COMPLETION-CANDIDATES}.")
  String preset = "";

  @Mixin NewDirectory output = new NewDirectory();

  @Option(
      names = "--variant",
      paramLabel = "base|expressive",
      description = "Without or with pitch and style (default: expressive).")
  ModelPlace.Variant variant = ModelPlace.Variant.EXPRESSIVE;

  @Option(
      names = "--tokenizer",
      paramLabel = "FILE|DIR",
      description =
          "A SentencePiece tokenizer.model, such as Llama's, whose pieces the text has; the speech"
              + " tokens are added (default: a small English vocabulary).")
  @Nullable Path tokenizer;

  @Option(
      names = "--dtype",
      paramLabel = "fp32|bf16",
      description =
          "Element type of the language model (default: fp32 for toy and tiny, bf16 for the"
              + " others).")
  @Nullable ElementType type;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Chooses the random weights (default: 0).")
  long seed;

  @Mixin CommonOptions common = new CommonOptions();

  InitCommand(Console console) {
    this.console = console;
  }

  /** The names of the presets. */
  static final class Presets implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return List.of(Preset.values()).stream().map(Preset::key).iterator();
    }
  }

  @Override
  public void run() {
    Preset sizes = Preset.of(preset);
    DType chosen = ElementType.dtype(type);
    FreshModel model =
        new FreshModel(
            sizes,
            Variant.valueOf(variant.name()),
            seed,
            chosen == null ? sizes.dtype() : chosen,
            tokenizer);
    output.fill(directory -> model.write(directory, console::say));
    console.say("its weights are random: it has to be trained before it can speak or understand");
    ModelInformation written = ModelInformation.of(ModelDirectory.open(output.directory, null));
    new ModelReport(written).print(console, common.json);
  }
}
