package org.spiritlm.training.language;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.spiritlm.checkpoint.ModelAssembly;
import org.spiritlm.checkpoint.ModelDirectory;
import org.spiritlm.interleaving.SpanLengths;
import org.spiritlm.interleaving.Strategy;
import org.spiritlm.lm.LlamaConfig;
import org.spiritlm.lm.LlamaModel;
import org.spiritlm.shards.SamplerOptions;
import org.spiritlm.shards.ShardKind;
import org.spiritlm.shards.ShardSet;
import org.spiritlm.shards.StreamOptions;
import org.spiritlm.torch.AdamW;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.NoGradients;
import org.spiritlm.torch.Scope;
import org.spiritlm.training.LearningRate;
import org.spiritlm.training.OptimiserSettings;
import org.spiritlm.training.Settings;
import org.spiritlm.training.TrainingTask;

/**
 * Everything that training a language model needs, by its settings.
 *
 * @param model the model that training begins with, and whose other parts the result has
 * @param shards what is learnt from
 * @param validation what is not learnt from, or null
 * @param sampling how sequences are made
 * @param batch what a step learns from
 * @param validationSequences how many sequences are validated with
 * @param optimiser of all parameters
 */
public record LanguageTraining(
    Path model,
    Path shards,
    @Nullable Path validation,
    SamplerOptions sampling,
    ShardDocuments.Batch batch,
    int validationSequences,
    OptimiserSettings optimiser) {
  /** The paper's constant rate is for a model of 7 billion parameters; small ones take more. */
  private static final OptimiserSettings DEFAULTS =
      new OptimiserSettings(
          new LearningRate(1e-3, 100, LearningRate.Schedule.COSINE, 0.1),
          new AdamW.Options(0.9, 0.95, 1e-8, 0.1),
          1);

  /**
   * Reads the settings.
   *
   * @throws InputException if one is missing or wrong
   */
  public static LanguageTraining of(Settings settings) {
    int length = settings.positive("length", 512);
    long seed = settings.seed("seed", 0);
    Settings spans = settings.below("spans");
    SpanLengths paper = SpanLengths.PAPER;
    SpanLengths lengths =
        new SpanLengths(
            spans.positive("text_least", paper.textLeast()),
            spans.positive("text_most", paper.textMost()),
            spans.positive("speech_least", paper.speechLeast()),
            spans.positive("speech_most", paper.speechMost()));
    SamplerOptions sampling =
        new SamplerOptions(length, seed, streams(settings.below("mix")), lengths, true);
    return new LanguageTraining(
        required(settings, "model", "the model directory to begin with"),
        required(settings, "shards", "a directory that the command shards wrote"),
        optional(settings, "validation"),
        sampling,
        new ShardDocuments.Batch(settings.positive("sequences", 8), settings.flag("apart", true)),
        settings.positive("validation_sequences", 32),
        OptimiserSettings.of(settings.below("optimiser"), DEFAULTS));
  }

  private static Path required(Settings settings, String key, String what) {
    Path path = optional(settings, key);
    if (path == null) {
      throw new InputException("the setting '" + key + "' is missing: " + what);
    }
    return path;
  }

  private static @Nullable Path optional(Settings settings, String key) {
    String text = settings.text(key, "");
    return text.isEmpty() ? null : Path.of(text);
  }

  /** The streams that have a weight, by the strategy that is their name. */
  private static List<StreamOptions> streams(Settings mix) {
    List<StreamOptions> streams = new ArrayList<>();
    for (Strategy strategy : Strategy.values()) {
      String name = strategy.name().toLowerCase(Locale.ROOT);
      double weight = mix.number(name, isOfThePaper(strategy) ? 1 : 0);
      if (weight > 0) {
        streams.add(new StreamOptions(name, kind(strategy), strategy, weight));
      }
    }
    return streams;
  }

  private static boolean isOfThePaper(Strategy strategy) {
    return switch (strategy) {
      case INTERLEAVED, SPEECH, TEXT -> true;
      case UNIMODAL, WORDS, PAIRS -> false;
    };
  }

  private static ShardKind kind(Strategy strategy) {
    return switch (strategy) {
      case TEXT -> ShardKind.TEXT;
      case SPEECH -> ShardKind.SPEECH;
      case INTERLEAVED, UNIMODAL, WORDS, PAIRS -> ShardKind.ALIGNED;
    };
  }

  /** The model that training begins with. */
  public ModelDirectory base() {
    return ModelDirectory.open(model, null);
  }

  /**
   * The task.
   *
   * @throws InputException if the model or the shards cannot be used together
   */
  public TrainingTask task(Device device) {
    ModelDirectory directory = base();
    Path languageModel = directory.languageModelDirectory();
    LlamaConfig config = LlamaConfig.read(ConfigFile.read(languageModel.resolve("config.json")));
    if (sampling.length() > config.context()) {
      throw new InputException(
          "sequences of "
              + sampling.length()
              + " tokens are longer than the model's context of "
              + config.context()
              + "; set 'length' to less");
    }
    return new LanguageTask(
        directory.languageModelWeights().as(DType.F32).on(device),
        config,
        LanguageTask.Way.WHOLE,
        optimiser,
        documents(shards),
        validation == null ? trained -> Map.of() : new HeldOut(documents(validation)),
        (target, sizes, parameters) ->
            ModelAssembly.writeLanguageModel(languageModel, target, sizes, parameters));
  }

  private ShardDocuments documents(Path directory) {
    ShardSet opened = ShardSet.open(directory);
    List<StreamOptions> there =
        sampling.streams().stream().filter(stream -> opened.items(stream.kind()) > 0).toList();
    if (there.isEmpty()) {
      throw new InputException(directory + ": has nothing of what 'mix' asks for");
    }
    return new ShardDocuments(
        opened,
        new SamplerOptions(
            sampling.length(), sampling.seed(), there, sampling.lengths(), sampling.endTokens()),
        batch);
  }

  /** The mean loss on the first sequences of the validation shards, the same every time. */
  private final class HeldOut implements LanguageTask.Validation {
    private final ShardDocuments documents;

    HeldOut(ShardDocuments documents) {
      this.documents = documents;
    }

    @Override
    public Map<String, Double> measure(LlamaModel trained) {
      documents.rewind();
      NextTokenLoss loss = new NextTokenLoss(trained);
      double sum = 0;
      long targets = 0;
      for (int done = 0; done < validationSequences; done += batch.sequences()) {
        List<TrainingDocument> next = documents.next();
        try (Scope scope = Scope.open();
            NoGradients none = NoGradients.open()) {
          sum += loss.sum(next).item_double();
        }
        targets += next.stream().mapToLong(TrainingDocument::targets).sum();
      }
      Map<String, Double> measures = new LinkedHashMap<>();
      measures.put("loss", sum / targets);
      return measures;
    }

    @Override
    public void close() {
      documents.close();
    }
  }
}
