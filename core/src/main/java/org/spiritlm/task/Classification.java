package org.spiritlm.task;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.spiritlm.Score;
import org.spiritlm.Segment;
import org.spiritlm.SpiritLm;
import org.spiritlm.lm.Scorer;
import org.spiritlm.prompt.OutputModality;
import org.spiritlm.prompt.Prompt;
import org.spiritlm.text.TextTokenizer;
import org.spiritlm.torch.InputException;

/**
 * Chooses one of several labels for an input, asked as in the paper (appendix B; intents of spoken
 * commands, 30 examples there):
 *
 * <pre>{@code [Speech]… [Text] A:label[Speech]…[Text] A:label}</pre>
 *
 * <p>Each label is scored with the marker by which the next example would begin, so that a label
 * which begins another has no advantage. Differs from the paper, where the model writes a label
 * freely, and it must be exact. Inputs may be text as well.
 *
 * <p>Safe for use by several threads.
 */
public final class Classification {
  private static final String MARK = " A:";

  private final SpiritLm model;
  private final List<String> labels;
  private final List<Prompt> shots = new ArrayList<>();

  /**
   * The likeliest label, and how likely it and the others are.
   *
   * @param label the likeliest one; of equally likely ones the first
   * @param scores the probability of each label among all, in the order given; they sum to 1
   */
  public record Result(String label, Map<String, Double> scores) {}

  /** Without examples. */
  public Classification(SpiritLm model, List<String> labels) {
    this(model, labels, List.of());
  }

  /**
   * @param labels what may be chosen
   * @param examples each with one of the labels as its output
   * @throws InputException if there are no labels, one is blank or given twice, an example has
   *     another one, or its speech cannot be read
   */
  public Classification(SpiritLm model, List<String> labels, List<Example> examples) {
    this.model = model;
    this.labels = labels.stream().map(String::strip).toList();
    check();
    for (int i = 0; i < examples.size(); i++) {
      String label = Shots.text(examples.get(i).output(), i + 1, "output").strip();
      if (!this.labels.contains(label)) {
        throw new InputException(
            "example "
                + (i + 1)
                + ": label '"
                + label
                + "' is none of "
                + String.join(", ", this.labels));
      }
      shots.add(side(examples.get(i).input()));
      shots.add(answer(label));
    }
  }

  private void check() {
    if (labels.isEmpty() || labels.contains("")) {
      throw new InputException("a label is missing or blank; give one or more labels");
    }
    if (new HashSet<>(labels).size() < labels.size()) {
      throw new InputException("a label is given twice in " + String.join(", ", labels));
    }
  }

  private Prompt side(List<Segment> input) {
    return model.prompt(input, OutputModality.ARBITRARY);
  }

  private Prompt answer(String label) {
    return side(List.of(Segment.text(MARK + label)));
  }

  /** What the model is asked. */
  public Prompt prompt(List<Segment> input) {
    List<Prompt> sides = new ArrayList<>(shots);
    sides.add(side(input));
    sides.add(Prompt.of(List.of(), OutputModality.TEXT));
    return Prompt.joined(sides);
  }

  /** How the model answers with a label: with the marker by which the next example would begin. */
  public static Prompt answer(List<Segment> input, String label) {
    OutputModality first =
        input.get(0) instanceof Segment.Text ? OutputModality.TEXT : OutputModality.SPEECH;
    return Prompt.joined(List.of(new Prompt(MARK + label), Prompt.of(List.of(), first)));
  }

  /** The label of speech, or of a text. */
  public Result classify(Segment input) {
    return classify(List.of(input));
  }

  /**
   * The label of an input.
   *
   * @throws InputException if the speech cannot be read, or is too long for the model's context
   *     beside the examples
   */
  public Result classify(List<Segment> input) {
    if (input.isEmpty()) {
      throw new InputException("there is nothing to classify; expected speech or text");
    }
    Prompt prompt = prompt(input);
    TextTokenizer tokenizer = model.tokenizer();
    int[] asked = prompt.ids(tokenizer);
    List<Scorer.Pair> pairs = new ArrayList<>();
    for (String label : labels) {
      Prompt whole = Prompt.joined(List.of(prompt, answer(input, label)));
      int[] ids = whole.ids(tokenizer);
      if (Arrays.mismatch(asked, ids) != asked.length) {
        throw new InputException(
            "label '" + label + "' changes how the model's tokenizer reads what stands before it");
      }
      pairs.add(new Scorer.Pair(asked, Arrays.copyOfRange(ids, asked.length, ids.length)));
    }
    return result(model.scoreIds(pairs));
  }

  private Result result(List<Score> scores) {
    double highest = scores.stream().mapToDouble(Score::sum).max().orElse(Double.NEGATIVE_INFINITY);
    double total = scores.stream().mapToDouble(score -> Math.exp(score.sum() - highest)).sum();
    Map<String, Double> probabilities = new LinkedHashMap<>();
    String best = labels.get(0);
    for (int i = 0; i < labels.size(); i++) {
      double probability = Math.exp(scores.get(i).sum() - highest) / total;
      probabilities.put(labels.get(i), probability);
      best = probability > probabilities.get(best) ? labels.get(i) : best;
    }
    return new Result(best, Collections.unmodifiableMap(probabilities));
  }
}
