package org.spiritlm.corpus;

/** Takes texts, one after another, as they are read. */
public interface TextListener {
  /** A text that can be used. */
  void accept(TextDocument document);

  /** One that cannot; reading goes on with the next. */
  void reject(Rejection rejection);
}
