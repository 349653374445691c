package org.spiritlm.task;

import java.util.List;
import org.spiritlm.Segment;
import org.spiritlm.torch.InputException;

/**
 * One example of a task, a "shot".
 *
 * @param input at least one segment
 * @param output what the model should answer, at least one segment
 */
public record Example(List<Segment> input, List<Segment> output) {
  public Example {
    input = List.copyOf(input);
    output = List.copyOf(output);
    if (input.isEmpty() || output.isEmpty()) {
      throw new InputException(
          "an example has no " + (input.isEmpty() ? "input" : "output") + "; expected both");
    }
  }

  /** One segment in, one out. */
  public static Example of(Segment input, Segment output) {
    return new Example(List.of(input), List.of(output));
  }
}
