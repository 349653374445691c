package org.spiritlm.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.Generation;
import org.spiritlm.GenerationOptions;
import org.spiritlm.Segment;
import org.spiritlm.SpiritLm;
import org.spiritlm.audio.Audio;
import org.spiritlm.checkpoint.ModelDirectory;
import org.spiritlm.checkpoint.ModelInformation;
import org.spiritlm.corpus.AudioLocation;
import org.spiritlm.corpus.Manifest;
import org.spiritlm.corpus.Utterance;
import org.spiritlm.json.Json;
import org.spiritlm.json.JsonLine;
import org.spiritlm.task.SpeechSynthesis;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.Torch;
import org.spiritlm.training.Settings;
import org.spiritlm.vocoder.VoiceOptions;

/** The whole recipe, with little of each stage. */
final class TinyRecipeTest {
  @TempDir private static Path shared;

  private static Path whole = Path.of("");
  private static TinyRecipe.Result made;
  private static int threads;

  @TempDir private Path directory;

  @BeforeAll
  static void make() {
    threads = Torch.threads();
    Torch.threads(1); // the same sums in every run
    whole = shared.resolve("whole");
    made = recipe(whole, null, smoke()).run(line -> {});
  }

  @AfterAll
  static void setBack() {
    Torch.threads(threads);
  }

  private static Settings smoke() {
    return TinyRecipe.settings(true);
  }

  private static TinyRecipe recipe(Path out, Path corpus, Settings settings) {
    return new TinyRecipe(out, corpus, settings, Device.CPU);
  }

  @Test
  void theSettingsForGpusAreKnown() {
    Settings settings =
        Settings.read(Path.of("../configs/tiny-gpu.yaml")).over(TinyRecipe.settings(false));
    assertThat(recipe(directory, null, settings).describe())
        .contains("  aligner.length_step=25", "  lm-base.sequences=24", "  lm-base.length=2048")
        .contains("  start-base.from=nothing", "  start-expressive.from=base");
  }

  @Test
  void makesModelsThatWriteAndSpeakAndListen() {
    assertThat(made.finished()).isTrue();
    assertThat(made.models())
        .containsExactly(
            whole.toAbsolutePath().resolve("models/tiny-base"),
            whole.toAbsolutePath().resolve("models/tiny-expressive"));
    for (Path directory : made.models()) {
      ModelDirectory model = ModelDirectory.open(directory, null);
      assertThat(ModelInformation.of(model).verify())
          .isNotEmpty()
          .allMatch(check -> check.problem() == null);
      SpiritLm lm = SpiritLm.load(directory);
      GenerationOptions few = GenerationOptions.text().withMaxNewTokens(5).withSeed(1);
      Generation written = lm.generate(List.of(Segment.text("The cat")), few);
      assertThat(written.outputIds()).isNotEmpty();
      Generation spoken = new SpeechSynthesis(lm).speak("The cat sat.");
      assertThat(spoken.outputIds()).isNotEmpty();
      Audio sound = lm.decode(lm.tokens(lm.encode(recording())), VoiceOptions.standard()).audio();
      assertThat(sound.samples().length).isGreaterThan(Audio.SPEECH_RATE / 2);
      List<Segment> heard = List.of(Segment.speech(lm.tokens(lm.encode(recording()))));
      assertThat(lm.generate(heard, few).outputIds()).isNotEmpty();
    }
  }

  private static Path recording() {
    JsonLine first = Json.lines(whole.resolve("corpus/manifest.jsonl")).get(0);
    return whole.resolve("corpus").resolve(first.text("audio"));
  }

