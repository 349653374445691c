package org.spiritlm.training.language;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.Segment;
import org.spiritlm.SpiritLm;
import org.spiritlm.checkpoint.AdapterMerge;
import org.spiritlm.checkpoint.ModelDirectory;
import org.spiritlm.json.Json;
import org.spiritlm.json.JsonLine;
import org.spiritlm.lm.Scorer;
import org.spiritlm.prompt.Prompt;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.shards.ShardSet;
import org.spiritlm.task.SpeechSynthesis;
import org.spiritlm.task.Transcription;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.training.Settings;
import org.spiritlm.training.Trainer;
import org.spiritlm.training.TrainingTask;

/**
 * Language models are trained as their settings say: on tasks, by adapters, watched by measures.
 */
final class LanguageTrainingTest {
  private static final int UTTERANCES = 100;

  @TempDir private static Path shared;
  @TempDir private Path directory;

  private static Path plain;
  private static Path withTasks;
  private static Path prepared;

  @BeforeAll
  static void data() throws IOException {
    plain = SpokenNumbers.model(shared.resolve("plain"), false);
    withTasks = SpokenNumbers.model(shared.resolve("tasks"), true);
    prepared = SpokenNumbers.prepared(shared.resolve("prepared"), UTTERANCES);
  }

  private static Settings settings(Path model, String... more) {
    Settings settings = Settings.none().with("model=" + model).with("length=64");
    for (String assignment : more) {
      settings = settings.with(assignment);
    }
    return settings;
  }

  private Path train(Settings settings) {
    try (TrainingTask task = LanguageTraining.of(settings).task(Device.CPU, directory)) {
      Trainer.Options options = Trainer.Options.of(settings, 1000, Device.CPU);
      settings.finish();
      Trainer trainer = new Trainer(task, options, directory, line -> {});
      assertThat(trainer.run().finished()).isTrue();
      Path trained = directory.resolve("lm");
      trainer.write(trained);
      return trained;
    }
  }

  private Settings learning(Path model, int steps, String... more) {
    return settings(model, more)
        .with("steps=" + steps)
        .with("validate_every=" + steps)
        .with("optimiser.rate=5.0e-3")
        .with("optimiser.warm_up=5")
        .with("precision=full")
        .with("sequences=16");
  }

