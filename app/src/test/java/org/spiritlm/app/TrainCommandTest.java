package org.spiritlm.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.json.Json;

/** train, as a user runs it. */
final class TrainCommandTest {
  @TempDir private static Path shared;

  private static Path model = Path.of("");
  private static Path shards = Path.of("");

  @TempDir private Path directory;

  @BeforeAll
  static void data() throws IOException {
    TextShards data = TextShards.of(shared, "The cat sat on mat number");
    model = data.model();
    shards = data.shards();
  }

  private Run train(Path run, String... more) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "train",
                "lm",
                "--out",
                run.toString(),
                "--set",
                "model=" + model,
                "--set",
                "shards=" + shards,
                "--set",
                "length=64",
                "--set",
                "sequences=4",
                "--set",
                "optimiser.rate=3e-3",
                "--set",
                "optimiser.warm_up=2"));
    words.addAll(Arrays.asList(more));
    return Run.of(words.toArray(String[]::new));
  }

  @Test
  void aTrainedModelScoresWhatItLearnt() throws IOException {
    Path run = directory.resolve("run");
    Run trained =
        train(
            run, "--set", "steps=40", "--set", "validation=" + shards, "--json", "--threads", "1");
    assertThat(trained.code()).as(trained.err()).isZero();
    assertThat(trained.err())
        .contains("mix.interleaved has no share", "mix.speech has no share")
        .doesNotContain("mix.text has no share");
    JsonNode report = trained.object();
    assertThat(report.get("finished").asBoolean()).isTrue();
    assertThat(report.get("best").asDouble()).isLessThan(4);
    String result = report.get("model").asText();
    assertThat(score(result)).isGreaterThan(score(model.toString()) + 2);
    assertThat(Run.of("info", result, "--verify").code()).isZero();
    assertThat(run.resolve("tensorboard")).isNotEmptyDirectory();

    // again, with nothing left to do
    Run again =
        train(
            run, "--set", "steps=40", "--set", "validation=" + shards, "--json", "--threads", "1");
    assertThat(again.object()).isEqualTo(report);

    String settings = Files.readString(run.resolve("settings.json"));
    Run larger =
        train(run, "--set", "steps=40", "--set", "validation=" + shards, "--set", "accumulate=2");
    wrong(larger, "its steps were of 1 batches", "set 'accumulate'");
    assertThat(run.resolve("settings.json")).content().isEqualTo(settings);

    Run other = train(run, "--set", "steps=41", "--set", "validation=" + shards);
    assertThat(other.code()).isEqualTo(2);
    assertThat(other.err()).contains("other settings", "steps").doesNotContain("\tat ");
  }

  @Test
  void aRunWhoseLossWasNoNumberGoesOnAtTheRateThatIsAdvised() throws IOException {
    Path run = directory.resolve("run");
    Run failed = train(run, "--set", "steps=6", "--threads", "1", "--set", "optimiser.rate=1e30");
    wrong(failed, "no numbers to go on with", "bad-batch-", "add --set optimiser.rate=5.0E29");
    assertThat(train(run, "--set", "steps=6", "--threads", "1").code()).isZero();
    assertThat(Json.file(run.resolve("settings.json")).at("/optimiser/rate").asDouble())
        .isEqualTo(3e-3);

    Path never = directory.resolve("never");
    assertThat(train(never, "--set", "steps=6", "--threads", "1").code()).isZero();
    Path weights = Path.of("lm/model.safetensors");
    assertThat(Files.mismatch(run.resolve(weights), never.resolve(weights))).isEqualTo(-1);

    Run other = train(run, "--set", "steps=6", "--threads", "1", "--set", "optimiser.rate=1e-3");
    wrong(other, "at its end with other settings", "(optimiser.rate)");
  }

  @Test
  void adaptersMergeIntoTheModel() {
    Path run = directory.resolve("run");
    Run trained =
        train(
            run,
            "--set",
            "steps=15",
            "--set",
            "validate_every=3",
            "--set",
            "lora.rank=4",
            "--set",
            "recompute=true",
            "--set",
            "validation=" + shards,
            "--set",
            "samples=1",
            "--json");
    assertThat(trained.code()).as(trained.err()).isZero();
    String adapter = trained.object().get("part").asText();
    assertThat(run.resolve("model")).doesNotExist();
    assertThat(run.resolve("curves.png")).exists();
    assertThat(run.resolve("samples/000000015/samples.jsonl")).content().contains("[Text]");
    Path merged = directory.resolve("merged");
    Run merge = Run.of("merge-lora", model.toString(), adapter, "-o", merged.toString());
    assertThat(merge.code()).as(merge.err()).isZero();
    assertThat(Run.of("info", merged.toString(), "--verify").code()).isZero();
    // random tables that stay as they are let little be learnt, but all that is learnt shows
    List<Double> losses =
        Json.lines(run.resolve("metrics.jsonl")).stream()
            .filter(line -> line.object().has("validation_loss"))
            .map(line -> line.number("validation_loss"))
            .toList();
    assertThat(losses.get(4)).isLessThan(losses.get(0));
    assertThat(score(merged.toString())).isNotEqualTo(score(model.toString()));
    Path other = directory.resolve("other");
    wrong(
        Run.of("merge-lora", model.toString(), shards.toString(), "-o", other.toString()),
        "adapter_config.json");
    assertThat(other).doesNotExist();
  }

  private static double score(String of) {
    Run score =
        Run.of(
            "score",
            "--model",
            of,
            "--prompt",
            "[Text]The cat sat on",
            "--continuation",
            " mat number",
            "--json");
    assertThat(score.code()).as(score.err()).isZero();
    return score.object().get("mean").asDouble();
  }

  @Test
  void mistakesAreNamed() throws IOException {
    Path run = directory.resolve("run");
    wrong(train(run, "--set", "stepz=4"), "unknown key 'stepz'; known are", "steps");
    wrong(train(run, "--set", "optimiser.rate=fast"), "'optimiser.rate' must be a number", "fast");
    wrong(train(run, "--set", "shards=" + directory), "holds no shards.json");
    wrong(train(run, "--set", "model=" + directory), "is no model");
    wrong(train(run, "--set", "length=100000"), "longer than the model's context of 4096");
    wrong(train(run, "--set", "mix.text=0"), "nothing of what 'mix' asks for");
    wrong(Run.of("train", "lm", "--out", run.toString()), "'model' is missing");
    wrong(Run.of("train", "ears", "--out", run.toString()), "'ears' cannot be trained", "lm");
    Path config = Files.writeString(directory.resolve("bad.yaml"), "steps: [");
    wrong(train(run, "--config", config.toString()), "bad.yaml", "not YAML");
    assertThat(run).doesNotExist();
  }

  private static void wrong(Run run, String... messages) {
    assertThat(run.err()).contains(messages);
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).doesNotContain("\tat ");
  }
}
