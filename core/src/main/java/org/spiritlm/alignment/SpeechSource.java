package org.spiritlm.alignment;

import org.spiritlm.audio.AudioReader;

/** Speech that can be read from its beginning again and again. */
@FunctionalInterface
public interface SpeechSource {
  /**
   * Begins to read.
   *
   * @throws org.spiritlm.torch.InputException if it cannot be read
   */
  AudioReader open();
}