  @Test
  void partsThatAllModelsHaveAreStoredOnceAndCardsSayWhatWentIn() throws IOException {
    assertThat(whole.resolve("models/tiny-base/hubert")).doesNotExist();
    assertThat(whole.resolve("models/shared/hubert/model.safetensors")).exists();
    assertThat(whole.resolve("models/tiny-base/aligner")).doesNotExist();
    assertThat(SpiritLm.load(whole.resolve("models/tiny-base")).aligns()).isTrue();
    String card = Files.readString(whole.resolve("models/tiny-expressive/README.md"));
    assertThat(card).contains("FreeTTS", "WordNet", "FCPE", "supervised", "| lm-base |");
    assertThat(card).contains("Not measured.");
    Path quality = Files.createDirectories(whole.resolve("quality/tiny-base"));
    Files.writeString(
        quality.resolve("quality.json"),
        """
        {"figures":[{"name":"asr","title":"ASR, WER","form":"share","value":0.183,"items":40,
        "paper":0.219,"bar":{"most":0.2},"met":true}]}
        """);
    Settings noted = smoke().with("notes=Heard twice.");
    assertThat(recipe(whole, null, noted).run(line -> {}).finished()).isTrue();
    assertThat(Files.readString(whole.resolve("models/tiny-base/README.md")))
        .contains("\nHeard twice.\n", "| ASR, WER | 18.3 % | 40 | 21.9 % | met |");
    assertThat(ModelInformation.of(ModelDirectory.open(made.models().get(0), null)).verify())
        .allMatch(check -> check.problem() == null);
  }

  /** Breaks a run off in the middle of what it says, again and again, as a kill would. */
  private static final class Broken implements Consumer<String> {
    private final int after;
    private int said;

    Broken(int after) {
      this.after = after;
    }

    @Override
    public void accept(String line) {
      if (++said == after) {
        throw new IllegalStateException("broken off: " + line);
      }
    }
  }

  @Test
  void brokenOffAgainAndAgainEqualsUninterrupted() throws IOException {
    Path out = directory.resolve("out");
    // one model alone, which is no other because of that
    Settings settings = smoke().with("variants=base").with("aligner.checkpoint_every=2");
    int broken = 0;
    TinyRecipe.Result result = null;
    while (result == null) {
      assertThat(broken).isLessThan(40);
      try {
        result = recipe(out, null, settings).run(new Broken(List.of(4, 6, 10).get(broken % 3)));
      } catch (IllegalStateException e) {
        assertThat(e).hasMessageStartingWith("broken off");
        broken++;
      }
    }
    assertThat(broken).isGreaterThan(4);
    assertThat(sums(out.resolve("models"), "tiny-base", "shared"))
        .isEqualTo(sums(whole.resolve("models"), "tiny-base", "shared"));
  }

