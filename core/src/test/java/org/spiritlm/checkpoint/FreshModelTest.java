package org.spiritlm.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.spiritlm.Golden;
import org.spiritlm.audio.Audio;
import org.spiritlm.lm.Generator;
import org.spiritlm.lm.LlamaConfig;
import org.spiritlm.lm.LlamaModel;
import org.spiritlm.lm.Request;
import org.spiritlm.text.IdRange;
import org.spiritlm.text.TextTokenizer;
import org.spiritlm.text.Vocabulary;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.SafetensorsFile;
import org.spiritlm.torch.TensorFiles;
import org.spiritlm.torch.TensorSource;
import org.spiritlm.torch.Tensors;
import org.spiritlm.units.SpeechUnits;
import org.spiritlm.vocoder.Synthesis;
import org.spiritlm.vocoder.VoiceOptions;

class FreshModelTest {
  private static final Path META = Golden.path("checkpoints");

  /** What a toy model may take, for tests and the tour. */
  private static final long TOY_BYTES = 3_000_000;

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(Variant.class)
  void aToyIsSmallAndDoesEverything(Variant variant) throws IOException {
    Path target = folder.resolve("toy");
    FreshModel toy = new FreshModel(Preset.TOY, variant, 0, DType.F32, null);
    ModelRecord record = toy.write(target, step -> {});
    ModelDirectory model = ModelDirectory.open(target, null);

    assertThat(size(target)).isLessThanOrEqualTo(TOY_BYTES);
    assertThat(record).isEqualTo(ModelRecord.read(target));
    assertThat(record.licence()).contains("random weights");
    assertThat(record.provenance()).containsEntry("preset", "toy").containsEntry("seed", "0");
    assertThat(ModelInformation.of(model).verify()).allMatch(check -> check.problem() == null);
    assertThat(model.parts()).isEqualTo(Set.copyOf(toy.parts()));

    SpeechUnits units = model.speechTokenizer(Device.CPU).encode(speech(3));
    assertThat(units.hubert()).hasSize(74).matches(ids -> below(501, ids));
    if (variant == Variant.EXPRESSIVE) {
      assertThat(units.pitch()).hasSize(37).matches(ids -> below(64, ids));
      assertThat(units.style()).hasSize(3).matches(ids -> below(100, ids));
    } else {
      assertThat(units.pitch()).isNull();
      assertThat(units.style()).isNull();
    }
    Synthesis spoken =
        model
            .vocoder(Device.CPU)
            .synthesize(units, VoiceOptions.standard().withPredictedDurations(false));
    assertThat(spoken.audio().samples()).hasSize(74 * 640);

    TextTokenizer text = model.textTokenizer();
    Vocabulary vocabulary = Vocabulary.of(text, config(target).vocabulary());
    assertThat(vocabulary.text()).containsExactly(new IdRange(0, 512));
    assertThat(vocabulary.textMarker()).isEqualTo(512);
    assertThat(vocabulary.hubert()).isEqualTo(new IdRange(514, 1015));
    assertThat(vocabulary.isExpressive()).isEqualTo(variant == Variant.EXPRESSIVE);
    assertThat(config(target).vocabulary() % 64).isZero();
    int[] prompt = text.encode("[Speech][Hu3][Hu5][Text]and then");
    LlamaModel languageModel = new LlamaModel(model.languageModelWeights(), config(target));
    assertThat(new Generator(languageModel).generate(Request.greedy(prompt, 8)).ids()).hasSize(8);
  }

  @Test
  void theSameSeedGivesTheSameFilesAndAnotherGivesOthers() {
    ModelRecord first = write(new FreshModel(Preset.TOY, Variant.BASE, 5, DType.F32, null), "a");
    ModelRecord second = write(new FreshModel(Preset.TOY, Variant.BASE, 5, DType.F32, null), "b");
    ModelRecord other = write(new FreshModel(Preset.TOY, Variant.BASE, 6, DType.F32, null), "c");

    assertThat(second).isEqualTo(first);
    first
        .files()
        .forEach(
            (name, file) ->
                assertThat(other.files().get(name).equals(file))
                    .as(name)
                    .isEqualTo(!name.endsWith(".safetensors")));
  }

