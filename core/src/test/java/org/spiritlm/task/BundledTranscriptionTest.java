package org.spiritlm.task;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.spiritlm.EndReason;
import org.spiritlm.Generation;
import org.spiritlm.GenerationOptions;
import org.spiritlm.Heard;
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
  private static final int BEAMS = 4;

  private final SpiritLm model = SpiritLm.load(Path.of("../models/tiny-base"));
  private final Segment.Speech recording = Segment.speech(Path.of("../examples/sentence.flac"));
  private final SpeechTokens tokens = model.tokens(recording);
  private final Segment.Speech speech = Segment.speech(tokens);
  private final Transcription task = new Transcription(model);

  /** The sum of log-probabilities after all that is heard, and half that of all that before. */
  @Test
  void theTranscriptIsLikelyBothWays() {
    assertThat(Transcription.likeliest(model).beams()).isEqualTo(BEAMS);
    assertThat(task.transcribe(speech)).isEqualTo(likeliest(List.of(tokens))).isNotEmpty();
    List<SpeechTokens> heard = task.hear(recording).tokens();
    assertThat(heard).hasSize(3).startsWith(tokens).doesNotHaveDuplicates();
    assertThat(task.transcribe(recording)).isEqualTo(likeliest(heard)).isNotEmpty();
  }

  private String likeliest(List<SpeechTokens> heard) {
    List<Generation> found = new ArrayList<>();
    for (SpeechTokens each : heard) {
      found.addAll(
          model.answers(
              task.prompt(Segment.speech(each)),
              Transcription.likeliest(model).withAnswers(BEAMS)));
    }
    assertThat(found).hasSize(BEAMS * heard.size());
    String best = "";
    double most = Double.NEGATIVE_INFINITY;
    for (Generation each : found) {
      assertThat(each.endReason()).isEqualTo(EndReason.END);
      Prompt asked = new SpeechSynthesis(model).prompt(each.text());
      double sum = 0;
      for (SpeechTokens spoken : heard) {
        int[] prompt = task.prompt(Segment.speech(spoken)).ids(model.tokenizer());
        Scorer.Pair after = new Scorer.Pair(prompt, each.outputIds());
        sum += model.scoreIds(List.of(after)).get(0).sum();
        sum += model.score(asked, new Prompt(spoken.toString())).sum() / 2;
      }
      if (sum > most) {
        most = sum;
        best = each.text().strip();
      }
    }
    return best;
  }

  @Test
  void withoutBeamsItIsHeardOnce() {
    Transcription greedy =
        new Transcription(model, List.of(), Transcription.likeliest(model).withBeams(1));
    assertThat(greedy.hear(recording).tokens()).containsExactly(tokens);
    assertThat(greedy.transcribe(recording))
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
