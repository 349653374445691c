package org.spiritlm.vocoder;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;
import org.spiritlm.units.SpeechUnits;

/** A vocoder that ends in a source and a filter. */
class SourceFilterTest {
  /** Two steps of 20 samples a frame, and some frames that a sample depends on. */
  static final Map<String, Object> VALUES =
      Vocoders.with(
          Vocoders.EXPRESSIVE,
          Map.of(
              "upsample_rates", List.of(2),
              "upsample_kernel_sizes", List.of(4),
              "code_hop_size", 40,
              "f0_hop_size", 80,
              "style_hop_size", 1000,
              "sampling_rate", 16_000,
              "source_filter", Map.of("hop", 20, "bands", 5)));

  private static final VoiceOptions RATED = VoiceOptions.standard().withPredictedDurations(false);

  /** Sounds as loud as speech, with voices that begin and end. */
  private static Vocoder vocoder() {
    Weights weights = Weights.initialise(11);
    VocoderConfig config = Vocoders.config(VALUES);
    Vocoder fresh = new Vocoder(weights, config);
    assertThat(fresh.config().hop()).isEqualTo(40);
    weights.taken().get("conv_post.weight_g").mul_(Tensors.scalar(20));
    return new Vocoder(weights, config);
  }

  private static SpeechUnits units(int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    return new SpeechUnits(
        random.ints(count, 0, 20).toArray(),
        random.ints((count + 1) / 2, 0, 9).toArray(),
        random.ints((count + 24) / 25, 0, 7).toArray());
  }

  @Test
  void streamedIsTheWhole() {
    Vocoder vocoder = vocoder();
    for (int seed = 0; seed < 20; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      int count = 1 + random.nextInt(120);
      SpeechUnits units = units(count, seed);
      float[] whole = vocoder.synthesize(units, RATED).audio().samples();
      assertThat(whole.length).as("%d frames", count).isEqualTo(40 * count);
      float[] samples = new float[0];
      try (VocoderStream stream = vocoder.stream(RATED)) {
        stream.accept(new SpeechUnits(new int[0], units.pitch(), units.style()));
        for (int at = 0; at < count; ) {
          int end = Math.min(count, at + 1 + random.nextInt(9));
          int[] next = Arrays.copyOfRange(units.hubert(), at, end);
          samples =
              Waves.joined(samples, stream.accept(new SpeechUnits(next, null, null)).samples());
          at = end;
        }
        samples = Waves.joined(samples, stream.finish().samples());
      }
      Waves.assertClose(samples, whole, 1e-4);
    }
  }

  @Test
  void theFirstSampleComesWithTheLastFrameThatItDependsOn() {
    Vocoder vocoder = vocoder();
    SpeechUnits units = units(60, 3);
    try (VocoderStream stream = vocoder.stream(RATED)) {
      stream.accept(new SpeechUnits(new int[0], units.pitch(), units.style()));
      for (int i = 1; i < vocoder.lookAhead(); i++) {
        SpeechUnits one = new SpeechUnits(new int[] {units.hubert()[i]}, null, null);
        assertThat(stream.accept(one).samples()).isEmpty();
      }
      assertThat(stream.accept(new SpeechUnits(new int[] {1}, null, null)).samples()).isNotEmpty();
    }
  }

  /** With kernels of 3 and 5 at two stages, speech begins after ten frames. */
  @Test
  void theLookAheadOfSmallKernelsIsShort() {
    Map<String, Object> small =
        Vocoders.with(
            VALUES,
            Map.of(
                "upsample_rates",
                List.of(2, 2),
                "upsample_kernel_sizes",
                List.of(4, 4),
                "upsample_initial_channel",
                16,
                "resblock_dilation_sizes",
                List.of(List.of(1, 2), List.of(2)),
                "source_filter",
                Map.of("hop", 160, "bands", 5),
                "code_hop_size",
                640,
                "f0_hop_size",
                1280,
                "style_hop_size",
                16_000));
    VocoderConfig config = Vocoders.config(small);
    assertThat(new Generator(Weights.initialise(1), config).lookAhead()).isEqualTo(10);
  }

  @Test
  void whatIsLoudStaysWithinFullScale() {
    Weights weights = Weights.initialise(11);
    Vocoder fresh = new Vocoder(weights, Vocoders.config(VALUES));
    weights.taken().get("conv_post.weight_g").mul_(Tensors.scalar(1e6));
    Vocoder loud = new Vocoder(weights, fresh.config());
    float[] samples = loud.synthesize(units(80, 1), RATED).audio().samples();
    for (float sample : samples) {
      assertThat(sample).isBetween(-1f, 1f);
    }
  }
}
