package org.spiritlm.interleaving;

/** What a sequence is made of where an utterance has both speech and words. */
public enum Strategy {
  /** Spans of text and of speech in turns (the paper's own). */
  INTERLEAVED,

  /** Either the speech or the text, each as often ("no interleaving"). */
  UNIMODAL,

  /** Each word spoken, then written ("word-level transcription"). */
  WORDS,

  /** All speech, then its text, or the other way round, each as often ("ASR+TTS"). */
  PAIRS,

  /** The speech alone. */
  SPEECH,

  /** The text alone. */
  TEXT
}
