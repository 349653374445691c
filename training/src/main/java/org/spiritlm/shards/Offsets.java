package org.spiritlm.shards;

import java.nio.LongBuffer;
import org.spiritlm.torch.InputException;

/**
 * Where each of several lists begins and ends among the values of all.
 *
 * @param where the file and the tensor, for messages
 */
record Offsets(String where, LongBuffer values) {
  /**
   * Checks that they go from 0 to the end; those between are checked list by list.
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
    return new Offsets(where, values);
  }

  /**
   * Checks one list: neither backwards, nor out of all values.
   *
   * @throws InputException if it is
   */
  void check(int list) {
    long from = values.get(list);
    long to = values.get(list + 1);
    if (from < 0 || to < from || to > values.get(lists())) {
      throw new InputException(
          where + ": damaged: the offsets of list " + list + " are " + from + " and " + to);
    }
  }

  /**
   * Checks all lists.
   *
   * @throws InputException if one is wrong
   */
  void check() {
    for (int list = 0; list < lists(); list++) {
      check(list);
    }
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
