package org.spiritlm;

import org.spiritlm.audio.Audio;

/**
 * Hears an answer while it is made, on the thread that makes it. All text together is the answer's
 * text, all audio together its audio (within 1e-4).
 */
public interface GenerationListener {
  /** The next piece of text; never a part of a stop string. */
  default void text(String piece) {}

  /** The next samples of speech. */
  default void audio(Audio chunk) {}

  /** The answer is complete. */
  default void end(EndReason reason) {}

  /** Asked before each token; false ends the answer with what there is. */
  default boolean goesOn() {
    return true;
  }
}
