package org.spiritlm.audio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every container and codec that people send, made by FFmpeg's encoders and read back. */
class AudioFormatsTest {
  private static final AudioReader.Options AS_IT_IS =
      AudioReader.Options.speech().withSampleRate(0);

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({
    "wav, pcm_u8, 8000, 0.008",
    "wav, pcm_s16le, 16000, 0.00002",
    "wav, pcm_s24le, 44100, 0.0000002",
    "wav, pcm_s32le, 44100, 0.0000002",
    "wav, pcm_f32le, 48000, 0",
    "wav, pcm_mulaw, 8000, 0.02",
    "aiff, pcm_s16be, 22050, 0.00002",
    "flac, flac, 16000, 0.00002",
    "caf, alac, 44100, 0.00002",
  })
  void lossless(String ending, String encoder, int rate, float tolerance) {
    float[] left = tone(rate, 330, 1.3);
    float[] right = tone(rate, 550, 1.3);
    Path file = directory.resolve("x." + ending);
    EncodedAudio.write(file, encoder, rate, left, right);
    for (int channel = 1; channel <= 2; channel++) {
      Audio found = AudioReader.read(file, AS_IT_IS.withChannel(channel));
      assertThat(found.sampleRate()).isEqualTo(rate);
      assertThat(found.samples()).containsExactly(channel == 1 ? left : right, within(tolerance));
    }
  }

  /** Lossy codecs keep length (their own padding is left out) and most of the signal. */
  @ParameterizedTest
  @CsvSource({
    "mp3, libmp3lame, 44100",
    "mp3, libmp3lame, 16000",
    "ogg, vorbis, 44100",
    "ogg, libopus, 48000",
    "opus, libopus, 48000",
    "webm, libopus, 48000",
    "m4a, aac, 44100",
    "aac, aac, 16000",
    "mka, ac3, 48000",
  })
  void lossy(String ending, String encoder, int rate) {
    float[] tone = tone(rate, 440, 2);
    Path file = directory.resolve("x." + ending);
    EncodedAudio.write(file, encoder, rate, tone, tone);
    Audio found = AudioReader.read(file, AS_IT_IS);
    assertThat(found.sampleRate()).isEqualTo(rate);
    assertThat(found.seconds()).isCloseTo(2, within(0.15));
    assertThat(power(found.samples(), rate, 440)).isCloseTo(0.25, within(0.03));
    Audio speech = AudioReader.read(file);
    assertThat(speech.sampleRate()).isEqualTo(16_000);
    assertThat(power(speech.samples(), 16_000, 440)).isCloseTo(0.25, within(0.03));
  }

  @Test
  void encoderPaddingIsLeftOut() {
    float[] tone = tone(48_000, 440, 1);
    for (String ending : new String[] {"opus", "mp3"}) {
      Path file = directory.resolve("padded." + ending);
      String encoder = ending.equals("opus") ? "libopus" : "libmp3lame";
      EncodedAudio.write(file, encoder, 48_000, tone);
      float[] found = AudioReader.read(file, AS_IT_IS).samples();
      assertThat(found.length).as(ending).isEqualTo(tone.length);
      double error = 0;
      for (int i = 4800; i < tone.length - 4800; i++) {
        error = Math.max(error, Math.abs(found[i] - tone[i]));
      }
      assertThat(error).as(ending).isLessThan(0.15); // in step with what was encoded
    }
  }

  private static float[] tone(int rate, double hertz, double seconds) {
    Random random = new Random(rate);
    float[] tone = new float[(int) (rate * seconds)];
    for (int i = 0; i < tone.length; i++) {
      double noise = 0.001 * random.nextGaussian();
      tone[i] = (float) (0.5 * Math.sin(2 * Math.PI * hertz * i / rate) + noise);
    }
    return tone;
  }

  /** Amplitude of one frequency, half of the sine's, away from the ends. */
  private static double power(float[] samples, int rate, double hertz) {
    double real = 0;
    double imaginary = 0;
    int from = rate / 4;
    int count = rate;
    for (int i = from; i < from + count; i++) {
      real += samples[i] * Math.cos(2 * Math.PI * hertz * i / rate);
      imaginary += samples[i] * Math.sin(2 * Math.PI * hertz * i / rate);
    }
    return Math.hypot(real, imaginary) / count;
  }
}
