package org.spiritlm.spark;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.checkpoint.Variant;
import org.spiritlm.corpus.Manifest;
import org.spiritlm.corpus.Utterance;
import org.spiritlm.json.Json;
import org.spiritlm.shards.ShardKind;
import org.spiritlm.shards.ShardSet;

/** From a text to a trained language model by the commands of docs/data.md, each with little. */
final class PipelineTest {
  private static final String ALIGNER = "../core/src/test/resources/ctc/layer";

  private static final String SMALL =
      "encoder.width=32 encoder.layers=1 encoder.channels=16 encoder.heads=2";

  @TempDir private Path directory;

  /** Runs a command, which must succeed, and gives its only result. */
  private static ObjectNode result(Object... words) {
    List<String> all = new ArrayList<>();
    Arrays.stream(words).map(Object::toString).forEach(all::add);
    all.add("--json");
    Run run = Run.of(all.toArray(String[]::new));
    assertThat(run.code()).as(String.join(" ", all) + "\n" + run.err()).isZero();
    return Json.parse(run.out(), "the result");
  }

  private static List<Utterance> utterances(Path manifest) {
    List<Utterance> all = new ArrayList<>();
    Manifest.readWhole(manifest, all::add);
    return all;
  }

  @Test
  void fromTextToTrainedModel() throws IOException {
    Path text =
        Files.writeString(
            directory.resolve("sentences.txt"),
            "The cat sat on the mat.\nA dog ran after the cat.\nShe has 3 red hats.\n");
    Path corpus = directory.resolve("corpus");
    result(
        "corpus",
        "synthesize",
        text,
        "-o",
        corpus,
        "--voices",
        2,
        "--styles",
        "neutral,happy",
        "--workers",
        2,
        "--seed",
        1);
    Path manifest = corpus.resolve("manifest.jsonl");
    List<Utterance> spoken = utterances(manifest);
    assertThat(spoken).hasSize(3).allMatch(utterance -> utterance.words().size() >= 5);

    Path aligned = directory.resolve("aligned.jsonl");
    result("align", manifest, "-o", aligned, "--aligner", ALIGNER, "--min-score", -1000);
    List<Utterance> found = utterances(aligned);
    assertThat(found)
        .extracting(Utterance::id)
        .isEqualTo(spoken.stream().map(Utterance::id).toList());
    assertThat(found)
        .extracting(Utterance::text)
        .isEqualTo(spoken.stream().map(Utterance::text).toList());

    Path model = ToyCorpus.model(directory.resolve("toy"), Variant.EXPRESSIVE, 1);
    Path prepared = directory.resolve("prepared");
    ObjectNode summary = Run.prepare(aligned, prepared, model).summary();
    assertThat(summary.get("prepared").asInt()).isEqualTo(3);
    assertThat(summary.get("rejected").asInt()).isZero();

    Path shards = directory.resolve("shards");
    result("shards", prepared, "-o", shards, "--model", model, "--text", text);
    assertThat(transcripts(shards))
        .containsExactlyInAnyOrderElementsOf(spoken.stream().map(Utterance::text).toList());
    Path page = directory.resolve("page.html");
    result(
        "corpus",
        "show",
        spoken.get(0).id(),
        "--corpus",
        prepared,
        "--audio",
        manifest,
        "--model",
        model,
        "-o",
        page);
    assertThat(Files.readString(page)).contains("cat", "<audio").doesNotContain("<script");
    assertThat(result("corpus", "stats", prepared).get("utterances").asInt()).isEqualTo(3);

    ObjectNode trained =
        train("lm", "model=" + model, "shards=" + shards, "length=64", "sequences=2");
    result("info", trained.get("model").asText(), "--verify");

    ObjectNode aligner = train("aligner", "data.manifest=" + manifest, SMALL);
    result(
        "align",
        manifest,
        "-o",
        directory.resolve("again.jsonl"),
        "--aligner",
        aligner.get("part").asText(),
        "--min-score",
        -1000);
    String data = "data.manifest=" + manifest;
    ObjectNode units =
        train(
            "clusters",
            data,
            "features.encoder=" + aligner.get("part").asText() + " features.layer=1",
            "units=8 batch_rows=20");
    assertThat(Path.of(units.get("part").asText())).isDirectoryContaining("glob:**quantizer*");
    String prepare = "data.prepared=" + prepared;
    String none = "data.validation=none";
    train("pitch", "model=" + model, data, prepare, none, "batch=2 network.width=8 segment=16");
    String voice = "conditions=expressive batch=1 segment=10 network.channels=32";
    ObjectNode vocoder =
        train("vocoder", "model=" + model, data, prepare, none, voice, "discriminators.width=32");
    result("info", vocoder.get("model").asText(), "--verify");
  }

  /** The words of each aligned item, as spans of text take them. */
  private static List<String> transcripts(Path shards) {
    List<String> transcripts = new ArrayList<>();
    try (ShardSet set = ShardSet.open(shards)) {
      for (long i = 0; i < set.items(ShardKind.ALIGNED); i++) {
        ShardSet.Item item = set.item(ShardKind.ALIGNED, i);
        transcripts.add(String.join(" ", item.shard().words(item.index())));
      }
    }
    return transcripts;
  }

  /** Trains a part for two steps. */
  private ObjectNode train(String part, String... settings) {
    List<Object> words = new ArrayList<>(List.of("train", part, "--out", directory.resolve(part)));
    words.addAll(List.of("--threads", 1, "--device", "cpu", "--set", "steps=2"));
    for (String setting : settings) {
      for (String one : setting.split(" ", -1)) {
        words.addAll(List.of("--set", one));
      }
    }
    ObjectNode trained = result(words.toArray());
    assertThat(trained.get("finished").asBoolean()).isTrue();
    return trained;
  }
}
