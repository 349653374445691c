package org.spiritlm.shards;

import java.nio.LongBuffer;
import org.spiritlm.torch.InputException;

/** Where each of several lists begins and ends among the values of all. */
record Offsets(LongBuffer values) {
  /**
   * Checks them: from 0, never backwards, to the end.
   *
   * @param where the file and the tensor, for messages
   * @param total how many values there are
   * @throws InputException if they are wrong
   */
  static Offsets of(String where, LongBuffer values, int total) {
    int count = values.remaining();
    if (count == 0 || values.get(0) != 0 || values.get(count - 1) != total) {
      throw new InputException(
          where + ": damaged: the offsets do not go from 0 to " + total + ", the number of values");
    }
    for (int i = 1; i < count; i++) {
      if (values.get(i) < values.get(i - 1)) {
        throw new InputException(where + ": damaged: the offsets go backwards at " + i);
      }
    }
    return new Offsets(values);
  }

  /** How many lists there are. */
  int lists() {
    return values.remaining() - 1;
  }

  int from(int list) {
    return (int) values.get(list);
  }

  int to(int list) {
    return (int) values.get(list + 1);
  }

  int length(int list) {
    return to(list) - from(list);
  }
}
