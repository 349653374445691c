package org.spiritlm.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.spiritlm.Segment;
import org.spiritlm.lm.Scorer;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.torch.InputException;

class ClassificationTest {
  private static final Segment ONE = Segment.speech(SpeechTokens.parse("[Hu1][Hu2]"));
  private static final Segment TWO = Segment.speech(SpeechTokens.parse("[Hu3]"));
  private static final List<String> LABELS = List.of("lights on", "lights", "off");
  private static final List<Example> SHOTS =
      List.of(Example.of(ONE, Segment.text("off")), Example.of(TWO, Segment.text("lights")));

  @Test
  void thePromptIsThePapers() {
    assertThat(new Classification(TaskModels.BASE, LABELS, SHOTS).prompt(List.of(TWO)))
        .hasToString(
            "[Speech][Hu1][Hu2][Text] A:off[Speech][Hu3][Text] A:lights[Speech][Hu3][Text]");
    assertThat(new Classification(TaskModels.BASE, LABELS).prompt(List.of(Segment.text("hm"))))
        .hasToString("[Text]hm[Text]");
  }

  @Test
  void theLikeliestLabelIsChosen() {
    for (Segment input : List.of(ONE, TWO, Segment.text("hm"))) {
      Classification.Result result =
          new Classification(TaskModels.BASE, LABELS, SHOTS).classify(input);
      assertThat(result.scores().keySet()).containsExactlyElementsOf(LABELS);
      assertThat(result.scores().values().stream().mapToDouble(score -> score).sum())
          .isCloseTo(1, within(1e-12));
      assertThat(result.scores().values()).allMatch(score -> score >= 0 && score <= 1);
      assertThat(result.scores().get(result.label()))
          .isEqualTo(result.scores().values().stream().mapToDouble(score -> score).max().orElse(0));
    }
  }

  /** Two labels are as far apart as what follows the prompt with each. */
  @Test
  void scoresAreLikelihoods() {
    Classification task = new Classification(TaskModels.BASE, List.of("on", "off"));
    int[] asked = task.prompt(List.of(TWO)).ids(TaskModels.BASE.tokenizer());
    List<Scorer.Pair> pairs = new ArrayList<>();
    for (String label : List.of("on", "off")) {
      int[] ids =
          TaskModels.BASE
              .tokenizer()
              .encode(task.prompt(List.of(TWO)) + " A:" + label + "[Speech]");
      pairs.add(new Scorer.Pair(asked, Arrays.copyOfRange(ids, asked.length, ids.length)));
    }
    double odds =
        TaskModels.BASE.scoreIds(pairs).get(0).sum() - TaskModels.BASE.scoreIds(pairs).get(1).sum();
    Map<String, Double> scores = task.classify(TWO).scores();
    assertThat(Math.log(scores.get("on") / scores.get("off"))).isCloseTo(odds, within(1e-3));
  }

  @Test
  void oneLabelIsCertain() {
    Classification.Result result =
        new Classification(TaskModels.EXPRESSIVE, List.of("it")).classify(ONE);
    assertThat(result.label()).isEqualTo("it");
    assertThat(result.scores()).containsEntry("it", 1.0);
  }

  @Test
  void mistakesAreNamed() {
    refused(List.of(), List.of(), "a label is missing");
    refused(List.of("a", " "), List.of(), "a label is missing");
    refused(List.of("a", "b", " a"), List.of(), "given twice");
    refused(List.of("a"), SHOTS, "example 1: label 'off' is none of a");
    refused(List.of("a"), List.of(Example.of(ONE, TWO)), "output must be text");
    assertThatThrownBy(() -> new Classification(TaskModels.BASE, LABELS).classify(List.of()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("nothing to classify");
  }

  private static void refused(List<String> labels, List<Example> examples, String message) {
    assertThatThrownBy(() -> new Classification(TaskModels.BASE, labels, examples))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(message);
  }
}
