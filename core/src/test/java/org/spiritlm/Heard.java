package org.spiritlm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiritlm.audio.Audio;

/** What a listener heard. */
public final class Heard implements GenerationListener {
  private final StringBuilder text = new StringBuilder();
  private final List<Audio> chunks = new ArrayList<>();
  private @Nullable EndReason end;

  @Override
  public void text(String piece) {
    assertThat(piece).isNotEmpty();
    assertThat(end).isNull();
    text.append(piece);
  }

  @Override
  public void audio(Audio chunk) {
    assertThat(chunk.samples()).isNotEmpty();
    assertThat(end).isNull();
    chunks.add(chunk);
  }

  @Override
  public void end(EndReason reason) {
    assertThat(end).isNull();
    end = reason;
  }

  String text() {
    return text.toString();
  }

  List<Audio> chunks() {
    return chunks;
  }

  /** All of the answer was heard, and nothing else. */
  public void assertIsAll(Generation answer) {
    assertThat(text()).isEqualTo(answer.text());
    assertThat(end).isEqualTo(answer.endReason());
    float[] samples = chunks.isEmpty() ? new float[0] : Sounds.joined(chunks).samples();
    boolean spoken =
        answer.segments().stream()
            .anyMatch(s -> s instanceof Segment.Speech speech && speech.audio() != null);
    assertThat(samples).isEqualTo(spoken ? answer.audio().samples() : new float[0]);
  }
}
