package org.spiritlm.task;

import java.util.ArrayList;
import java.util.List;
import org.spiritlm.Segment;
import org.spiritlm.torch.InputException;

/** Examples of tasks that have one modality on each side. */
final class Shots {
  private Shots() {}

  /** The text that one side of an example is made of. */
  static String text(List<Segment> side, int number, String what) {
    StringBuilder text = new StringBuilder();
    for (Segment segment : side) {
      if (!(segment instanceof Segment.Text part)) {
        throw wrong(number, what, "text", "speech");
      }
      text.append(part.text());
    }
    return text.toString();
  }

  /** The speech that one side of an example is made of. */
  static List<Segment.Speech> speech(List<Segment> side, int number, String what) {
    List<Segment.Speech> speech = new ArrayList<>();
    for (Segment segment : side) {
      if (!(segment instanceof Segment.Speech part)) {
        throw wrong(number, what, "speech", "text");
      }
      speech.add(part);
    }
    return speech;
  }

  private static InputException wrong(int number, String what, String expected, String found) {
    return new InputException(
        "example "
            + number
            + ": the "
            + what
            + " must be "
            + expected
            + " for this task, found "
            + found);
  }
}
