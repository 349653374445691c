package org.spiritlm.shards;

import java.util.Locale;

/** What the items of a shard are. */
public enum ShardKind {
  /** Written text. */
  TEXT,

  /** Speech whose words are not known. */
  SPEECH,

  /** Speech with its words and their frames. */
  ALIGNED;

  /** The name in files. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}
