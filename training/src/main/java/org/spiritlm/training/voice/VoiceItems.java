package org.spiritlm.training.voice;

import java.util.List;

/** Recordings with their units; the same ones in the same order each time. */
public interface VoiceItems {
  /** How many there are. */
  int count();

  /** What is known of one, counted from 0. */
  VoiceItem item(int index);

  /**
   * The sound of one: mono, 16 kHz, in [-1, 1], as many samples as the item says.
   *
   * @throws org.spiritlm.torch.InputException if it cannot be read any more
   */
  float[] samples(int index);

  /** Some of others, in this order; one may stand several times. */
  static VoiceItems of(VoiceItems others, List<Integer> indexes) {
    return new VoiceItems() {
      @Override
      public int count() {
        return indexes.size();
      }

      @Override
      public VoiceItem item(int index) {
        return others.item(indexes.get(index));
      }

      @Override
      public float[] samples(int index) {
        return others.samples(indexes.get(index));
      }
    };
  }

  /** No recordings. */
  static VoiceItems none() {
    return new VoiceItems() {
      @Override
      public int count() {
        return 0;
      }

      @Override
      public VoiceItem item(int index) {
        throw new IndexOutOfBoundsException(index);
      }

      @Override
      public float[] samples(int index) {
        throw new IndexOutOfBoundsException(index);
      }
    };
  }
}
