package org.spiritlm.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.LoadOptions;
import org.spiritlm.SpiritLm;
import org.spiritlm.checkpoint.FreshModel;
import org.spiritlm.checkpoint.Preset;
import org.spiritlm.checkpoint.Variant;
import org.spiritlm.json.Json;
import org.spiritlm.json.JsonLine;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.Torch;

/** A small model is judged by a few utterances, by all measures. */
final class EvaluationTest {
  private static final Evaluation.Listener DEAF =
      new Evaluation.Listener() {
        @Override
        public void begin(String measure) {}

        @Override
        public void at(long done, long all, long before, double seconds) {}

        @Override
        public void say(String what) {}
      };

  @TempDir private static Path shared;
  private static Path manifest = Path.of("");
  private static Path whole = Path.of("");
  private static Quality quality = new Quality(Json.object());

  @TempDir private Path directory;

  @BeforeAll
  static void judge() {
    Torch.threads(1); // these sizes are too small to share out
    manifest = SmallCorpus.write(shared);
    whole = shared.resolve("whole");
    quality = run(model(Variant.EXPRESSIVE), whole, options(Transcripts.none()), DEAF);
  }

  private static SpiritLm model(Variant variant) {
    Path place = shared.resolve(variant.key());
    if (!Files.exists(place)) {
      new FreshModel(Preset.TOY, variant, 3, DType.F32, null).write(place, step -> {});
    }
    return SpiritLm.load(place, LoadOptions.standard());
  }

  private static Evaluation.Options options(Transcripts transcripts) {
    return new Evaluation.Options(
        Set.copyOf(Evaluation.MEASURES), shared.resolve("phones.ctm"), transcripts, true, false);
  }

  private static Quality run(
      SpiritLm model, Path place, Evaluation.Options options, Evaluation.Listener listener) {
    return Evaluation.run(
        model, EvaluationSet.read(manifest, "test", 100), options, place, listener);
  }

  @Test
  void everyMeasureHasItsFigures() throws IOException {
    assertThat(quality.figures().keySet())
        .contains(
            "units.used",
            "pitch.used",
            "style.used",
            "tokens_per_second",
            "mfcc.phone_purity",
            "units.phone_purity",
            "units.cluster_purity",
            "units.information",
            "asr.wer",
            "asr.cer",
            "original.wer",
            "tts.wer",
            "resynthesis.wer",
            "resynthesis.ffe",
            "style.recordings",
            "style.kept",
            "continuation.t_t",
            "continuation.s_s_sum",
            "continuation.t_s_gain",
            "perplexity.text",
            "perplexity.hubert_given_other");
    for (Figure figure : quality.figures().values()) {
      Double value = figure.value();
      if (figure.name().endsWith("wer") && !figure.name().startsWith("asr")) {
        assertThat(value).as(figure.name()).isNull(); // nobody has listened
      } else if (value != null) {
        assertThat(figure.items()).as(figure.name()).isPositive();
        assertThat(value).as(figure.name()).isFinite().isNotNegative();
      }
    }
    // two phones of three that clusters of sound tell, and whispering, are no matter of luck
    assertThat(quality.value("mfcc.phone_purity")).isGreaterThan(0.5);
    assertThat(quality.value("style.recordings")).isEqualTo(1);
    assertThat(quality.value("bits_per_second")).isBetween(250.0, 320.0);
    assertThat(Json.file(whole.resolve("quality.json")))
        .isEqualTo(Json.parse(quality.toString(), "quality"));
  }

  @Test
  void aPerplexityOfARandomModelIsNearTheSizeOfItsVocabulary() {
    SpiritLm model = model(Variant.EXPRESSIVE);
    assertThat(quality.value("perplexity.text"))
        .isBetween(0.5 * model.tokenizer().size(), 2.0 * model.tokenizer().size());
  }

  @Test
  void confusionsAddUpToTheRecordings() throws IOException {
    JsonNode confusion = Json.file(whole.resolve("quality.json")).path("style_confusion");
    assertThat(confusion.path("labels")).hasSize(2);
    for (String which : List.of("recordings", "resynthesis")) {
      long sum = 0;
      for (JsonNode row : confusion.path(which)) {
        for (JsonNode count : row) {
          sum += count.asLong();
        }
      }
      assertThat(sum).isEqualTo(SmallCorpus.JUDGED);
    }
  }

  @Test
  void whatWasInterruptedBecomesTheWhole() throws IOException {
    SpiritLm model = model(Variant.EXPRESSIVE);
    for (String at : List.of("units", "tts", "style")) {
      assertThatThrownBy(() -> run(model, directory, options(Transcripts.none()), new Killer(at)))
          .hasMessage("killed");
      Files.writeString(
          directory.resolve("items.jsonl"), "{\"measure\":\"sty", StandardOpenOption.APPEND);
    }
    run(model, directory, options(Transcripts.none()), DEAF);
    for (String file : List.of("items.jsonl", "quality.json", "audio/manifest.jsonl")) {
      assertThat(directory.resolve(file)).hasSameTextualContentAs(whole.resolve(file));
    }
    for (JsonLine recording : Json.lines(whole.resolve("audio/manifest.jsonl"))) {
      Path file = Path.of("audio").resolve(recording.text("audio"));
      assertThat(directory.resolve(file)).hasSameBinaryContentAs(whole.resolve(file));
    }
  }

