package org.spiritlm.app;

import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.spiritlm.checkpoint.FreshModel;
import org.spiritlm.checkpoint.ModelDirectory;
import org.spiritlm.checkpoint.ModelInformation;
import org.spiritlm.checkpoint.Preset;
import org.spiritlm.checkpoint.Variant;
import org.spiritlm.checkpoint.WarmStart;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.InputException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code spiritlm init}: a new model with random weights. */
@Command(
    name = "init",
    description = {
      "Make a new model with random weights, to be trained or to try commands with.",
      "",
      "It knows nothing: what it says is noise until it is trained. With --llama its language model"
          + " knows the text that it was trained on, and nothing of speech."
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
      "  spiritlm init --llama Llama-2-7b-hf --speech my-model --rope-base 100000 -o start",
    })
final class InitCommand implements Runnable {
  private final Console console;

  @Option(
      names = "--preset",
      paramLabel = "NAME",
      completionCandidates = Presets.class,
      description = "Sizes: ${COMPLETION-CANDIDATES}.")
  @Nullable String preset;

  @Option(
      names = "--llama",
      paramLabel = "DIR",
      description =
          "In place of --preset: begin with a LlamaForCausalLM of Hugging Face; the speech tokens"
              + " are added to its vocabulary, with random vectors.")
  @Nullable Path llama;

  @Option(
      names = "--speech",
      paramLabel = "NAME|DIR",
      description = "With --llama: the model whose other parts and speech tokens are taken.")
  @Nullable String speech;

  @Option(
      names = "--rope-base",
      paramLabel = "N",
      description = "With --llama: another base of the rotary frequencies (the paper's: 100000).")
  @Nullable Double ropeBase;

  @Mixin NewDirectory output = new NewDirectory();

  @Option(
      names = "--variant",
      paramLabel = "base|expressive",
      description = "Without or with pitch and style (default: expressive, or that of --speech).")
  ModelPlace.@Nullable Variant variant;

  @Option(
      names = "--tokenizer",
      paramLabel = "FILE|DIR",
      description =
          "A SentencePiece tokenizer.model, such as Llama's, whose pieces the text has; the speech"
              + " tokens are added (default: a small English vocabulary).")
  @Nullable Path tokenizer;

  @Option(
      names = "--task-tokens",
      description =
          "Add the tokens [ASR] and [TTS], with which transcribe and speak ask then, and training on"
              + " pairs learns.")
  boolean taskTokens;

  @Option(
      names = "--dtype",
      paramLabel = "fp32|bf16",
      description =
          "Element type of the language model (default: fp32 for toy and tiny, bf16 for the"
              + " others; with --llama that of its file).")
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
    BiConsumer<Path, Consumer<String>> writer = writer();
    output.fill(directory -> writer.accept(directory, console::say));
    console.say(
        llama == null
            ? "its weights are random: it has to be trained before it can speak or understand"
            : "its speech tokens are random: it has to be trained before it can speak or hear");
    ModelInformation written = ModelInformation.of(ModelDirectory.open(output.directory, null));
    new ModelReport(written).print(console, common.json);
  }

  private BiConsumer<Path, Consumer<String>> writer() {
    DType chosen = ElementType.dtype(type);
    if (llama != null) {
      if (preset != null || tokenizer != null || speech == null) {
        throw new InputException(
            "--llama has sizes and a tokenizer: give it --speech MODEL, and neither --preset nor"
                + " --tokenizer");
      }
      ModelDirectory parts =
          ModelDirectory.open(ModelPlace.find(speech), ModelPlace.Variant.name(variant));
      return new WarmStart(llama, parts, ropeBase, taskTokens, chosen, seed)::write;
    }
    if (preset == null || speech != null || ropeBase != null) {
      throw new InputException(
          "give --preset NAME, or --llama DIR with --speech MODEL; --rope-base goes with --llama");
    }
    Preset sizes = Preset.of(preset);
    return new FreshModel(
            sizes,
            variant == null ? Variant.EXPRESSIVE : Variant.valueOf(variant.name()),
            seed,
            chosen == null ? sizes.dtype() : chosen,
            tokenizer,
            taskTokens)
        ::write;
  }
}
