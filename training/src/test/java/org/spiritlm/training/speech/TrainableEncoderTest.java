package org.spiritlm.training.speech;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.spiritlm.Golden;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.Gradients;
import org.spiritlm.torch.PickleFile;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.TensorMap;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;
import org.spiritlm.training.speech.TrainableEncoder.Disturbance;
import org.spiritlm.units.hubert.FairseqHubert;
import org.spiritlm.units.hubert.HubertConfig;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config.ConvolutionLayer;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config.FeatureNorm;
import org.spiritlm.units.wav2vec2.Wav2Vec2Encoder;

/** The encoder that is trained computes what inference computes, and has PyTorch's gradients. */
final class TrainableEncoderTest {
  private static final Path HUBERT =
      Path.of("..", "core", "src", "test", "resources", "parity", "checkpoints")
          .resolve("speech_tokenizer/hubert_25hz/mhubert_base_25hz.pt");

  private static final int LAYER = FairseqHubert.SPIRITLM_LAYER;

  private static Wav2Vec2Config config(FeatureNorm norm, boolean preNorm, int positionKernel) {
    List<ConvolutionLayer> convolutions =
        List.of(
            new ConvolutionLayer(8, 10, 5),
            new ConvolutionLayer(8, 3, 2),
            new ConvolutionLayer(12, 2, 2));
    boolean isLayer = norm == FeatureNorm.LAYER;
    return new Wav2Vec2Config(
        convolutions, isLayer, norm, true, 16, 3, 2, 24, positionKernel, 4, preNorm, 1e-5);
  }

  private static float[] noise(int samples, long seed) {
    Random random = new Random(seed);
    float[] noise = new float[samples];
    for (int i = 0; i < samples; i++) {
      noise[i] = (float) (0.3 * random.nextGaussian());
    }
    return noise;
  }

  @ParameterizedTest
  @EnumSource(FeatureNorm.class)
  void computesWhatInferenceComputes(FeatureNorm norm) {
    boolean isGroup = norm == FeatureNorm.GROUP;
    Wav2Vec2Config config = config(norm, !isGroup, isGroup ? 8 : 7);
    Weights weights = Weights.initialise(3).trained();
    TrainableEncoder trained = new TrainableEncoder(weights, config, 0.1, false);
    Wav2Vec2Encoder fast =
        new Wav2Vec2Encoder(Weights.of(new TensorMap("trained", weights.taken())), config);
    float[][] waves = {noise(1000, 1), noise(1000, 2), noise(777, 3)};
    try (Scope scope = Scope.open()) {
      Tensor two = Tensors.cat(List.of(Tensors.of(waves[0], 1, 1000), row(waves[1])), 0);
      List<Tensor> waveforms = List.of(two, row(waves[2]));
      for (int layer = 1; layer <= config.layers() + 1; layer++) {
        boolean last = layer > config.layers();
        Tensor together =
            last
                ? trained.forward(waveforms, Disturbance.none())
                : trained.forward(waveforms, layer, Disturbance.none());
        long at = 0;
        for (float[] wave : waves) {
          Tensor alone = last ? fast.forward(wave) : fast.forward(wave, layer);
          float[] found = Tensors.floats(together.narrow(0, at, alone.size(0)));
          assertThat(found).containsExactly(Tensors.floats(alone), within(1e-5f));
          at += alone.size(0);
        }
        assertThat(at).isEqualTo(together.size(0));
      }
    }
  }

  private static Tensor row(float[] wave) {
    return Tensors.of(wave, 1, wave.length);
  }

  @Test
  void maskedFramesAreNotHeard() {
    Wav2Vec2Config config = config(FeatureNorm.LAYER, false, 8);
    TrainableEncoder encoder =
        new TrainableEncoder(Weights.initialise(3).trained(), config, 1, true);
    float[] wave = noise(1000, 1);
    float[] other = wave.clone();
    other[985] += 1; // under the last frame alone
    int frames = (int) config.frames(wave.length);
    long[] masked = new long[frames];
    masked[frames - 1] = 1;
    try (Scope scope = Scope.open()) {
      Tensor mask = Tensors.of(masked).to(torch.ScalarType.Bool);
      Disturbance hidden = new Disturbance(Noise.none(), mask);
      Disturbance none = Disturbance.none();
      List<Tensor> first = List.of(row(wave));
      List<Tensor> second = List.of(row(other));
      assertThat(Tensors.floats(encoder.forward(first, hidden)))
          .isEqualTo(Tensors.floats(encoder.forward(second, hidden)))
          .isNotEqualTo(Tensors.floats(encoder.forward(first, none)));
      assertThat(Tensors.floats(encoder.forward(first, none)))
          .isNotEqualTo(Tensors.floats(encoder.forward(second, none)));
    }
  }

