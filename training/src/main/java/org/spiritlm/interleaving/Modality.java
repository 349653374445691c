package org.spiritlm.interleaving;

/** What a span is given in. */
public enum Modality {
  TEXT,
  SPEECH
}
