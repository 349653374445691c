package org.spiritlm.training.voice;

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
