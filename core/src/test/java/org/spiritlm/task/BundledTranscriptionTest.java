package org.spiritlm.task;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.spiritlm.EndReason;
import org.spiritlm.Generation;
import org.spiritlm.GenerationOptions;
import org.spiritlm.Heard;
import org.spiritlm.Score;
import org.spiritlm.Segment;
import org.spiritlm.SpiritLm;
import org.spiritlm.lm.Engine;
import org.spiritlm.lm.EngineLimits;
import org.spiritlm.lm.Scorer;
import org.spiritlm.lm.Terms;
import org.spiritlm.prompt.Prompt;
import org.spiritlm.prompt.SpeechTokens;

/** Transcripts of a bundled model, which has learnt to listen and to speak. */
final class BundledTranscriptionTest {
  private static final int BEAMS = 8;

  private final SpiritLm model = SpiritLm.load(Path.of("../models/tiny-base"));
  private final SpeechTokens tokens =
      model.tokens(Segment.speech(Path.of("../examples/sentence.flac")));
  private final Segment.Speech speech = Segment.speech(tokens);
  private final Transcription task = new Transcription(model);

  /** The sum of log-probabilities after the speech, and half that of the speech after it. */
  @Test
  void theTranscriptIsLikelyBothWays() {
    assertThat(Transcription.likeliest(model).beams()).isEqualTo(BEAMS);
    List<Generation> found =
        model.answers(task.prompt(speech), Transcription.likeliest(model).withAnswers(BEAMS));
    assertThat(found).hasSize(BEAMS);
    String best = "";
    double most = Double.NEGATIVE_INFINITY;
    for (Generation each : found) {
      assertThat(each.endReason()).isEqualTo(EndReason.END);
      Score after =
          model.scoreIds(List.of(new Scorer.Pair(each.promptIds(), each.outputIds()))).get(0);
      Prompt asked = new SpeechSynthesis(model).prompt(each.text());
      Score before = model.score(asked, new Prompt(tokens.toString()));
      double sum = after.sum() + before.sum() / 2;
      if (sum > most) {
        most = sum;
        best = each.text().strip();
      }
    }
    assertThat(task.transcribe(speech)).isEqualTo(best).isNotEmpty();
    Transcription greedy =
        new Transcription(model, List.of(), Transcription.likeliest(model).withBeams(1));
    assertThat(greedy.transcribe(speech))
        .isEqualTo(
            model.generate(task.prompt(speech), GenerationOptions.text().greedy()).text().strip());
  }

  @Test
  void heardTogetherAndByAnEngineItIsTheSame() {
    String alone = task.transcribe(speech);
    Segment.Speech half =
        Segment.speech(new SpeechTokens(tokens.tokens().subList(0, tokens.tokens().size() / 2)));
    assertThat(task.transcribe(List.of(half, speech)))
        .containsExactly(task.transcribe(half), alone);
    Heard heard = new Heard();
    Generation streamed = task.transcribe(speech, heard);
    assertThat(Transcription.transcript(streamed)).isEqualTo(alone);
    assertThat(streamed.endReason()).isEqualTo(EndReason.END);
    heard.assertIsAll(streamed);
    try (Engine engine = model.engine(EngineLimits.standard())) {
      SpiritLm served = model.continuedBy(engine.on(Terms.of("one")));
      assertThat(new Transcription(served).transcribe(speech)).isEqualTo(alone);
    }
  }
}