  private double last(String measure) {
    List<JsonLine> lines = Json.lines(directory.resolve("metrics.jsonl"));
    return lines.stream()
        .filter(line -> line.object().has(measure))
        .reduce((first, second) -> second)
        .orElseThrow()
        .number(measure);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void onlyTheAnswerToTheQuestionThatTheTaskAsksIsLearnt(boolean tasks) {
    SpiritLm model = SpiritLm.load(tasks ? withTasks : plain);
    SpeechTokens speech = SpeechTokens.parse("[Hu3][Hu4]");
    Spoken spoken = new Spoken("x", speech, "one two");
    Prompt asked = new Transcription(model).prompt(Segment.speech(speech));
    assertThat(asked.string()).isEqualTo((tasks ? "[ASR]" : "[Speech]") + speech + "[Text]");
    check(model, AnswerKind.ASR, spoken, asked, "one two</s>");
    Prompt toSay = new SpeechSynthesis(model).prompt("one two");
    if (tasks) {
      assertThat(toSay.string()).isEqualTo("[TTS]one two[Speech]");
      check(model, AnswerKind.TTS, spoken, toSay, speech + "</s>");
    } else {
      check(
          model,
          AnswerKind.TTS,
          spoken,
          toSay,
          speech.plus(SpeechSynthesis.stopOf(model)) + "</s>");
    }
    check(
        model,
        AnswerKind.CLASSIFICATION,
        new Spoken("x", speech, "loud"),
        new Prompt("[Speech]" + speech + "[Text]"),
        " A:loud[Speech]");
  }

  private static void check(
      SpiritLm model, AnswerKind kind, Spoken spoken, Prompt question, String answer) {
    TrainingDocument document =
        new Questions(model, kind, List.of("loud", "soft")).document(spoken);
    int[] asked = question.ids(model.tokenizer());
    assertThat(document.ids())
        .containsExactly(model.tokenizer().encode(question.string() + answer, true))
        .startsWith(asked);
    for (int i = 0; i < document.ids().length; i++) {
      assertThat(document.learnt()[i]).isEqualTo(i >= asked.length);
    }
  }

  @Test
  void aModelLearnsToWriteDownWhatItHears() throws IOException {
    Path trained = train(learning(withTasks, 120, "task=asr", "prepared=" + prepared, "samples=2"));
    assertThat(last("validation_word_error")).isLessThan(0.2);
    assertThat(trained.resolve("config.json")).exists();
    List<JsonLine> samples =
        Json.lines(directory.resolve("samples").resolve("000000120").resolve("samples.jsonl"));
    assertThat(samples).hasSize(2);
    assertThat(samples.get(0).object().get("prompt").asText()).startsWith("[ASR]");
    assertThat(samples.get(0).object().get("text").asText()).isNotEmpty();
  }

  @Test
  void aModelLearnsLabels() {
    train(
        learning(
            plain, 40, "task=classification", "prepared=" + prepared, "label=style", "samples=0"));
    assertThat(last("validation_label_error")).isLessThan(0.1);
  }

  @Test
  void pairsOfShardsAreAskedAsTheTaskAsks() {
    Path shards = SpokenNumbers.shards(directory.resolve("shards"), withTasks, 40);
    SpiritLm model = SpiritLm.load(withTasks);
    try (ShardSet set = ShardSet.open(shards)) {
      assertThat(set.tokens().recognitionStart())
          .containsExactly(model.tokenizer().encode("[ASR]", true));
    }
    train(
        learning(
            withTasks,
            2,
            "shards=" + shards,
            "validation=" + shards,
            "mix.text=0",
            "mix.speech=0",
            "mix.interleaved=0",
            "mix.pairs=1",
            "validation_utterances=3"));
    assertThat(last("validation_word_error")).isGreaterThan(0);
    Path folder = directory.resolve("samples").resolve("000000002");
    List<JsonLine> samples = Json.lines(folder.resolve("samples.jsonl"));
    assertThat(samples).hasSize(4);
    assertThat(samples)
        .filteredOn(line -> line.object().has("audio"))
        .isNotEmpty()
        .allSatisfy(
            line -> assertThat(folder.resolve(line.object().get("audio").asText())).exists());
  }

  @Test
  void adaptersOfARunMergeToTheModelThatLearnt() throws IOException {
    Path adapter =
        train(
            learning(
                withTasks,
                6,
                "task=tts",
                "prepared=" + prepared,
                "samples=0",
                "recompute=true",
                "lora.rank=2",
                "lora.targets=q_proj,down_proj",
                "lora.speech_tokens=true"));
    assertThat(adapter.resolve("adapter_config.json")).exists();
    Path merged = directory.resolve("merged");
    AdapterMerge.write(ModelDirectory.open(withTasks, null), adapter, merged, null, line -> {});
    SpiritLm before = SpiritLm.load(withTasks);
    SpiritLm after = SpiritLm.load(merged);
    TrainingDocument document =
        new Questions(after, AnswerKind.TTS, List.of())
            .document(new Spoken("x", SpeechTokens.parse("[Hu1][Hu2]"), "one"));
    Scorer.Pair pair =
        new Scorer.Pair(
            Arrays.copyOf(document.ids(), 3),
            Arrays.copyOfRange(document.ids(), 3, document.ids().length));
    assertThat(after.scoreIds(List.of(pair)).get(0).sum())
        .isGreaterThan(before.scoreIds(List.of(pair)).get(0).sum() + 1);
    assertThat(last("validation_loss")).isEqualTo(heldOutLoss(merged), within(1e-4));
    assertThatThrownBy(
            () ->
                AdapterMerge.write(
                    ModelDirectory.open(plain, null),
                    broken(adapter),
                    directory.resolve("other"),
                    null,
                    line -> {}))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("lora_A");
    assertThat(directory.resolve("other")).doesNotExist();
  }

  /** The loss of another run's first model. */
  private double heldOutLoss(Path model) {
    Settings settings =
        learning(model, 1, "task=tts", "prepared=" + prepared, "samples=0")
            .with("optimiser.rate=0");
    Path other = directory.resolve("again");
    try (TrainingTask task = LanguageTraining.of(settings).task(Device.CPU, other)) {
      return task.validate(0).get("loss");
    }
  }

  /** The same adapters with another rank in their configuration. */
  private Path broken(Path adapter) throws IOException {
    Path copy = Files.createDirectory(directory.resolve("broken"));
    for (String name : List.of("adapter_config.json", "adapter_model.safetensors")) {
      Files.copy(adapter.resolve(name), copy.resolve(name));
    }
    Path config = copy.resolve("adapter_config.json");
    Files.writeString(config, Files.readString(config).replaceAll("\"r\" : 2", "\"r\" : 3"));
    return copy;
  }

  @Test
  void whatCannotBeUsedTogetherIsNamed() {
    Path shards = SpokenNumbers.shards(directory.resolve("shards"), plain, 10);
    assertThatThrownBy(
            () ->
                LanguageTraining.of(settings(withTasks, "shards=" + shards))
                    .task(Device.CPU, directory))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("other tokens than");
    assertThatThrownBy(
            () ->
                LanguageTraining.of(
                        settings(plain, "task=asr", "prepared=" + prepared).with("length=4"))
                    .task(Device.CPU, directory))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no utterance to learn from");
    assertThatThrownBy(() -> LanguageTraining.of(settings(plain, "task=singing")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("none, asr, tts, classification");
    assertThatThrownBy(
            () ->
                LanguageTraining.of(
                    settings(plain, "shards=x", "lora.rank=2", "lora.targets=eyes")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("'eyes'", "q_proj");
  }
}
