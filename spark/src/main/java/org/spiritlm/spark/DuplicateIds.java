package org.spiritlm.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.jspecify.annotations.Nullable;
import org.spiritlm.corpus.Manifest;
import org.spiritlm.torch.InputException;
import scala.Tuple2;

/**
 * Finds the lines whose id another line before them has: the only thing about an item that its own
 * line does not say. Ids are shuffled once; no machine holds all of them.
 */
final class DuplicateIds {
  /** Enough parts for the ids of some hundred million items. */
  private static final int MOST_PARTITIONS = 1024;

  private DuplicateIds() {}

  /** The numbers of those lines, sorted. */
  static long[] find(JavaSparkContext spark, Storage storage, Path manifest, List<Bucket> buckets) {
    String name = manifest.toString();
    int partitions = Math.min(MOST_PARTITIONS, buckets.size());
    List<Long> lines =
        spark
            .parallelize(buckets, partitions)
            .flatMapToPair(bucket -> ids(storage, name, bucket))
            .groupByKey(Math.min(partitions, 4 * spark.defaultParallelism()))
            .flatMap(id -> later(id._2()))
            .collect();
    return lines.stream().mapToLong(Long::longValue).sorted().toArray();
  }

  /** The ids of a bucket's items with the numbers of their lines. */
  private static Iterator<Tuple2<String, Long>> ids(
      Storage storage, String manifest, Bucket bucket) {
    List<Tuple2<String, Long>> ids = new ArrayList<>();
    try (ManifestLines lines = BucketWork.lines(storage, new Path(manifest), bucket)) {
      for (long item = 0; item < bucket.items(); item++) {
        ManifestLines.@Nullable Line line = lines.next();
        if (line == null) {
          break; // the work itself says so
        }
        try {
          ids.add(new Tuple2<>(Manifest.parse(line.json()).id(), line.number()));
        } catch (InputException e) {
          // no item, so it takes no id; the work itself says why
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return ids.iterator();
  }

  /** All lines of an id but the first. */
  private static Iterator<Long> later(Iterable<Long> lines) {
    List<Long> sorted = new ArrayList<>();
    lines.forEach(sorted::add);
    Collections.sort(sorted);
    return sorted.subList(1, sorted.size()).iterator();
  }
}
