package org.spiritlm.prompt;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.spiritlm.text.IdRange;
import org.spiritlm.text.Vocabulary;
import org.spiritlm.torch.InputException;

/** Jazzer's entry: whatever is written as a prompt is read, or refused with a message. */
public final class PromptFuzz {
  private static final Vocabulary VOCABULARY =
      new Vocabulary(
          List.of(new IdRange(0, 100)),
          100,
          101,
          new IdRange(102, 603),
          new IdRange(603, 667),
          new IdRange(667, 767),
          new IdRange(767, 768),
          OptionalInt.of(1),
          OptionalInt.of(2));

  private PromptFuzz() {}

  public static void fuzzerTestOneInput(byte[] data) {
    fuzz(new String(data, StandardCharsets.UTF_8));
  }

  static void fuzz(String string) {
    try {
      assertThat(Prompt.parse(string, VOCABULARY)).hasToString(string);
    } catch (InputException e) {
      assertThat(e).hasMessageContaining("Prompt, character ");
    }
    try {
      SpeechTokens strict = SpeechTokens.parse(string);
      assertThat(SpeechTokens.parse(strict.toString())).isEqualTo(strict);
      assertThat(strict.units(() -> 0).hubert()).hasSize(strict.hubertCount());
    } catch (InputException e) {
      assertThat(e).hasMessageContaining("character ");
    }
    try {
      SpeechTokens lenient = SpeechTokens.parseLeniently(string);
      assertThat(SpeechTokens.parse(lenient.toString())).isEqualTo(lenient);
      lenient.unitsForEveryPitch(() -> 0);
    } catch (InputException e) {
      assertThat(e).hasMessageContaining("digits");
    }
    String runs =
        TokenString.split(string).stream()
            .map(TokenString.Run::content)
            .collect(Collectors.joining());
    assertThat(runs).isEqualTo(string.replaceAll("\\[(Text|Speech)\\]", ""));
    TokenString.lastSpeechStart(string)
        .ifPresent(start -> assertThat(string.charAt(start)).isEqualTo('['));
    if (TokenString.startsWithSpeech(string)) {
      assertThat(string).startsWith("[");
    }
    if (TokenString.endsWithSpeech(string)) {
      assertThat(string).endsWith("]");
    }
  }
}
