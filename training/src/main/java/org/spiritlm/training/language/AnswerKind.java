package org.spiritlm.training.language;

/** What a model is tuned to answer. */
public enum AnswerKind {
  /** Nothing alone: it learns whole documents. */
  NONE,

  /** Speech with its transcript. */
  ASR,

  /** Text with its speech. */
  TTS,

  /** Speech with its label. */
  CLASSIFICATION
}
