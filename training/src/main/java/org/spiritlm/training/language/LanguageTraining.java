package org.spiritlm.training.language;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.spiritlm.SpiritLm;
import org.spiritlm.checkpoint.AdapterFiles;
import org.spiritlm.checkpoint.ModelAssembly;
import org.spiritlm.checkpoint.ModelDirectory;
import org.spiritlm.lm.LlamaConfig;
import org.spiritlm.torch.AdamW;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.LowRankAdapters;
import org.spiritlm.training.LearningRate;
import org.spiritlm.training.OptimiserSettings;
import org.spiritlm.training.Settings;
import org.spiritlm.training.TrainingTask;

/** Everything that training a language model needs, by its settings. */
public final class LanguageTraining {
  /** The paper's constant rate is for a model of 7 billion parameters; small ones take more. */
  private static final OptimiserSettings DEFAULTS =
      new OptimiserSettings(
          new LearningRate(1e-3, 100, LearningRate.Schedule.COSINE, 0.1),
          new AdamW.Options(0.9, 0.95, 1e-8, 0.1),
          1);

  private final Path model;
  private final LearningData data;
  private final LearningData.ValidationOptions validation;
  private final @Nullable AdapterSettings adapters;
  private final boolean recompute;
  private final OptimiserSettings optimiser;

  private LanguageTraining(Settings settings) {
    int length = settings.positive("length", 512);
    int sequences = settings.positive("sequences", 8);
    long seed = settings.seed("seed", 0);
    AnswerKind task = settings.choice("task", AnswerKind.NONE);
    this.model = Path.of(required(settings, "model", "the model directory to begin with"));
    this.data =
        task == AnswerKind.NONE
            ? ShardData.of(settings, length, sequences, seed)
            : AnswerData.of(settings, task, length, sequences, seed);
    this.validation =
        new LearningData.ValidationOptions(
            settings.positive("validation_sequences", 32),
            settings.has("validation_utterances") ? settings.count("validation_utterances", 0) : -1,
            settings.count("samples", 4));
    this.adapters = AdapterSettings.of(settings.below("lora"), seed);
    this.recompute = settings.flag("recompute", false);
    this.optimiser = OptimiserSettings.of(settings.below("optimiser"), DEFAULTS);
  }

  /**
   * Reads the settings; opens nothing.
   *
   * @throws InputException if one is missing or wrong
   */
  public static LanguageTraining of(Settings settings) {
    return new LanguageTraining(settings);
  }

  static String required(Settings settings, String key, String what) {
    String text = settings.text(key, "");
    if (text.isEmpty()) {
      throw new InputException("the setting '" + key + "' is missing: " + what);
    }
    return text;
  }

  /** The model that training begins with. */
  public ModelDirectory base() {
    return ModelDirectory.open(model, null);
  }

  /** Whether a whole language model is trained, not adapters beside it. */
  public boolean isWhole() {
    return adapters == null;
  }

  /**
   * The task.
   *
   * @param run the run's directory, in which {@code samples} are written
   * @throws InputException if the model and the data cannot be used together
   */
  public TrainingTask task(Device device, Path run) {
    SpiritLm tokens = SpiritLm.load(model);
    ModelDirectory directory = tokens.directory();
    Path languageModel = directory.languageModelDirectory();
    LlamaConfig config = LlamaConfig.read(ConfigFile.read(languageModel.resolve("config.json")));
    if (data.length() > config.context()) {
      throw new InputException(
          "sequences of "
              + data.length()
              + " tokens are longer than the model's context of "
              + config.context()
              + "; set 'length' to less");
    }
    LearningData.Opened opened = data.open(tokens, validation);
    WrittenSamples samples =
        opened.prompts().isEmpty()
            ? null
            : new WrittenSamples(run.resolve("samples"), opened.prompts());
    LowRankAdapters beside = adapters == null ? null : adapters.fresh(tokens.vocabulary());
    return new LanguageTask(
        directory.languageModelWeights().as(DType.F32).on(device),
        config,
        new LanguageTask.Way(beside, recompute),
        optimiser,
        opened.learnt(),
        new HeldOutMeasures(directory, opened, samples),
        (target, sizes, parameters) -> {
          if (beside == null) {
            ModelAssembly.writeLanguageModel(languageModel, target, sizes, parameters);
          } else {
            AdapterFiles.write(target, languageModel, sizes.tied(), beside.options(), parameters);
          }
        });
  }
}
