package org.spiritlm.training.language;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.spiritlm.interleaving.Strategy;
import org.spiritlm.shards.ShardKind;
import org.spiritlm.shards.StreamOptions;
import org.spiritlm.torch.InputException;
import org.spiritlm.training.Settings;

/** What {@code mix} asks for is what is drawn. */
final class ShardDataTest {
  private static List<StreamOptions> streams(String mix) {
    Settings settings = Settings.parse("test", "{shards: there, mix: {" + mix + "}}");
    ShardData data = ShardData.of(settings, 64, 1, 0);
    settings.finish();
    return data.sampling().streams();
  }

  @Test
  void aThirdEachUnlessToldOtherwise() {
    assertThat(streams(""))
        .containsExactly(
            new StreamOptions("interleaved", ShardKind.ALIGNED, Strategy.INTERLEAVED, 1),
            new StreamOptions("speech", ShardKind.SPEECH, Strategy.SPEECH, 1),
            new StreamOptions("text", ShardKind.TEXT, Strategy.TEXT, 1));
  }

  @Test
  void alignedUtterancesGiveTheirSpeechOrTheirTextAlone() {
    String none = "interleaved: 0, speech: 0, text: 0, ";
    assertThat(streams(none + "aligned_speech: 2, aligned_text: 1"))
        .containsExactly(
            new StreamOptions("aligned_speech", ShardKind.ALIGNED, Strategy.SPEECH, 2),
            new StreamOptions("aligned_text", ShardKind.ALIGNED, Strategy.TEXT, 1));
  }

  @Test
  void anUnknownStreamIsNamed() {
    assertThatThrownBy(() -> streams("aligned_words: 1"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("aligned_words");
  }
}
