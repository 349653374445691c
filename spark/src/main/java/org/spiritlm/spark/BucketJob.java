package org.spiritlm.spark;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.spiritlm.torch.InputException;
import scala.Function2;
import scala.collection.Iterator;
import scala.jdk.javaapi.CollectionConverters;
import scala.reflect.ClassTag;
import scala.runtime.BoxedUnit;

/** Has Spark do all buckets, and stops it when too many items are bad. */
final class BucketJob {
  /** The name of the accumulator that counts items, in Spark's page as well. */
  static final String ITEMS = "items";

  private final JavaSparkContext spark;
  private final BucketWork work;
  private final long allowed;
  private final ItemProgress progress;
  private final AtomicReference<BucketResult> total = new AtomicReference<>(BucketResult.none());
  private int earlier;
  private boolean stopped;

  /**
   * For these items.
   *
   * @param allowed how many of them may be bad
   */
  BucketJob(
      JavaSparkContext spark,
      BucketWork work,
      long items,
      long allowed,
      PreparationListener listener) {
    this.spark = spark;
    this.work = work;
    this.allowed = allowed;
    this.progress = new ItemProgress(items, listener);
  }

  /** Sums over the buckets that are done. */
  BucketResult total() {
    return total.get();
  }

  /** How many of them an earlier run had done. */
  int earlier() {
    return earlier;
  }

  /**
   * Does them; returns early if too many items are bad.
   *
   * @throws InputException if a task fails by something that the user can change
   */
  void run(List<Bucket> buckets) {
    JavaRDD<Bucket> divided = spark.parallelize(buckets, buckets.size());
    spark.sc().addSparkListener(progress);
    try {
      spark
          .sc()
          .runJob(
              divided.rdd(),
              new Each(work),
              CollectionConverters.asScala(
                      IntStream.range(0, buckets.size()).boxed().map(Object.class::cast).toList())
                  .toSeq(),
              (Object index, BucketResult result) -> {
                done(result);
                return BoxedUnit.UNIT;
              },
              ClassTag.apply(BucketResult.class));
    } catch (Exception e) { // Scala does not declare what it throws
      if (!stopped) {
        throw Failures.unwrap(e);
      }
    } finally {
      spark.sc().removeSparkListener(progress);
    }
  }

  /** Takes the result of a bucket: once for each, whatever was repeated. */
  private void done(BucketResult result) {
    BucketResult sum = total.updateAndGet(result::plus);
    if (result.before()) {
      earlier++;
    }
    progress.done(sum);
    if (sum.rejected() > allowed && !stopped) {
      stopped = true;
      spark.sc().cancelAllJobs();
    }
  }

  /** One task. */
  private static final class Each
      implements Function2<TaskContext, Iterator<Bucket>, BucketResult>, Serializable {
    private static final long serialVersionUID = 1;
    private final BucketWork work;

    Each(BucketWork work) {
      this.work = work;
    }

    @Override
    public BucketResult apply(TaskContext context, Iterator<Bucket> buckets) {
      BucketResult sum = null;
      while (buckets.hasNext()) {
        BucketResult result = result(buckets.next());
        sum = sum == null ? result : sum.plus(result);
      }
      return sum == null ? BucketResult.none() : sum;
    }

    private BucketResult result(Bucket bucket) {
      try {
        return work.run(bucket);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
