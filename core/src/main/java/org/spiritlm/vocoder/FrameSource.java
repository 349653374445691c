package org.spiritlm.vocoder;

import org.spiritlm.torch.InputException;

/** Turns an utterance that comes bit by bit into frames; not for use by several threads. */
interface FrameSource {
  /**
   * The frames that are certain with what comes now.
   *
   * @throws InputException if the streams do not go together; nothing is taken then
   */
  Frames add(Streams more);

  /**
   * The frames that are left at the end.
   *
   * @throws InputException if what came cannot be spoken
   */
  Frames finish();
}
