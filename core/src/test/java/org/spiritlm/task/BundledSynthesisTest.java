package org.spiritlm.task;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.spiritlm.Generation;
import org.spiritlm.GenerationListener;
import org.spiritlm.GenerationOptions;
import org.spiritlm.Segment;
import org.spiritlm.SpiritLm;
import org.spiritlm.prompt.Prompt;

/** Speech of a bundled model, which has learnt to speak and to listen. */
final class BundledSynthesisTest {
  private static final String TEXT = "We went home.";

  private final SpiritLm model = SpiritLm.load(Path.of("../models/tiny-expressive"));
  private final GenerationOptions options = SpeechSynthesis.standard(model);

  private Generation spoken(GenerationOptions how) {
    return task(how).speak(TEXT);
  }

  private SpeechSynthesis task(GenerationOptions how) {
    return new SpeechSynthesis(model, List.of(), SpeechSynthesis.stopOf(model), how);
  }

  @Test
  void ofSeveralAnswersThatIsSaidInWhichTheTextIsHeardBest() {
    assertThat(options.answers()).isEqualTo(8);
    assertThat(options.sampling().temperature()).isEqualTo(0.5);
    Generation best = null;
    double most = Double.NEGATIVE_INFINITY;
    for (int seed = 3; seed < 11; seed++) {
      Generation one = spoken(options.withAnswers(1).withSeed(seed));
      Segment.Speech speech = (Segment.Speech) one.segments().get(0);
      Prompt heard = new Transcription(model).prompt(Segment.speech(model.tokens(speech)));
      double sum = model.score(heard, new Prompt(TEXT)).sum();
      if (sum > most) {
        most = sum;
        best = one;
      }
    }
    Generation chosen = spoken(options.withSeed(3));
    assertThat(best).isNotNull();
    assertThat(chosen.outputIds()).containsExactly(best.outputIds());
    assertThat(chosen.audio().samples()).isEqualTo(best.audio().samples());
  }

  @Test
  void whoHearsItWhileItIsMadeHearsTheFirst() {
    Generation first = task(options).speak(TEXT, new GenerationListener() {});
    assertThat(first.outputIds()).containsExactly(spoken(options.withAnswers(1)).outputIds());
  }
}
