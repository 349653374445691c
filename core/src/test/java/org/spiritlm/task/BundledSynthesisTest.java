package org.spiritlm.task;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
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
    List<Generation> drawn = new ArrayList<>();
    for (int seed = 3; seed < 11; seed++) {
      drawn.add(spoken(options.withAnswers(1).withSeed(seed)));
    }
    Generation best = best(drawn);
    Generation chosen = spoken(options.withSeed(3));
    assertThat(chosen.outputIds()).containsExactly(best.outputIds());
    assertThat(chosen.audio().samples()).isEqualTo(best.audio().samples());
  }

  /** Beams find answers of their own, not those of the seeds that follow. */
  @Test
  void whatBeamsFindIsComparedAsWell() {
    GenerationOptions searched =
        options.withBeams(6).withAnswers(6).withMaxSeconds(2).withMaxNewTokens(80);
    SpeechSynthesis task = task(searched);
    List<Generation> found = model.answers(task.prompt(TEXT), searched);
    Generation chosen = task.speak(TEXT);
    assertThat(chosen.outputIds()).containsExactly(best(found).outputIds());
    assertThat(chosen.outputIds()).isNotEqualTo(found.get(0).outputIds());
  }

  /** That in which the text is heard best. */
  private Generation best(List<Generation> answers) {
    return Collections.max(
        answers,
        Comparator.comparingDouble(
            answer -> {
              Segment.Speech speech = (Segment.Speech) answer.segments().get(0);
              Prompt heard = new Transcription(model).prompt(Segment.speech(model.tokens(speech)));
              return model.score(heard, new Prompt(TEXT)).sum();
            }));
  }

  @Test
  void whoHearsItWhileItIsMadeHearsTheFirst() {
    Generation first = task(options).speak(TEXT, new GenerationListener() {});
    assertThat(first.outputIds()).containsExactly(spoken(options.withAnswers(1)).outputIds());
  }
}
