package org.spiritlm.vocoder;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.checkpoint.ModelDirectory;
import org.spiritlm.torch.Device;
import org.spiritlm.units.SpeechUnits;

/** The vocoders of the bundled models speak soon, and then say what they would say at leisure. */
final class BundledVocoderTest {
  /** Units after which speech has begun. */
  private static final int FIRST_AUDIO = 12;

  private static final int UNITS = 40;

  private final Random random = new Random(7);

  @BeforeEach
  void models() {
    assertThat(Path.of("../models")).isDirectory();
  }

  private static Vocoder vocoder(String model) {
    return ModelDirectory.open(Path.of("../models", model), null).vocoder(Device.CPU);
  }

  private int @Nullable [] codes(VocoderConfig.@Nullable Codes codes, int count) {
    return codes == null ? null : random.ints(count, 0, codes.count()).toArray();
  }

  private static int @Nullable [] range(int @Nullable [] codes, int from, int to) {
    return codes == null ? null : Arrays.copyOfRange(codes, from, to);
  }

  /** Units that are said once each are the least speech that there can be of so many. */
  @ParameterizedTest
  @ValueSource(strings = {"tiny-base", "tiny-expressive"})
  void ofUnitsAsTheyCome(String model) {
    Vocoder vocoder = vocoder(model);
    VocoderConfig config = vocoder.config();
    for (int round = 0; round < 10; round++) {
      SpeechUnits units =
          new SpeechUnits(
              random.ints(UNITS, 0, config.units()).toArray(),
              codes(config.pitch(), UNITS),
              codes(config.styleTokens(), UNITS));
      assertSpeaksSoon(vocoder, VoiceOptions.standard(), units);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tiny-base", "tiny-expressive"})
  void ofFramesAsTheyCome(String model) {
    Vocoder vocoder = vocoder(model);
    VocoderConfig config = vocoder.config();
    VoiceOptions voice = VoiceOptions.standard().withPredictedDurations(false);
    int[] hubert = random.ints(UNITS, 0, config.units()).toArray();
    if (config.pitch() == null) {
      assertSpeaksSoon(vocoder, voice, new SpeechUnits(hubert, null, null));
      return;
    }
    int[] pitch = codes(config.pitch(), UNITS / 2);
    int[] style = codes(config.styleTokens(), 2);
    float[] whole =
        vocoder.synthesize(new SpeechUnits(hubert, pitch, style), voice).audio().samples();
    float[] said = new float[0];
    try (VocoderStream stream = vocoder.stream(voice)) {
      for (int i = 0; i < UNITS; i++) {
        int[] nextPitch = i % 2 == 0 ? range(pitch, i / 2, i / 2 + 1) : new int[0];
        int[] nextStyle = i % 25 == 0 ? range(style, i / 25, i / 25 + 1) : new int[0];
        SpeechUnits next = new SpeechUnits(new int[] {hubert[i]}, nextPitch, nextStyle);
        said = Waves.joined(said, stream.accept(next).samples());
        assertThat(said.length > 0).as("%d units", i + 1).isEqualTo(i + 1 >= vocoder.lookAhead());
      }
      said = Waves.joined(said, stream.finish().samples());
    }
    assertThat(vocoder.lookAhead()).isLessThanOrEqualTo(FIRST_AUDIO);
    Waves.assertClose(said, whole, 1e-4);
  }

  /** Also a source and a filter, whose pulses and noise go on from where they stand. */
  @ParameterizedTest
  @ValueSource(strings = {"tiny-base", "tiny-expressive"})
  void soonerStillWithAShorterLookAhead(String model) {
    Vocoder vocoder = vocoder(model);
    VocoderConfig config = vocoder.config();
    SpeechUnits units =
        new SpeechUnits(
            random.ints(UNITS, 0, config.units()).toArray(),
            codes(config.pitch(), UNITS),
            codes(config.styleTokens(), UNITS));
    VoiceOptions voice = VoiceOptions.standard();
    assertThat(saidInUnits(vocoder, voice.withLookAhead(5), units, 6))
        .hasSameSizeAs(vocoder.synthesize(units, voice).audio().samples());
  }

  private static void assertSpeaksSoon(Vocoder vocoder, VoiceOptions voice, SpeechUnits units) {
    Waves.assertClose(
        saidInUnits(vocoder, voice, units, FIRST_AUDIO),
        vocoder.synthesize(units, voice).audio().samples(),
        1e-4);
  }

  /** What is said of units that come one by one, the first of it after so many at the latest. */
  private static float[] saidInUnits(
      Vocoder vocoder, VoiceOptions voice, SpeechUnits units, int first) {
    float[] said = new float[0];
    try (VocoderStream stream = vocoder.stream(voice)) {
      for (int i = 0; i < UNITS; i++) {
        SpeechUnits next =
            new SpeechUnits(
                Arrays.copyOfRange(units.hubert(), i, i + 1),
                range(units.pitch(), i, i + 1),
                range(units.style(), i, i + 1));
        said = Waves.joined(said, stream.accept(next).samples());
        if (i + 1 == first) {
          assertThat(said).isNotEmpty();
        }
      }
      said = Waves.joined(said, stream.finish().samples());
    }
    return said;
  }
}
