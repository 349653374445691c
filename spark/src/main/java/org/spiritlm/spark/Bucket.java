package org.spiritlm.spark;

import java.io.Serializable;
import java.util.Locale;

/**
 * A stretch of the manifest's lines, which becomes one file.
 *
 * @param index counted from 0 in the order of the manifest
 * @param offset where its first line begins in the manifest (bytes)
 * @param firstLine that line's number, counted from 1
 * @param items how many lines it has; blank ones between them are none
 */
record Bucket(int index, long offset, long firstLine, long items) implements Serializable {
  /** The name of its file in either table. */
  String fileName() {
    return String.format(Locale.ROOT, "part-%05d.parquet", index);
  }
}
