package org.spiritlm.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.Golden;
import org.spiritlm.Segment;
import org.spiritlm.SpiritLm;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.audio.AudioWriter;
import org.spiritlm.audio.TimeStretch;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.torch.InputException;

/** Recordings are heard as they are, half a frame later and slower; tokens once. */
final class HearingsTest {
  private static final SpiritLm MODEL = TaskModels.BASE;
  private static final Path CHIRP = Golden.path("audio/chirp.wav");

  private static SpeechTokens heard(float[] samples) {
    return MODEL.tokens(Segment.speech(new Audio(samples, Audio.SPEECH_RATE)));
  }

  @Test
  void recordingsAreHeardLaterAndSlower() {
    float[] samples = AudioReader.read(CHIRP).samples();
    float[] later = new float[320 + samples.length]; // half of 40 ms
    System.arraycopy(samples, 0, later, 320, samples.length);
    List<SpeechTokens> expected =
        List.of(heard(samples), heard(later), heard(TimeStretch.stretched(samples, 0.87)));
    assertThat(Hearings.several(MODEL, Segment.speech(CHIRP)).tokens()).isEqualTo(expected);
    Audio audio = new Audio(samples, Audio.SPEECH_RATE);
    assertThat(Hearings.several(MODEL, Segment.speech(audio)).tokens()).isEqualTo(expected);
    assertThat(Hearings.once(MODEL, Segment.speech(audio)).tokens())
        .containsExactly(expected.get(0));
  }

  @Test
  void tokensAreHeardOnceAndKeptBesideTheirSound() {
    SpeechTokens tokens = SpeechTokens.parse("[Hu1][Hu2]");
    assertThat(Hearings.several(MODEL, Segment.speech(tokens)).tokens()).containsExactly(tokens);
    Segment.Speech both = new Segment.Speech(tokens, AudioReader.read(CHIRP), null);
    assertThat(Hearings.several(MODEL, both).tokens()).hasSize(3).startsWith(tokens);
  }

  @Test
  void longRecordingsAreHeardOnce(@TempDir Path directory) throws IOException {
    float[] samples = new float[(int) (Audio.SPEECH_RATE * Hearings.LONGEST_SECONDS) + 1];
    Arrays.fill(samples, 0.1f);
    Audio audio = new Audio(samples, Audio.SPEECH_RATE);
    assertThat(Hearings.several(MODEL, Segment.speech(audio)).tokens()).hasSize(1);
    Path file = directory.resolve("long.wav");
    Files.write(file, AudioWriter.bytes(audio));
    assertThat(Hearings.several(MODEL, Segment.speech(file)).tokens()).hasSize(1);
  }

  @Test
  void anyRateIsHeard() {
    float[] samples = new float[48_000];
    Arrays.fill(samples, 0.1f);
    assertThat(Hearings.several(MODEL, Segment.speech(new Audio(samples, 48_000))).tokens())
        .hasSize(3);
  }

  @Test
  void whatIsTooShortIsRefused() {
    Segment.Speech click = Segment.speech(new Audio(new float[100], Audio.SPEECH_RATE));
    assertThatThrownBy(() -> Hearings.several(MODEL, click))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no speech");
  }

  @Test
  void whatIsAsItIsIsNeverLeftOut() {
    Hearings several = Hearings.several(MODEL, Segment.speech(CHIRP));
    assertThat(several.with(each -> false).tokens()).containsExactly(several.tokens().get(0));
    assertThat(several.with(each -> true).tokens()).isEqualTo(several.tokens());
  }
}
