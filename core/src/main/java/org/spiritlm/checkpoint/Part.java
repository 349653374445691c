package org.spiritlm.checkpoint;

import java.util.Locale;

/** The parts of a model; each has its directory in our layout. */
public enum Part {
  /** The language model with its text tokenizer. */
  LM,
  /** HuBERT and its quantizer. */
  HUBERT,
  /** The pitch network and the pitch quantizer (EXPRESSIVE). */
  PITCH,
  /** The style encoder (EXPRESSIVE). */
  STYLE,
  /** Units to speech. */
  VOCODER;

  /** The name of its directory. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}
