package org.spiritlm.units.pitch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.spiritlm.Golden;
import org.spiritlm.audio.MelSpectrogram;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.units.ParityModels;

/**
 * What torchfcpe computes step by step: golden {@code fcpe}, with the released and a tiny network.
 */
class FcpeGoldenTest {
  private static final Golden GOLDEN = Golden.load("fcpe");
  private static final Map<String, Fcpe> NETWORKS =
      Map.of("bundled", ParityModels.bundledFcpe(), "tiny", ParityModels.tinyFcpe());

  static IntStream cases() {
    return IntStream.range(0, GOLDEN.at("cases").size());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyStepOfTheWay(int index) {
    JsonNode expected = GOLDEN.at("cases", index, "result");
    Fcpe network = NETWORKS.get(GOLDEN.at("cases", index, "weights").textValue());
    float[] samples = ParityModels.audio(GOLDEN.at("cases", index, "file").textValue()).samples();
    FcpePitchExtractor extractor = new FcpePitchExtractor(network);
    int frames = expected.get("frames_10ms").intValue();
    float[] likelihoods;
    try (Scope scope = Scope.open()) {
      Tensor mel = new MelSpectrogram(network.config().mel()).forward(samples);
      assertThat(mel.size(0)).isEqualTo(frames);
      assertSlice(mel, expected, "mel_slice", tolerance("mel"));
      assertMean(mel, expected.get("mel_sum"), 1e-6);
      Tensor latent = network.forward(mel);
      assertSlice(latent, expected, "latent_slice", tolerance("latent"));
      assertMean(latent, expected.get("latent_sum"), 1e-6);
      assertClose(
          Tensors.floats(latent.amax(new long[] {1}, false)),
          expected.get("latent_max_per_frame"),
          tolerance("latent"));
      likelihoods = Tensors.floats(latent);
    }
    int bins = network.config().bins();
    int[] best = new int[frames];
    for (int i = 0; i < likelihoods.length; i++) {
      int t = i / bins;
      best[t] = likelihoods[i] > likelihoods[t * bins + best[t]] ? i % bins : best[t];
    }
    assertThat(best).isEqualTo(GOLDEN.values(expected.get("latent_argmax")).ints());

    float[] hertz = extractor.decode(likelihoods);
    boolean[] voiced = FcpePitchExtractor.voiced(hertz);
    int[] unvoiced = GOLDEN.values(expected.get("uv_10ms")).ints();
    float[] raw = GOLDEN.values(expected.get("f0_before_masking_10ms")).floats();
    for (int t = 0; t < frames; t++) {
      assertThat(voiced[t]).as("frame %d", t).isEqualTo(unvoiced[t] == 0);
      if (voiced[t]) {
        assertThat((double) hertz[t]).isCloseTo(raw[t], within(tolerance("f0_hz")));
      }
    }
    FcpePitchExtractor.complete(hertz, voiced);
    assertClose(hertz, expected.get("f0_interpolated_10ms"), tolerance("f0_hz"));

    PitchContour contour = extractor.extract(samples);
    assertThat(contour.hertz()).hasSize(expected.get("target_length").intValue());
    assertClose(contour.hertz(), expected.get("f0_target"), tolerance("f0_hz"));
    int[] longUnvoiced = GOLDEN.values(expected.get("uv_target")).ints();
    for (int t = 0; t < longUnvoiced.length; t++) {
      assertThat(contour.voiced()[t]).as("frame %d", t).isEqualTo(longUnvoiced[t] == 0);
    }
  }

  private static double tolerance(String of) {
    return GOLDEN.at("tolerance", of, "max_abs").doubleValue();
  }

  private static void assertClose(float[] found, JsonNode expected, double tolerance) {
    assertThat(found)
        .usingComparatorWithPrecision((float) tolerance)
        .containsExactly(GOLDEN.values(expected).floats());
  }

  /** The golden has some of the rows only. */
  private static void assertSlice(Tensor found, JsonNode expected, String key, double tolerance) {
    Golden.Values slice = GOLDEN.values(expected.get(key));
    long from = expected.get("slice_from_frame").longValue();
    assertThat(slice.shape()[1]).isEqualTo(found.size(1));
    assertThat(Tensors.floats(found.narrow(0, from, slice.shape()[0])))
        .usingComparatorWithPrecision((float) tolerance)
        .containsExactly(slice.floats());
  }

  private static void assertMean(Tensor found, JsonNode sum, double tolerance) {
    double elements = found.numel();
    assertThat(found.to(torch.ScalarType.Double).sum().item_double() / elements)
        .isCloseTo(sum.doubleValue() / elements, within(tolerance));
  }
}
