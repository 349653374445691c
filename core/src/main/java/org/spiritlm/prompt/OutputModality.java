package org.spiritlm.prompt;

/** What a model is asked to continue with. */
public enum OutputModality {
  /** Text only. */
  TEXT,
  /** Speech only. */
  SPEECH,
  /** Text and speech, changing as the model likes. */
  ARBITRARY
}
