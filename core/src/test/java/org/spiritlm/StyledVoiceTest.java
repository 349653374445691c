package org.spiritlm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.spiritlm.audio.Audio;
import org.spiritlm.lm.Answer;
import org.spiritlm.lm.Continuer;
import org.spiritlm.lm.FinishReason;
import org.spiritlm.lm.Request;
import org.spiritlm.prompt.Prompt;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.text.IdRange;
import org.spiritlm.torch.InputException;
import org.spiritlm.vocoder.VoiceOptions;

/** Speech in a style that is asked for, of a model that has styles as tokens. */
class StyledVoiceTest {
  private static final SpiritLm MODEL = FacadeModels.parity("expressive");
  private static final SpeechTokens SPEECH =
      SpeechTokens.parse("[St4][Pi3][Hu9][Hu4][St60][Pi8][Hu3][Hu77][Pi2][Hu5][St4][Hu1]");

  private static final VoiceOptions STYLED = VoiceOptions.standard().withStyle("7");

  /** Answers each request by ids that the test gives, and keeps what it forbade. */
  private static final class Dictated implements Continuer {
    private final SpeechTokens answer;
    private final List<BitSet> forbidden = new ArrayList<>();

    Dictated(SpeechTokens answer) {
      this.answer = answer;
    }

    @Override
    public List<Answer> generate(List<Request> requests) {
      requests.forEach(request -> forbidden.add(request.forbidden()));
      int[] ids = answer.ids(MODEL.vocabulary());
      for (Request request : requests) {
        assertThat(Arrays.stream(ids).allMatch(request.listener())).isTrue();
      }
      return requests.stream().map(request -> answer(ids)).toList();
    }

    private static Answer answer(int... ids) {
      return new Answer(ids, FinishReason.LENGTH, 0, 0, 0, List.of());
    }
  }

  @Test
  void answersAreHeldToTheStyle() {
    IdRange styles = MODEL.vocabulary().style();
    Prompt prompt = MODEL.parse("[Speech][St4][Pi3][Hu9][Text]");
    for (boolean masked : new boolean[] {true, false}) {
      Dictated dictated = new Dictated(SPEECH);
      GenerationOptions options = GenerationOptions.arbitrary().withModalityMask(masked);
      SpiritLm model = MODEL.continuedBy(dictated);
      model.generate(prompt, options.withSpoken(false));
      model.generate(prompt, options.withSpoken(false).withVoice(STYLED));
      BitSet whatever = dictated.forbidden.get(0);
      BitSet held = dictated.forbidden.get(1);
      assertThat(whatever.get(styles.from(), styles.to()).cardinality()).isZero();
      BitSet others = new BitSet();
      others.set(styles.from(), styles.to());
      others.clear(styles.from() + 7);
      others.or(whatever);
      assertThat(held).isEqualTo(others);
    }
  }

  /** Until the model says a style, it is the one that was asked for. */
  @Test
  void answersBeginInTheStyle() {
    SpeechTokens none = SpeechTokens.parse(SPEECH.toString().replaceAll("\\[St\\d+\\]", ""));
    SpiritLm model = MODEL.continuedBy(new Dictated(none));
    GenerationOptions options = GenerationOptions.speech().withVoice(STYLED);
    Audio expected = MODEL.decode(none, STYLED).audio();
    Generation answer = model.generate(MODEL.parse("[Text]a[Speech]"), options);
    Waves.assertClose(answer.audio(), expected, 1e-6);
    Heard heard = new Heard();
    model.stream(MODEL.parse("[Text]a[Speech]"), options, heard);
    Waves.assertClose(Sounds.joined(heard.chunks()), expected, 1e-4);
  }

  @Test
  void whatIsSpokenAnewHasTheStyleThroughout() {
    SpeechTokens same = SpeechTokens.parse(SPEECH.toString().replaceAll("St\\d+", "St7"));
    Audio expected = MODEL.decode(same, VoiceOptions.standard()).audio();
    assertThat(MODEL.decode(SPEECH, VoiceOptions.standard()).audio().samples())
        .isNotEqualTo(expected.samples());
    Waves.assertClose(MODEL.decode(SPEECH, STYLED).audio(), expected, 1e-6);
    SpeechTokens none = SpeechTokens.parse(SPEECH.toString().replaceAll("\\[St\\d+\\]", ""));
    Waves.assertClose(MODEL.decode(none, STYLED).audio(), expected, 1e-6);
    try (SpeechStream stream = MODEL.stream(STYLED)) {
      Audio streamed = Sounds.joined(List.of(stream.accept(SPEECH), stream.finish()));
      Waves.assertClose(streamed, expected, 1e-4);
    }
    VoiceOptions framed = STYLED.withPredictedDurations(false);
    Waves.assertClose(
        MODEL.decode(SPEECH.units(() -> 0), framed).audio(),
        MODEL.decode(same.units(() -> 0), framed.withStyle(null)).audio(),
        1e-6);
  }

  @Test
  void aStyleThatThereIsNotIsRefused() {
    VoiceOptions unknown = VoiceOptions.standard().withStyle("cheerful");
    assertThatThrownBy(() -> MODEL.decode(SPEECH, unknown))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("Unknown style 'cheerful'");
    assertThatThrownBy(
            () ->
                MODEL.generate(
                    MODEL.parse("[Text]a"), GenerationOptions.speech().withVoice(unknown)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("Unknown style 'cheerful'");
  }
}
