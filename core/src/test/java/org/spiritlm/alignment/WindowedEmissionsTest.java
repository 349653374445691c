package org.spiritlm.alignment;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.Weights;

/** Long recordings in windows give what they give as wholes. */
final class WindowedEmissionsTest {
  private static final EmissionModel MODEL = EmissionModel.open(ToneSpeech.aligner(), Device.CPU);
  private static final Alphabet ALPHABET = Alphabet.read(ToneSpeech.aligner(), MODEL.config());

  /**
   * Every window sees only its own context, so that a letter's probability may change, but hardly
   * ever by much.
   */
  @ParameterizedTest
  @ValueSource(ints = {20, 50, 150})
  void windowsGiveWhatTheWholeGives(int frames) {
    ToneSpeech speech = ToneSpeech.random(30, 1);
    LabelColumns columns = new LabelColumns(ALPHABET.labels(speech.text() + " 5"), ALPHABET);
    Emissions whole = MODEL.whole(List.of(speech.samples()), List.of(columns)).get(0);

    EmissionModel.Windowed windowed =
        MODEL.with(new Windows(frames, 20)).windowed(speech.source(), columns);

    assertThat(windowed.samples()).isEqualTo(speech.samples().length);
    assertThat(windowed.emissions().frames()).isEqualTo(whole.frames());
    assertThat(windowed.emissions().labels()).isEqualTo(whole.labels());
    int different = 0;
    for (int i = 0; i < whole.values().length; i++) {
      double change = Math.exp(windowed.emissions().values()[i]) - Math.exp(whole.values()[i]);
      different += Math.abs(change) > 0.1 ? 1 : 0;
    }
    assertThat((double) different / whole.values().length).isLessThan(0.01);
  }

  /** One window that sees everything gives the very same, whatever its frames are. */
  @Property(tries = 10)
  void oneWindowIsTheWhole(@ForAll @IntRange(min = 1, max = 6) int words, @ForAll long seed) {
    ToneSpeech speech = ToneSpeech.random(words, seed);
    LabelColumns columns = new LabelColumns(ALPHABET.labels(speech.text()), ALPHABET);
    Emissions whole = MODEL.whole(List.of(speech.samples()), List.of(columns)).get(0);
    SpeechSource source = ToneSpeech.source(speech.samples());
    for (int own : new int[] {whole.frames() / 3, whole.frames(), 3 * whole.frames()}) {
      Windows windows = new Windows(own, whole.frames());
      Emissions windowed = MODEL.with(windows).windowed(source, columns).emissions();
      assertThat(windowed.frames()).isEqualTo(whole.frames());
      for (int i = 0; i < whole.values().length; i++) {
        assertThat(windowed.values()[i]).isEqualTo(whole.values()[i], Offset.offset(2e-3f));
      }
    }
  }

  /** The same where each frame is asked for three labels. */
  @Test
  void labelsOfAFrameStayTogether() {
    CtcConfig one = MODEL.config();
    CtcConfig three =
        new CtcConfig(one.family(), one.encoder(), one.labels(), 3, one.padding(), one.margins());
    CtcModel random = new CtcModel(Weights.initialise(5), three);
    EmissionModel model = new EmissionModel(random, Device.CPU, false, Windows.of(three.encoder()));
    ToneSpeech speech = ToneSpeech.random(4, 9);
    LabelColumns columns = new LabelColumns(ALPHABET.labels(speech.text()), ALPHABET);
    Emissions whole = model.whole(List.of(speech.samples()), List.of(columns)).get(0);
    assertThat(whole.frames()).isEqualTo(three.steps(speech.samples().length));
    assertThat(whole.frames()).isEqualTo(3 * one.steps(speech.samples().length));
    SpeechSource source = ToneSpeech.source(speech.samples());
    Windows windows = new Windows(whole.frames() / 9, whole.frames());
    Emissions windowed = model.with(windows).windowed(source, columns).emissions();
    assertThat(windowed.values())
        .usingComparatorWithPrecision(2e-3f)
        .containsExactly(whole.values());
  }

  /** Joined windows have each frame once, wherever the recording ends in the last of them. */
  @Test
  void everyFrameIsGivenOnce() {
    ToneSpeech speech = ToneSpeech.random(5, 2);
    LabelColumns columns = new LabelColumns(ALPHABET.labels("a"), ALPHABET);
    for (int cut = 0; cut < 12; cut++) {
      int length = speech.samples().length - 197 * cut;
      SpeechSource source = ToneSpeech.source(Arrays.copyOf(speech.samples(), length));
      EmissionModel.Windowed windowed = MODEL.with(new Windows(17, 5)).windowed(source, columns);
      assertThat(windowed.samples()).isEqualTo(length);
      assertThat(windowed.emissions().frames()).isEqualTo(MODEL.config().encoder().frames(length));
    }
  }

  /** A recording of some minutes, which is cut, and one of its words in each window. */
  @Test
  void longRecordingsAreAligned() {
    Aligner aligner = new Aligner(MODEL, ALPHABET);
    ToneSpeech speech = ToneSpeech.random(200, 3);
    assertThat(speech.samples().length).isGreaterThan(60 * 16000);
    AlignedTranscript aligned = aligner.align(speech.source(), speech.text());
    assertThat(aligned.seconds()).isEqualTo(speech.samples().length / 16000.0);
    for (int i = 0; i < speech.words().size(); i++) {
      assertThat(aligned.words().get(i).start())
          .isEqualTo(speech.words().get(i).start(), Offset.offset(0.1));
    }
  }
}