  /** Ends the process, as it were, after the first items of a measure. */
  private static final class Killer implements Evaluation.Listener {
    private final String victim;
    private String current = "";

    Killer(String victim) {
      this.victim = victim;
    }

    @Override
    public void begin(String measure) {
      current = measure;
    }

    @Override
    public void at(long done, long all, long before, double seconds) {
      if (victim.equals(current)) {
        throw new IllegalStateException("killed");
      }
    }

    @Override
    public void say(String what) {}
  }

  @Test
  void heardRightThereAreNoErrors() throws IOException {
    Path place = directory.resolve("copy");
    try (Stream<Path> walk = Files.walk(whole)) {
      for (Path path : walk.toList()) {
        Files.copy(path, place.resolve(whole.relativize(path).toString()));
      }
    }
    Map<String, Transcripts.Heard> heard = new HashMap<>();
    for (JsonLine recording : Json.lines(place.resolve("audio/manifest.jsonl"))) {
      Path file = place.resolve("audio").resolve(recording.text("audio"));
      String said = recording.text("text").replace("2", "two").replace(".", "");
      heard.put(recording.text("id"), new Transcripts.Heard(said, Sha256.of(file)));
    }
    Quality judged = hear(place, heard);
    assertThat(judged.value("original.wer")).isZero();
    assertThat(judged.value("resynthesis.cer")).isZero();
    Figure resynthesis = Objects.requireNonNull(judged.figures().get("resynthesis.wer"));
    assertThat(resynthesis.bar()).isEqualTo(Bar.atMost(0.08));
    assertThat(resynthesis.isMet()).isTrue();

    heard.put("original/u0", new Transcripts.Heard("We saw", null)); // half of four words
    assertThat(hear(place, heard).value("original.wer")).isBetween(0.02, 0.15);
    heard.put("original/u0", new Transcripts.Heard("We saw 2 cats", "of another file"));
    assertThat(hear(place, heard).value("original.wer")).isNull();
  }

  private static Quality hear(Path place, Map<String, Transcripts.Heard> heard) {
    Evaluation.Options options =
        new Evaluation.Options(Set.of("resynthesis"), null, new Transcripts(heard), true, false);
    return run(model(Variant.EXPRESSIVE), place, options, DEAF);
  }

  @Test
  void anotherModelIsAnotherEvaluation() throws IOException {
    Path place = directory.resolve("evaluation");
    Evaluation.Options few =
        new Evaluation.Options(Set.of("asr"), null, Transcripts.none(), true, false);
    Quality base = run(model(Variant.BASE), place, few, DEAF);
    assertThat(base.figures()).containsKey("asr.wer").doesNotContainKey("pitch.used");
    assertThatThrownBy(() -> run(model(Variant.EXPRESSIVE), place, few, DEAF))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("another model")
        .hasMessageContaining("--force");
    Evaluation.Options anew =
        new Evaluation.Options(Set.of("perplexity"), null, Transcripts.none(), true, true);
    Quality expressive = run(model(Variant.EXPRESSIVE), place, anew, DEAF);
    assertThat(expressive.figures()).containsKey("perplexity.pitch").doesNotContainKey("asr.wer");
    assertThat(Files.readString(place.resolve("items.jsonl"))).doesNotContain("\"asr\"");
  }

  @Test
  void aDamagedJournalIsNamed() throws IOException {
    Path journal = directory.resolve("items.jsonl");
    Files.copy(whole.resolve("items.jsonl"), journal);
    Files.writeString(journal, "garbage\n", StandardOpenOption.APPEND);
    assertThatThrownBy(
            () -> run(model(Variant.EXPRESSIVE), directory, options(Transcripts.none()), DEAF))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("items.jsonl, line ");
  }

  @Test
  void aDirectoryOfSomethingElseIsLeftAlone() throws IOException {
    Path recording = directory.resolve("audio/mine.wav");
    Files.createDirectories(directory.resolve("audio"));
    Files.writeString(recording, "mine");
    Evaluation.Options anew =
        new Evaluation.Options(Set.of(), null, Transcripts.none(), true, true);
    assertThatThrownBy(() -> run(model(Variant.BASE), directory, anew, DEAF))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("holds something else");
    assertThat(recording).hasContent("mine");
  }

  @Test
  void whatCannotBeJudgedIsSaid() {
    assertThatThrownBy(() -> EvaluationSet.read(manifest, "dev", 10))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no utterance of the split 'dev'")
        .hasMessageContaining("[test, train]");
    assertThatThrownBy(() -> EvaluationSet.read(manifest, "test", 0))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("1 or more");
    assertThatThrownBy(
            () -> new Evaluation.Options(Set.of("beauty"), null, Transcripts.none(), true, false))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no measure 'beauty'")
        .hasMessageContaining("asr");
  }

  @Test
  void fewerUtterancesAreTheFirstOfMore() {
    List<String> all = ids(EvaluationSet.read(manifest, "test", 100));
    assertThat(all).hasSize(SmallCorpus.JUDGED);
    assertThat(ids(EvaluationSet.read(manifest, "test", 3))).isEqualTo(all.subList(0, 3));
  }

  private static List<String> ids(EvaluationSet set) {
    return set.items().stream().map(Item::id).toList();
  }
}
