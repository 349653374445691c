package org.spiritlm.training.language;

import java.util.Arrays;

/**
 * A sequence to be learnt; it sees nothing of those beside it in a batch.
 *
 * @param ids at least two
 * @param learnt for each id, whether it is to be predicted from those before it; the first never is
 */
@SuppressWarnings("ArrayRecordComponent") // owners do not change it
public record TrainingDocument(int[] ids, boolean[] learnt) {
  public TrainingDocument {
    if (ids.length < 2 || learnt.length != ids.length) {
      throw new IllegalArgumentException(
          "a document of " + ids.length + " ids with marks for " + learnt.length);
    }
  }

  /** A document whose ids are all learnt. */
  public static TrainingDocument of(int... ids) {
    boolean[] learnt = new boolean[ids.length];
    Arrays.fill(learnt, true);
    return new TrainingDocument(ids, learnt);
  }

  /** How many ids are predicted. */
  public int targets() {
    int count = 0;
    for (int i = 1; i < learnt.length; i++) {
      count += learnt[i] ? 1 : 0;
    }
    return count;
  }
}
