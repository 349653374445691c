package org.spiritlm.spark;

import java.io.IOException;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;

/**
 * How many items a manifest has, and a checksum of it.
 *
 * @param sha256 of its bytes, in hexadecimal digits
 */
record ManifestIndex(Path manifest, long items, String sha256) {
  /** Most items of a bucket, where nobody says how many buckets there are. */
  private static final int BUCKET_ITEMS = 500;

  /** More buckets than this, and their number of files would be a burden; then they are larger. */
  private static final int MOST_BUCKETS = 100_000;

  /**
   * Reads a manifest.
   *
   * @throws InputException if it is not there, or holds nothing
   */
  static ManifestIndex read(Storage storage, Path manifest) {
    return Storage.asked(
        manifest,
        () -> {
          if (storage.of(manifest).getFileStatus(manifest).isDirectory()) {
            throw new InputException(
                Storage.shown(manifest) + " is a directory, expected a manifest (JSON lines)");
          }
          MessageDigest digest = newDigest();
          long items = 0;
          try (DigestInputStream stream =
                  new DigestInputStream(storage.of(manifest).open(manifest), digest);
              ManifestLines lines = new ManifestLines(stream, "", 0, 0)) {
            while (lines.next() != null) {
              items++;
            }
          }
          if (items == 0) {
            throw new InputException(
                Storage.shown(manifest) + ": holds nothing; expected one JSON object a line");
          }
          return new ManifestIndex(manifest, items, HexFormat.of().formatHex(digest.digest()));
        });
  }

  /** How many buckets there are where nobody says so. */
  int buckets(int cores) {
    long byItems = (items + BUCKET_ITEMS - 1) / BUCKET_ITEMS;
    long byCores = Math.min(items, 8L * cores);
    return (int) Math.min(MOST_BUCKETS, Math.max(byItems, byCores));
  }

  /** Divides the items into this many buckets of equal size, in order. */
  List<Bucket> divide(Storage storage, int count) {
    return Storage.asked(
        manifest,
        () -> {
          List<Bucket> buckets = new ArrayList<>(count);
          try (ManifestLines lines =
              new ManifestLines(storage.of(manifest).open(manifest), "", 0, 0)) {
            for (long item = 0; item < items; item++) {
              ManifestLines.@Nullable Line line = lines.next();
              if (line == null) {
                throw new IOException(Storage.shown(manifest) + ": changes while it is read");
              }
              while (buckets.size() < count && item == first(buckets.size(), count)) {
                long next = first(buckets.size() + 1, count);
                buckets.add(new Bucket(buckets.size(), line.offset(), line.number(), next - item));
              }
            }
          }
          while (buckets.size() < count) { // more buckets than items
            buckets.add(new Bucket(buckets.size(), 0, 1, 0));
          }
          return buckets;
        });
  }

  /** The first item of a bucket. */
  private long first(int bucket, int count) {
    return items * bucket / count;
  }

  private static MessageDigest newDigest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JVM has it
    }
  }
}
