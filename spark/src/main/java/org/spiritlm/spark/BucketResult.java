package org.spiritlm.spark;

import java.io.Serializable;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a bucket holds; it also stands in the metadata of the bucket's file.
 *
 * @param prepared utterances in the table
 * @param rejected items in quarantine
 * @param samples of audio, at 16 kHz
 * @param hubert phonetic units
 * @param words with their spans
 * @param textIds ids of transcripts
 * @param before whether an earlier run had made it
 */
record BucketResult(
    long prepared,
    long rejected,
    long samples,
    long hubert,
    long words,
    long textIds,
    boolean before)
    implements Serializable {
  /** The key of the job's fingerprint in a file's metadata. */
  static final String JOB = "spiritlm.job";

  private static final String PREFIX = "spiritlm.";

  /** Nothing. */
  static BucketResult none() {
    return new BucketResult(0, 0, 0, 0, 0, 0, false);
  }

  /** This and another one together. */
  BucketResult plus(BucketResult other) {
    return new BucketResult(
        prepared + other.prepared,
        rejected + other.rejected,
        samples + other.samples,
        hubert + other.hubert,
        words + other.words,
        textIds + other.textIds,
        before && other.before);
  }

  BucketResult withRejected(long items) {
    return new BucketResult(prepared, items, samples, hubert, words, textIds, before);
  }

  long items() {
    return prepared + rejected;
  }

  Map<String, String> metadata(String job) {
    Map<String, String> metadata = new HashMap<>();
    metadata.put(JOB, job);
    metadata.put(PREFIX + "prepared", Long.toString(prepared));
    metadata.put(PREFIX + "rejected", Long.toString(rejected));
    metadata.put(PREFIX + "samples", Long.toString(samples));
    metadata.put(PREFIX + "hubert", Long.toString(hubert));
    metadata.put(PREFIX + "words", Long.toString(words));
    metadata.put(PREFIX + "text_ids", Long.toString(textIds));
    return metadata;
  }

  /** What the metadata of a finished file says, or null where it is no file of this job. */
  static @Nullable BucketResult of(Map<String, String> metadata, String job) {
    if (!job.equals(metadata.get(JOB))) {
      return null;
    }
    try {
      return new BucketResult(
          number(metadata, "prepared"),
          number(metadata, "rejected"),
          number(metadata, "samples"),
          number(metadata, "hubert"),
          number(metadata, "words"),
          number(metadata, "text_ids"),
          true);
    } catch (NumberFormatException e) {
      return null;
    }
  }

  private static long number(Map<String, String> metadata, String key) {
    return Long.parseLong(metadata.getOrDefault(PREFIX + key, ""));
  }
}
