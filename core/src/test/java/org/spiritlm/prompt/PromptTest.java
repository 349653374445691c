package org.spiritlm.prompt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.text.IdRange;
import org.spiritlm.text.Vocabulary;
import org.spiritlm.torch.InputException;

class PromptTest {
  private static final Vocabulary BASE = StringsGoldenTest.vocabulary("base");
  private static final Vocabulary EXPRESSIVE = StringsGoldenTest.vocabulary("expressive");
  private static final Part TEXT = new Part.Text("one");
  private static final Part SPEECH = new Part.Speech(SpeechTokens.parse("[Hu1][Hu2]"));

  @Test
  void markersStandAtChangesOfModality() {
    assertThat(Prompt.of(List.of(TEXT, TEXT, SPEECH, SPEECH, TEXT), OutputModality.TEXT))
        .hasToString("[Text]oneone[Speech][Hu1][Hu2][Hu1][Hu2][Text]one");
    assertThat(Prompt.of(List.of(TEXT), OutputModality.SPEECH)).hasToString("[Text]one[Speech]");
    assertThat(Prompt.of(List.of(SPEECH), OutputModality.TEXT))
        .hasToString("[Speech][Hu1][Hu2][Text]");
    assertThat(Prompt.of(List.of(SPEECH), OutputModality.ARBITRARY))
        .hasToString("[Speech][Hu1][Hu2]");
    assertThat(Prompt.of(List.of(), OutputModality.SPEECH)).hasToString("[Speech]");
    assertThat(Prompt.of(List.of(), OutputModality.ARBITRARY)).hasToString("");
  }

  @Test
  void speechAtTheEndIsSeen() {
    assertThat(Prompt.of(List.of(TEXT, SPEECH), OutputModality.ARBITRARY).endsWithSpeech())
        .isTrue();
    assertThat(Prompt.of(List.of(TEXT, SPEECH), OutputModality.TEXT).endsWithSpeech()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "[Text]hi[Speech][Hu1][Hu501], 22, [Hu501], [Hu0] to [Hu500]",
    "[Hu999], 1, [Hu999], [Hu0] to [Hu500]",
    "[Speech][Pi64], 9, [Pi64], [Pi0] to [Pi63]",
    "[St100], 1, [St100], [St0] to [St99]",
    "[Text]a[Foo1]b, 8, [Foo1], [St0] and up",
    "[Speech][hu1], 9, [hu1], exactly",
    "[text]hello, 1, [text], exactly",
    "[SPEECH], 1, [SPEECH], exactly",
    "[Speech][Hu1][Hu2, 14, [Hu2, [Hu500]",
    "[Hu1][Hu, 6, [Hu, [Hu500]",
    "[Hu][Hu1], 1, [Hu], [Hu500]",
    "[Hu01], 1, [Hu01], [Hu500]",
    "[Hu99999999999], 1, [Hu99999999999], [Hu500]",
  })
  void tokensThatTheModelDoesNotHaveAreErrors(
      String prompt, int character, String found, String hint) {
    assertThatThrownBy(() -> Prompt.parse(prompt, EXPRESSIVE))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("character " + character + ":")
        .hasMessageContaining("\"" + found + "\"")
        .hasMessageContaining(hint);
  }

  @Test
  void pitchIsNoneOfTheBaseModels() {
    assertThatThrownBy(() -> Prompt.parse("[Speech][Pi3][Hu1]", BASE))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("character 9")
        .hasMessageContaining("not an expressive one");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[Text]He said [sic] on page [1], [Huge news]: a[i] = b[12]",
        "[Speech][St71][Pi39][Hu99][Hu500]",
        "[Text]hi[Speech]",
        "no markers at all",
        "[Textual] [Hue] [Pie]"
      })
  void whatTheModelHasAndPlainTextIsTakenAsItIs(String prompt) {
    assertThat(Prompt.parse(prompt, EXPRESSIVE)).hasToString(prompt);
  }

  @Test
  void endTokensMayBeAllowedInAMask() {
    ModalityMask speech = ModalityMask.of(EXPRESSIVE, OutputModality.SPEECH);
    assertThat(speech.forbids(2)).isTrue();
    ModalityMask mask = speech.allowing(2, 0, 32100);
    assertThat(mask.forbidden())
        .containsExactly(new IdRange(32000, 32002), new IdRange(1, 2), new IdRange(3, 32000));
    for (int id = 0; id < 32768; id++) {
      assertThat(mask.forbids(id)).isEqualTo(speech.forbids(id) && id != 0 && id != 2);
    }
    assertThat(ModalityMask.of(BASE, OutputModality.ARBITRARY).forbidden()).isEmpty();
  }
}
