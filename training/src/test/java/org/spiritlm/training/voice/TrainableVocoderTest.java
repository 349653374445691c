package org.spiritlm.training.voice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.Golden;
import org.spiritlm.torch.Gradients;
import org.spiritlm.torch.PickleFile;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;
import org.spiritlm.units.SpeechUnits;
import org.spiritlm.vocoder.Synthesis;
import org.spiritlm.vocoder.Vocoder;
import org.spiritlm.vocoder.VocoderConfig;
import org.spiritlm.vocoder.VoiceOptions;

/** What is trained says what is spoken by, and its gradients are PyTorch's. */
final class TrainableVocoderTest {
  private static int[] random(SplittableRandom random, int length, int bound) {
    return random.ints(length, 0, bound).toArray();
  }

  private static int[] repeated(int[] values, int[] times) {
    List<Integer> all = new ArrayList<>();
    for (int i = 0; i < values.length; i++) {
      for (int j = 0; j < times[i]; j++) {
        all.add(values[i]);
      }
    }
    return all.stream().mapToInt(i -> i).toArray();
  }

  /** Batches of utterances give what the vocoder speaks of each alone. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void equalsTheFastVocoder(boolean expressive) {
    assertEqual(VoiceModels.vocoder(expressive), expressive, 1e-5f);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void equalsTheFastVocoderWithASource(boolean expressive) {
    assertEqual(VoiceModels.sourceAndFilter(expressive), expressive, 1e-4f);
  }

  private static void assertEqual(VocoderConfig config, boolean expressive, float tolerance) {
    Weights weights = Weights.initialise(5);
    Vocoder fast = new Vocoder(weights, config);
    TrainableVocoder plain = new TrainableVocoder(weights, config);
    SplittableRandom random = new SplittableRandom(1);
    int frames = 230; // more than one piece of the fast one
    int count = 3;
    int[][] units = new int[count][];
    int[][] pitch = new int[count][];
    int[][] style = new int[count][];
    for (int i = 0; i < count; i++) {
      units[i] = random(random, frames, 20);
      pitch[i] = random(random, frames, 9);
      style[i] = random(random, frames, 7);
    }
    int[] speakers = {2, 0, 1};
    int[] styles = {1, 0, 1};
    FrameBatch batch =
        new FrameBatch(
            units, expressive ? pitch : null, expressive ? style : null, speakers, styles);
    float[][] found = new float[count][];
    try (Scope scope = Scope.open()) {
      Tensor samples = plain.forward(batch);
      for (int i = 0; i < count; i++) {
        found[i] = Tensors.floats(samples.select(0, i));
      }
    }
    for (int i = 0; i < count; i++) {
      VoiceOptions voice =
          VoiceOptions.standard()
              .withSpeaker(config.speakers().get(speakers[i]))
              .withPredictedDurations(expressive);
      if (!expressive) {
        voice = voice.withStyle(config.styles().get(styles[i]));
      }
      Synthesis synthesis = fast.synthesize(new SpeechUnits(units[i], pitch[i], style[i]), voice);
      float[] expected = synthesis.audio().samples();
      assertThat(expected.length % config.hop()).isZero();
      float[] mine = found[i];
      if (expressive) { // each unit lasts as the fast one says
        int[] durations = Objects.requireNonNull(synthesis.durations());
        try (Scope scope = Scope.open()) {
          mine =
              Tensors.floats(
                  plain.forward(
                      new FrameBatch(
                          new int[][] {repeated(units[i], durations)},
                          new int[][] {repeated(pitch[i], durations)},
                          new int[][] {repeated(style[i], durations)},
                          new int[] {speakers[i]},
                          new int[] {0})));
        }
      }
      assertThat(mine).hasSameSizeAs(expected);
      for (int n = 0; n < expected.length; n++) {
        assertThat(mine[n]).isEqualTo(expected[n], within(tolerance));
      }
    }
  }

  /** Utterances of several lengths are as wrong together as one by one. */
  @Test
  void durationsOfABatchAreThoseOfItsItems() {
    Weights weights = Weights.initialise(6);
    TrainableVocoder vocoder = new TrainableVocoder(weights, VoiceModels.vocoder(false));
    int[][] repeated = {{3, 3, 4, 4, 4, 5, 3}, {7}, {1, 2, 2, 2, 2, 2, 9, 9, 1, 8, 8, 4, 2}};
    DurationBatch batch = DurationBatch.of(repeated);
    assertThat(batch.units()[0]).containsExactly(3, 4, 5, 3);
    assertThat(batch.frames()[0]).containsExactly(2, 3, 1, 1);
    double sum = 0;
    int units = 0;
    try (Scope scope = Scope.open()) {
      for (int[] one : repeated) {
        DurationBatch alone = DurationBatch.of(new int[][] {one});
        int count = alone.units()[0].length;
        sum += vocoder.durationLoss(alone).item_double() * count;
        units += count;
      }
      assertThat(vocoder.durationLoss(batch).item_double()).isEqualTo(sum / units, within(1e-5));
    }
  }