  /** The sums of all files below directories, but of what has the time in it. */
  private static Map<String, String> sums(Path models, String... names) throws IOException {
    Map<String, String> sums = new TreeMap<>();
    for (String name : names) {
      try (Stream<Path> files = Files.walk(models.resolve(name))) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          if (!file.endsWith("README.md") && !file.endsWith("spiritlm.json")) {
            sums.put(models.relativize(file).toString(), sha256(file));
          }
        }
      }
    }
    assertThat(sums).hasSizeGreaterThan(8);
    return sums;
  }

  private static String sha256(Path file) throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(Files.readAllBytes(file)));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void theSelfSupervisedWayMakesAModelOfRecordingsWithoutTimes() throws IOException {
    Path manifest = withoutTimes();
    Settings settings =
        smoke().with("encoder=self-supervised").with("quantizer=ctc").with("variants=base");
    Path out = directory.resolve("out");
    TinyRecipe.Result result = recipe(out, manifest, settings).run(line -> {});
    assertThat(result.finished()).isTrue();
    assertThat(result.models()).containsExactly(out.resolve("models/tiny-base"));
    assertThat(out.resolve("words/manifest.jsonl")).content().contains("\"words\"");
    Path model = result.models().get(0);
    assertThat(ModelInformation.of(ModelDirectory.open(model, null)).verify())
        .isNotEmpty()
        .allMatch(check -> check.problem() == null);
    SpiritLm lm = SpiritLm.load(model);
    assertThat(lm.aligns()).isTrue();
    GenerationOptions few = GenerationOptions.text().withMaxNewTokens(5).withSeed(1);
    List<Segment> heard = List.of(Segment.speech(lm.tokens(lm.encode(recording()))));
    assertThat(lm.generate(heard, few).outputIds()).isNotEmpty();
    assertThat(new SpeechSynthesis(lm).speak("The cat sat.").outputIds()).isNotEmpty();
    Audio sound = lm.decode(lm.tokens(lm.encode(recording())), VoiceOptions.standard()).audio();
    assertThat(sound.samples()).isNotEmpty();
  }

  /** The recordings of the whole recipe as they come from elsewhere. */
  private Path withoutTimes() throws IOException {
    Path corpus = whole.resolve("corpus");
    StringBuilder lines = new StringBuilder();
    for (JsonLine line : Json.lines(corpus.resolve("manifest.jsonl"))) {
      ObjectNode object = line.object();
      assertThat(object.remove("words")).isNotNull();
      object.put("audio", corpus.resolve(line.text("audio")).toAbsolutePath().toString());
      lines.append(Json.line(object)).append('\n');
    }
    return Files.writeString(directory.resolve("manifest.jsonl"), lines);
  }

  @Test
  void recordingsWithoutTimesAreAlignedAndTheSelfSupervisedWayIsPlanned() {
    Path manifest = directory.resolve("manifest.jsonl");
    write(manifest, 24, "neutral", "happy");
    Settings settings = smoke().with("encoder=self-supervised").with("quantizer=ctc");
    List<String> stages =
        recipe(directory.resolve("out"), manifest, settings).describe().stream()
            .filter(line -> !line.startsWith(" "))
            .map(line -> line.substring(0, line.indexOf(':')))
            .toList();
    assertThat(stages)
        .startsWith("corpus", "text", "aligner", "words", "mfcc-clusters", "hubert-1")
        .containsSubsequence("middle-clusters", "hubert-2", "clusters", "ctc-quantizer", "pitch")
        .containsSubsequence(
            "vocoder-expressive", "start-base", "lm-base", "assembly-base", "start-expressive")
        .endsWith("lm-expressive", "assembly-expressive");
    assertThat(directory.resolve("out")).doesNotExist();
  }

  private static void write(Path manifest, int count, String... styles) {
    try (Manifest.Writer writer = new Manifest.Writer(manifest)) {
      for (int i = 0; i < count; i++) {
        writer.write(
            new Utterance(
                "u" + i,
                AudioLocation.of("u" + i + ".wav"),
                null,
                null,
                "This is sentence " + i,
                List.of(),
                null,
                styles.length == 0 ? null : styles[i % styles.length],
                null));
      }
    }
  }

  @Test
  void mistakesAreNamedBeforeAnyWork() {
    Path out = directory.resolve("out");
    refused(out, null, smoke().with("lm-base.stepz=3"), "lm-base", "unknown key 'stepz'");
    refused(out, null, smoke().with("lm.stepz=3"), "unknown key 'stepz'; known are");
    refused(
        out, null, smoke().with("vocoders.steps=3"), "no stage or setting 'vocoders'", "vocoder");
    refused(
        out,
        null,
        smoke().with("variants=expressive").with("start-expressive.from=base"),
        "'start.from' is base",
        "both variants");
    refused(out, null, smoke().with("encoder=magic"), "'encoder' must be one of supervised");
    refused(out, null, smoke().with("variants=huge"), "'variants' must be base, expressive");
    refused(out, null, smoke().with("text=3"), "'text' must have keys with values");
    refused(out, null, smoke().with("corpus.voices=99"), "voices is 99");
    refused(out, null, smoke().with("clusters.features.layer=3"), "one of the 2 blocks", "aligner");
    refused(out, null, smoke().with("lm.length=1000"), "longer than the model's context of 512");
    refused(out, null, smoke().with("vocoder.segment=1"), "shorter than the mel spectrogram's");
    Path manifest = directory.resolve("manifest.jsonl");
    write(manifest, 3);
    refused(out, manifest, smoke(), "has 3 utterances with a transcript", "at least 20");
    write(manifest, 30);
    refused(out, manifest, smoke(), "at least two styles", "variants=base");
    write(manifest, 30, "neutral");
    refused(out, manifest, smoke(), "found [neutral]");
    assertThat(out).doesNotExist();
    Settings longer = smoke().with("lm.steps=9");
    assertThatThrownBy(() -> recipe(whole, null, longer).run(line -> {}))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(whole.resolve("lm-base") + ": was made with other settings (steps)");
  }

  private static void refused(Path out, Path corpus, Settings settings, String... messages) {
    assertThatThrownBy(() -> recipe(out, corpus, settings))
        .isInstanceOf(InputException.class)
        .message()
        .contains(messages);
  }
}