  @Test
  void noiseFollowsFromItsSeedAndKeepsTheMean() {
    Wav2Vec2Config config = config(FeatureNorm.LAYER, true, 8);
    TrainableEncoder encoder =
        new TrainableEncoder(Weights.initialise(3).trained(), config, 1, false);
    List<float[]> outputs = new ArrayList<>();
    try (Scope scope = Scope.open()) {
      for (long seed : new long[] {1, 1, 2}) {
        Noise noise = Noise.of(new Noise.Rates(0.2, 0.3), Device.CPU, seed);
        List<Tensor> waves = List.of(row(noise(1000, 1)));
        outputs.add(Tensors.floats(encoder.forward(waves, new Disturbance(noise, null))));
      }
      Noise half = Noise.of(new Noise.Rates(0.5, 0), Device.CPU, 1);
      Tensor dropped = half.dropout(torch.ones(100_000));
      assertThat(dropped.mean().item_double()).isEqualTo(1, within(0.02));
      assertThat(dropped.max().item_double()).isEqualTo(2);
    }
    assertThat(outputs.get(0)).isEqualTo(outputs.get(1)).isNotEqualTo(outputs.get(2));
  }

  @Test
  void lossAndGradientsOfCtcAreThoseOfPyTorch() {
    Golden golden = Golden.load("training");
    PickleFile file = PickleFile.open(HUBERT);
    ConfigFile values = ConfigFile.of(HUBERT.toString(), file.values());
    HubertConfig config =
        FairseqHubert.configuration(values.below("model_cfg"), values.below("task_cfg"), LAYER);
    Weights weights = Weights.of(FairseqHubert.tensors(file.at("model_weight"), config)).trained();
    double scale = golden.at("hubert_ctc", "feature_extractor_gradient_is_scaled_by").asDouble();
    TrainableEncoder encoder = new TrainableEncoder(weights, config.encoder(), scale, false);
    Tensor headWeight = parameter(golden.values(golden.at("hubert_ctc", "head_weight")));
    Tensor headBias = parameter(golden.values(golden.at("hubert_ctc", "head_bias")));
    float[] wave = golden.values(golden.at("hubert_ctc", "wave")).floats();
    int[] targets = golden.values(golden.at("hubert_ctc", "targets", 0)).ints();
    double loss;
    try (Scope scope = Scope.open()) {
      Tensor states = encoder.forward(List.of(row(wave)), LAYER, Disturbance.none());
      Tensor logits = torch.addmm(headBias, states, headWeight.t());
      Tensor logProbabilities = logits.log_softmax(1); // [F, V]
      float[] expected = golden.values(golden.at("hubert_ctc", "log_probs")).floats();
      assertThat(Tensors.floats(logProbabilities)).containsExactly(expected, within(5e-4f));
      int blank = golden.at("hubert_ctc", "blank").intValue();
      Tensor sum =
          CtcLoss.sum(logProbabilities, new long[] {states.size(0)}, List.of(targets), blank);
      loss = sum.item_double();
      sum.backward();
    }
    double expected = golden.at("hubert_ctc", "loss").doubleValue();
    double tolerance = golden.at("hubert_ctc", "tolerance", "loss", "rel").doubleValue();
    assertThat(loss).isEqualTo(expected, within(tolerance * expected));
    Map<String, Tensor> parameters = new LinkedHashMap<>(weights.taken());
    parameters.put("head.weight", headWeight);
    parameters.put("head.bias", headBias);
    JsonNode norms = golden.at("hubert_ctc", "tolerance", "grad_norms");
    double least = norms.get("only_where_norm_above").doubleValue();
    int compared = 0;
    for (Map.Entry<String, JsonNode> entry : golden.at("hubert_ctc", "grad_norms").properties()) {
      String name = String.valueOf(FairseqHubert.name(entry.getKey()));
      double norm = entry.getValue().doubleValue();
      assertThat(parameters).containsKey(name);
      double found = Gradients.norm(List.of(parameters.remove(name)));
      if (norm > least) {
        assertThat(found).as(name).isEqualTo(norm, within(norms.get("rel").doubleValue() * norm));
        compared++;
      }
    }
    assertThat(parameters.keySet()).allMatch(name -> name.startsWith("encoder.layers." + LAYER));
    assertThat(compared).isGreaterThan(150);
  }

  private static Tensor parameter(Golden.Values values) {
    return Tensors.of(values.floats(), values.shape()).set_requires_grad(true);
  }
}