  @Test
  void aTensorDependsOnItsNameAndTheSeedAlone() {
    FreshModel toy = FreshModel.of(Preset.TOY);
    TensorSource two = toy.languageModel(toy.preset().languageModel(1280));
    TensorSource one = toy.languageModel(toy.preset().languageModel(1024));
    String name = "model.layers.1.mlp.up_proj.weight";

    assertThat(floats(one, name)).isEqualTo(floats(two, name));
    assertThat(floats(one, name)).isNotEqualTo(floats(one, name.replace('1', '0')));
    assertThat(deviation(floats(one, name))).isCloseTo(0.02, withinPercentage(3));
    assertThat(floats(one, "model.norm.weight")).containsOnly(1);
  }

  @Test
  void presetsHaveTheSizesThatTheirModelsArePublishedWith() {
    // Llama 2 7B and TinyLlama 1.1B, both with 32,000 pieces.
    assertThat(parameters(languageModel(Preset.SEVEN_BILLION))).isEqualTo(6_738_415_616L);
    assertThat(parameters(languageModel(Preset.ONE_BILLION))).isEqualTo(1_100_048_384L);
    // wav2vec 2.0-base has 94,371,712 with its mask embedding; HuBERT at 25 Hz one convolution
    // more.
    FreshModel released = FreshModel.of(Preset.SEVEN_BILLION);
    long base = 94_371_712 - 768;
    assertThat(parameters(released.hubert())).isEqualTo(base + 512 * 512 * 2);
    assertThat(parameters(released.style())).isEqualTo(base + 769 * 256 + 257 * 100);
    assertThat(parameters(released.pitchNetwork().weights())).isBetween(10_000_000L, 11_000_000L);
    assertThat(FreshModel.of(Preset.ONE_BILLION).preset().speech())
        .isEqualTo(released.preset().speech());

    FreshModel tiny = FreshModel.of(Preset.TINY);
    assertThat(parameters(tiny.languageModel(tiny.preset().languageModel(1280))))
        .isBetween(9_500_000L, 11_000_000L);
    assertThat(parameters(tiny.hubert())).isLessThan(parameters(released.hubert()) / 20);
    assertThat(parameters(tiny.vocoder())).isLessThan(parameters(released.vocoder()) / 10);
  }

  /** What a plan counts is what is written, and the released checkpoints have the same tensors. */
  @Test
  void plansAreTheTensorsOfTheReleasedLayout() {
    FreshModel toy = FreshModel.of(Preset.TOY);
    ModelLayout meta = ModelDirectory.open(META, "expressive").layout();

    assertThat(withoutNumbers(toy.languageModel(toy.preset().languageModel(1280))))
        .isEqualTo(withoutNumbers(TensorFiles.open(meta.languageModel())));
    assertThat(withoutNumbers(toy.vocoder())).isEqualTo(withoutNumbers(meta.vocoder()));
    assertThat(withoutNumbers(toy.quantizer())).isEqualTo(withoutNumbers(meta.quantizer()));
    assertThat(withoutNumbers(meta.style())).containsAll(withoutNumbers(toy.style()));
    assertThat(withoutNumbers(meta.pitchQuantizer()))
        .containsAll(withoutNumbers(toy.pitchQuantizer()));
  }

  @Test
  void theLanguageModelHasTheTypeThatIsAskedAndNothingElse() {
    write(new FreshModel(Preset.TOY, Variant.BASE, 0, DType.BF16, null), "half");
    SafetensorsFile lm = SafetensorsFile.open(folder.resolve("half/lm/model.safetensors"));
    SafetensorsFile hubert = SafetensorsFile.open(folder.resolve("half/hubert/model.safetensors"));

    assertThat(lm.names()).allMatch(name -> lm.info(name).dtype() == DType.BF16);
    assertThat(hubert.names()).allMatch(name -> hubert.info(name).dtype() == DType.F32);
    assertThatThrownBy(() -> new FreshModel(Preset.TOY, Variant.BASE, 0, DType.F16, null))
        .isInstanceOf(InputException.class);
  }

