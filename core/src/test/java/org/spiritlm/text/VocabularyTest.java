package org.spiritlm.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.Golden;
import org.spiritlm.torch.CheckpointException;

class VocabularyTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "spiritlm_model/spirit-lm-expressive-7b",
        "extra/tokenizer_added_tokens/expressive"
      })
  void expressiveRangesAreThoseOfThePaper(String path) {
    Vocabulary vocabulary =
        Vocabulary.of(TextTokenizer.open(Golden.path("checkpoints/" + path)), 32768);
    assertThat(vocabulary.text()).containsExactly(new IdRange(0, 32000));
    assertThat(vocabulary.textMarker()).isEqualTo(32000);
    assertThat(vocabulary.speechMarker()).isEqualTo(32001);
    assertThat(vocabulary.hubert()).isEqualTo(new IdRange(32002, 32503));
    assertThat(vocabulary.pitch()).isEqualTo(new IdRange(32503, 32567));
    assertThat(vocabulary.style()).isEqualTo(new IdRange(32567, 32667));
    assertThat(vocabulary.padding()).isEqualTo(new IdRange(32667, 32768));
    assertThat(vocabulary.start()).hasValue(1);
    assertThat(vocabulary.end()).hasValue(2);
    assertThat(vocabulary.isExpressive()).isTrue();
    assertThat(vocabulary.isSpeech(32502)).isTrue();
    assertThat(vocabulary.isSpeech(32001)).isFalse();
    assertThat(vocabulary.isMarker(32001)).isTrue();
  }

  @Test
  void baseHasNoPitchAndStyle() {
    TextTokenizer tokenizer =
        TextTokenizer.open(Golden.path("checkpoints/spiritlm_model/spirit-lm-base-7b"));
    Vocabulary vocabulary = Vocabulary.of(tokenizer, 32512);
    assertThat(vocabulary.isExpressive()).isFalse();
    assertThat(vocabulary.pitch().isEmpty()).isTrue();
    assertThat(vocabulary.padding()).isEqualTo(new IdRange(32503, 32512));
    assertThatThrownBy(() -> Vocabulary.of(tokenizer, 32000))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("32000")
        .hasMessageContaining("32503");
  }

  @Test
  void textMayLieOnBothSidesOfTheSpeechTokens() throws IOException {
    TextTokenizer tokenizer =
        added(
            "\"[Speech]\": 32000, \"[Hu0]\": 32001, \"[Hu1]\": 32002, \"[Text]\": 32004, \"x y\": 32003, \"z\u00e9\": 32005");
    Vocabulary vocabulary = Vocabulary.of(tokenizer, 32006);
    assertThat(vocabulary.text())
        .containsExactly(
            new IdRange(0, 32000), new IdRange(32003, 32004), new IdRange(32005, 32006));
    assertThat(vocabulary.padding().isEmpty()).isTrue();
  }

  @Test
  void missingAndDisorderedSpeechTokensAreErrors() throws IOException {
    for (String tokens :
        List.of(
            "\"[Text]\": 32000",
            "\"[Text]\": 32000, \"[Speech]\": 32001",
            "\"[Text]\": 32000, \"[Speech]\": 32001, \"[Hu1]\": 32002")) {
      TextTokenizer tokenizer = added(tokens);
      assertThatThrownBy(() -> Vocabulary.of(tokenizer, 40000))
          .isInstanceOf(CheckpointException.class)
          .hasMessageContaining("no token [");
    }
    TextTokenizer disordered =
        added("\"[Text]\": 32000, \"[Speech]\": 32001, \"[Hu1]\": 32002, \"[Hu0]\": 32003");
    assertThatThrownBy(() -> Vocabulary.of(disordered, 40000))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("[Hu1]")
        .hasMessageContaining("expected 32004");
  }

  private TextTokenizer added(String tokens) throws IOException {
    Path model = folder.resolve("tokenizer.model");
    if (!Files.exists(model)) {
      Files.copy(
          Golden.path("checkpoints/extra/tokenizer_added_tokens/base/tokenizer.model"), model);
    }
    Files.writeString(folder.resolve("added_tokens.json"), "{" + tokens + "}");
    return TextTokenizer.open(folder);
  }
}
