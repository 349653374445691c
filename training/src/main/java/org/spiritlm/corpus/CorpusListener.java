package org.spiritlm.corpus;

/** Takes the items of a corpus, one after another, as they are read. */
public interface CorpusListener {
  /** An item that can be used. */
  void accept(Utterance utterance);

  /** An item that cannot; reading goes on with the next. */
  void reject(Rejection rejection);
}
