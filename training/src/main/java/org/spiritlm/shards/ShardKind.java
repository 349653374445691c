package org.spiritlm.shards;

import java.util.Locale;
import org.spiritlm.corpus.PreparedUtterance;

/** What the items of a shard are. */
public enum ShardKind {
  /** Written text. */
  TEXT,

  /** Speech whose words are not known. */
  SPEECH,

  /** Speech with its words and their frames. */
  ALIGNED,

  /** Speech with its transcript, of whose words no frames are known. */
  TRANSCRIBED;

  /** What an utterance is. */
  static ShardKind of(PreparedUtterance utterance) {
    if (!utterance.words().isEmpty()) {
      return ALIGNED;
    }
    String text = utterance.text();
    return text == null || text.isBlank() ? SPEECH : TRANSCRIBED;
  }

  /** The name in files. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}
