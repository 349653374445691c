package org.spiritlm.task;

import java.util.ArrayList;
import java.util.List;
import org.spiritlm.Generation;
import org.spiritlm.GenerationListener;
import org.spiritlm.GenerationOptions;
import org.spiritlm.Segment;
import org.spiritlm.SpiritLm;
import org.spiritlm.prompt.OutputModality;
import org.spiritlm.prompt.Prompt;
import org.spiritlm.torch.InputException;

/**
 * Any task shown by examples of input and output in any modalities, such as translation from speech
 * to text:
 *
 * <pre>{@code [Speech]…[Text]good morning[Speech]…[Text]good night[Speech]…[Text]}</pre>
 *
 * <p>Each side begins with its marker, also where the modality does not change ({@code
 * [Text]bonjour[Text]good morning}), so that the model sees where sides end. An answer in text or
 * in speech alone therefore also ends where the model gives a marker; one in both, where markers
 * are part of it, at its end token or the most new tokens.
 *
 * <p>Safe for use by several threads.
 */
public final class FewShotTask {
  private final SpiritLm model;
  private final List<Prompt> shots = new ArrayList<>();
  private final GenerationOptions options;

  /**
   * A task whose answers are of the kind that all examples' outputs are.
   *
   * @param examples at least one
   * @throws InputException if there are no examples, or their speech cannot be read
   */
  public FewShotTask(SpiritLm model, List<Example> examples) {
    this(model, examples, GenerationOptions.of(outputOf(examples)));
  }

  /**
   * @param examples may be none
   * @param options how answers are made, and of which kind they are
   * @throws InputException if an example's speech cannot be read
   */
  public FewShotTask(SpiritLm model, List<Example> examples, GenerationOptions options) {
    this.model = model;
    this.options =
        options.output() == OutputModality.ARBITRARY
            ? options
            : options.withMoreStopIds(
                model.vocabulary().textMarker(), model.vocabulary().speechMarker());
    for (Example example : examples) {
      shots.add(side(example.input()));
      shots.add(side(example.output()));
    }
  }

  /**
   * The kind of output that examples show.
   *
   * @throws InputException if there are none
   */
  public static OutputModality outputOf(List<Example> examples) {
    if (examples.isEmpty()) {
      throw new InputException("there are no examples to show what is asked; give at least one");
    }
    List<Segment> all = examples.stream().flatMap(example -> example.output().stream()).toList();
    boolean text = all.stream().anyMatch(Segment.Text.class::isInstance);
    boolean speech = all.stream().anyMatch(Segment.Speech.class::isInstance);
    if (text && speech) {
      return OutputModality.ARBITRARY;
    }
    return text ? OutputModality.TEXT : OutputModality.SPEECH;
  }

  private Prompt side(List<Segment> segments) {
    return model.prompt(segments, OutputModality.ARBITRARY);
  }

  /** What the model is asked. */
  public Prompt prompt(List<Segment> input) {
    if (input.isEmpty()) {
      throw new InputException("there is no input to the task; expected text or speech");
    }
    List<Prompt> sides = new ArrayList<>(shots);
    sides.add(side(input));
    sides.add(Prompt.of(List.of(), options.output()));
    return Prompt.joined(sides);
  }

  /**
   * The answer to an input.
   *
   * @throws InputException if the speech cannot be read, or is too long for the model's context
   *     beside the examples
   */
  public Generation answer(List<Segment> input) {
    return answers(input).get(0);
  }

  /** The answers to an input, as many as the options say. */
  public List<Generation> answers(List<Segment> input) {
    return model.answers(prompt(input), options);
  }

  /** The answer to an input, told to a listener while it is made. */
  public Generation answer(List<Segment> input, GenerationListener listener) {
    return model.stream(prompt(input), options, listener);
  }
}