  /** A change of one unit's length changes the loss by as much as its prediction says. */
  @Test
  void durationsAreThoseOfTheFastVocoder() {
    Weights weights = Weights.initialise(7);
    TrainableVocoder vocoder = new TrainableVocoder(weights, VoiceModels.vocoder(false));
    weights.taken().get("dur_predictor.proj.bias").add_(Tensors.scalar(1.4));
    int[] units = {1, 2, 9, 1, 8, 4, 2, 17, 0};
    int[] found = new int[units.length];
    double two = Math.log(2);
    try (Scope scope = Scope.open()) {
      for (int i = 0; i < units.length; i++) {
        int[] frames = new int[units.length];
        double none = loss(vocoder, units, frames);
        frames[i] = 1;
        double one = loss(vocoder, units, frames);
        double log = (units.length * (none - one) + two * two) / (2 * two);
        found[i] = (int) Math.max(1, Math.rint(Math.exp(log) - 1));
      }
    }
    assertThat(found)
        .isEqualTo(new Vocoder(weights, VoiceModels.vocoder(false)).durations(units))
        .contains(2, 3);
  }

  private static double loss(TrainableVocoder vocoder, int[] units, int[] frames) {
    return vocoder
        .durationLoss(new DurationBatch(new int[][] {units}, new int[][] {frames}))
        .item_double();
  }

  @Test
  void gradientsArePyTorchs() {
    Golden golden = Golden.load("training");
    Path directory =
        VoiceModels.parity("speech_tokenizer/" + golden.at("hifigan_l1", "model").asText());
    Weights weights =
        Weights.of(PickleFile.open(directory.resolve("generator.pt")).at("generator")).trained();
    TrainableVocoder vocoder = new TrainableVocoder(weights, VocoderConfig.read(directory));
    int[][] speakers = rows(golden, "speaker");
    FrameBatch batch =
        new FrameBatch(
            rows(golden, "code"),
            rows(golden, "f0_code"),
            rows(golden, "style_code"),
            new int[] {speakers[0][0], speakers[1][0]},
            new int[2]);
    try (Scope scope = Scope.open()) {
      Tensor output = vocoder.forward(batch);
      Golden.Values expected = golden.values(golden.at("hifigan_l1", "output"));
      float[] found = Tensors.floats(output);
      assertThat(found).hasSize(expected.data().length);
      double tolerance = golden.at("hifigan_l1", "tolerance", "output", "max_abs").asDouble();
      for (int i = 0; i < found.length; i++) {
        assertThat((double) found[i]).isEqualTo(expected.data()[i], within(tolerance));
      }
      Golden.Values target = golden.values(golden.at("hifigan_l1", "target"));
      Tensor loss =
          output.sub(Tensors.of(target.floats(), output.size(0), output.size(1))).abs().mean();
      loss.backward();
      assertThat(loss.item_double())
          .isEqualTo(
              golden.at("hifigan_l1", "loss").asDouble(),
              within(golden.at("hifigan_l1", "tolerance", "loss", "max_abs").asDouble()));
    }
    JsonNode tolerance = golden.at("hifigan_l1", "tolerance", "grad_norms");
    Map<String, Tensor> parameters = weights.taken();
    int compared = 0;
    for (Map.Entry<String, JsonNode> entry : golden.at("hifigan_l1", "grad_norms").properties()) {
      double norm = entry.getValue().doubleValue();
      if (norm > tolerance.get("only_where_norm_above").asDouble()) {
        assertThat(Gradients.norm(List.of(parameters.get(entry.getKey()))))
            .as(entry.getKey())
            .isEqualTo(norm, within(tolerance.get("rel").asDouble() * norm));
        compared++;
      }
    }
    assertThat(compared).isGreaterThan(200);
  }

  private static int[][] rows(Golden golden, String name) {
    int[][] rows = new int[2][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = golden.values(golden.at("hifigan_l1", name, i)).ints();
    }
    return rows;
  }
}
