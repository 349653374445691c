package org.spiritlm.checkpoint;

import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

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
  VOCODER,
  /** When words are said; a model works without it. */
  ALIGNER;

  /** Whether a model is whole without it. */
  public boolean isOptional() {
    return this == ALIGNER;
  }

  /** The name of its directory. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The part whose directory has this name, or null. */
  static @Nullable Part of(String key) {
    return Arrays.stream(values()).filter(part -> part.key().equals(key)).findFirst().orElse(null);
  }
}
