package org.spiritlm.recipe;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.spiritlm.LoadOptions;
import org.spiritlm.SpiritLm;
import org.spiritlm.checkpoint.Directories;
import org.spiritlm.checkpoint.FreshLanguageModel;
import org.spiritlm.checkpoint.ModelDirectory;
import org.spiritlm.checkpoint.Part;
import org.spiritlm.checkpoint.TokenizerChecksum;
import org.spiritlm.checkpoint.TrainedModel;
import org.spiritlm.checkpoint.TrainedParts;
import org.spiritlm.checkpoint.Variant;
import org.spiritlm.corpus.Split;
import org.spiritlm.corpus.UtterancePreparer;
import org.spiritlm.lm.LlamaConfig;
import org.spiritlm.lm.RopeScaling;
import org.spiritlm.shards.ShardSetWriter;
import org.spiritlm.shards.ShardSources;
import org.spiritlm.text.NewTokenizer;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Device;
import org.spiritlm.training.Settings;

/** The stages of a recipe that put trained parts together, and use them. */
final class ModelStages {
  /** The model that a stage leaves. */
  static final String MODEL = "model";

  private static final String UNFINISHED = "not stated: parts of a recipe that is not finished";

  /** SPIRIT LM's base of rotary frequencies (appendix A). */
  private static final double ROPE_BASE = 100_000;

  private ModelStages() {}

  /** Makes a model of parts in a stage's directory, unless it is there. */
  private static Path model(
      Variant variant, Map<Part, Path> parts, Path directory, Consumer<String> progress) {
    Path model = directory.resolve(MODEL);
    if (!Files.exists(model)) {
      new TrainedModel(variant, parts, Map.of(), UNFINISHED, Map.of()).write(model, null, progress);
    }
    return model;
  }

  /**
   * Makes the units of a corpus.
   *
   * @param parts what makes units
   */
  static boolean prepare(
      Variant variant,
      Map<Part, Path> parts,
      Path manifest,
      Device device,
      Path directory,
      Consumer<String> progress) {
    ModelDirectory model = ModelDirectory.open(model(variant, parts, directory, line -> {}), null);
    String name = "units@" + TokenizerChecksum.ofUnits(model);
    Double rate = model.frameRates().get("hubert");
    UtterancePreparer preparer =
        new UtterancePreparer(
            model.speechTokenizer(device), null, rate == null ? 0 : rate, name, TinyRecipe.code());
    new PreparedBlocks(manifest, preparer, device.callers(), directory, progress).make();
    return true;
  }

  /** Sizes of a language model, all but its vocabulary's. */
  static LlamaConfig sizes(Settings settings) {
    int width = settings.positive("width", 320);
    int heads = settings.positive("heads", 5);
    return new LlamaConfig(
        1,
        width,
        settings.positive("layers", 8),
        heads,
        settings.positive("key_value_heads", heads),
        settings.positive("head_width", Math.max(1, width / heads)),
        settings.positive("feed_forward", 864),
        1e-5,
        ROPE_BASE,
        new RopeScaling.None(),
        settings.positive("context", 2048),
        true,
        false,
        false);
  }

  /** Makes a model whose language model is yet to be trained. */
  static boolean start(
      Variant variant,
      FreshLanguageModel fresh,
      Map<Part, Path> parts,
      Path directory,
      Consumer<String> progress) {
    Path lm = directory.resolve(Part.LM.key());
    Directories.remove(lm);
    fresh.write(lm);
    Map<Part, Path> all = new LinkedHashMap<>(parts);
    all.put(Part.LM, lm);
    model(variant, all, directory, progress);
    Directories.remove(lm);
    return true;
  }

  /**
   * The language model that {@link #start} makes: with a tokenizer of text and speech tokens.
   *
   * @param known one of the same sizes to begin with, or null
   */
  static FreshLanguageModel fresh(
      LlamaConfig sizes,
      Path tokenizer,
      List<String> speechTokens,
      long seed,
      @Nullable Path known) {
    return new FreshLanguageModel(
        sizes, NewTokenizer.extending(tokenizer, speechTokens), seed, DType.F32, known);
  }

  /**
   * Writes what a language model learns from, and what validates it.
   *
   * @param items of a shard at most
   */
  static boolean shards(
      Path model, Path prepared, Path texts, int items, Path directory, Consumer<String> progress) {
    SpiritLm opened = SpiritLm.load(model, LoadOptions.standard());
    shards(
        opened,
        new ShardSources(List.of(prepared), List.of(texts), Set.of(Split.TRAIN, Split.EXTRA)),
        items,
        directory.resolve(Split.TRAIN),
        progress);
    shards(
        opened,
        new ShardSources(List.of(prepared), List.of(), Set.of(Split.DEV)),
        items,
        directory.resolve(Split.DEV),
        progress);
    return true;
  }

  private static void shards(
      SpiritLm model, ShardSources sources, int items, Path directory, Consumer<String> progress) {
    if (Files.exists(directory)) {
      return;
    }
    long[] rejected = new long[1];
    Directories.write(
        directory,
        target -> {
          ShardSetWriter writer =
              new ShardSetWriter(
                  target,
                  model.tokenizer(),
                  model.vocabulary(),
                  model.tokenLayout(),
                  new ShardSetWriter.Limits(items, ShardSetWriter.Limits.DEFAULT.bytes()),
                  rejection -> {
                    if (rejected[0]++ == 0) {
                      progress.accept("left out: " + rejection.id() + ": " + rejection.reason());
                    }
                  });
          // an earlier stage made the units with the parts of this model
          sources.writeTo(writer, null, read -> progress.accept(read + " items read"));
          writer.finish();
        });
    if (rejected[0] > 1) {
      progress.accept(rejected[0] + " items were left out of " + directory);
    }
  }

  /** Writes an aligner to where models beside each other share it. */
  static void shareAligner(Path aligner, Path shared, DType dtype) {
    if (!Files.exists(shared)) {
      TrainedParts.writeAligner(shared, aligner, dtype);
    }
  }

  /** Copies a part to where models beside each other share it. */
  static void share(Path part, Path shared) {
    if (!Files.exists(shared)) {
      Directories.write(shared, target -> Directories.copy(part, target));
    }
  }
}