  @Test
  void takesTheTextPiecesOfAnExistingTokenizer() throws IOException {
    Path llama = META.resolve("extra/tokenizer_added_tokens/base");
    write(new FreshModel(Preset.TOY, Variant.EXPRESSIVE, 0, DType.F32, llama), "pieces");
    TextTokenizer ours = ModelDirectory.open(folder.resolve("pieces"), null).textTokenizer();
    TextTokenizer released = ModelDirectory.open(META, "expressive").textTokenizer();
    String text = "[Text]the cat, 東京[Speech][St9][Pi63][Hu500][Text] sat";

    assertThat(config(folder.resolve("pieces")).vocabulary()).isEqualTo(32_768);
    assertThat(ours.encode(text)).isEqualTo(released.encode(text));
    assertThat(ours.id("[St99]")).hasValue(32_666);

    // speech tokens that are there are not added again
    Path whole = META.resolve("spiritlm_model/spirit-lm-base-7b/tokenizer.model");
    write(new FreshModel(Preset.TOY, Variant.BASE, 0, DType.F32, whole), "base");
    assertThat(folder.resolve("base/lm/tokenizer.model")).exists();
    assertThat(config(folder.resolve("base")).vocabulary()).isEqualTo(32_512);
    Path both = META.resolve("spiritlm_model/spirit-lm-expressive-7b");
    assertThatThrownBy(
            () -> write(new FreshModel(Preset.TOY, Variant.BASE, 0, DType.F32, both), "wrong"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("--variant expressive");
    assertThat(folder.resolve("wrong")).doesNotExist();
  }

  @Test
  void saysWhatIsWrongAndLeavesNothing() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "text");
    FreshModel toy = FreshModel.of(Preset.TOY);
    assertThatThrownBy(() -> toy.write(file, step -> {}))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("exists already");
    assertThatThrownBy(() -> toy.write(file.resolve("below"), step -> {}))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("cannot write " + file.resolve("below") + ": ")
        .hasMessageNotContaining("Exception");
    assertThatThrownBy(
            () -> write(new FreshModel(Preset.TOY, Variant.BASE, 0, DType.F32, file), "new"))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("expected a SentencePiece model");
    assertThatThrownBy(() -> Preset.of("9b"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("toy, tiny, 1b, 7b");
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).containsExactly(file);
    }
  }

  private static boolean below(int end, int... ids) {
    return Arrays.stream(ids).allMatch(id -> id >= 0 && id < end);
  }

  private ModelRecord write(FreshModel model, String name) {
    return model.write(folder.resolve(name), step -> {});
  }

  private static LlamaConfig config(Path model) {
    return LlamaConfig.read(ConfigFile.read(model.resolve("lm").resolve("config.json")));
  }

  private static TensorSource languageModel(Preset preset) {
    return FreshModel.of(preset).languageModel(preset.languageModel(32_000));
  }

  private static long parameters(TensorSource source) {
    return source.names().stream().mapToLong(name -> source.info(name).elements()).sum();
  }

  private static Set<String> withoutNumbers(TensorSource source) {
    return source.names().stream()
        .map(name -> name.replaceAll("\\d+", "#"))
        .collect(Collectors.toSet());
  }

  private static float[] floats(TensorSource source, String name) {
    return Tensors.floats(source.load(name));
  }

  private static double deviation(float[] values) {
    double squares = 0;
    for (float value : values) {
      squares += value * value;
    }
    return Math.sqrt(squares / values.length);
  }

  private static long size(Path directory) throws IOException {
    long bytes = 0;
    for (Path file : Directories.files(directory)) {
      bytes += Files.size(file);
    }
    return bytes;
  }

  private static Audio speech(int seconds) {
    Random random = new Random(1);
    float[] samples = new float[seconds * Audio.SPEECH_RATE];
    for (int i = 0; i < samples.length; i++) {
      samples[i] =
          (float) (0.3 * Math.sin(2 * Math.PI * 150 * i / 16_000) + 0.05 * random.nextGaussian());
    }
    return new Audio(samples, Audio.SPEECH_RATE);
  }
}
