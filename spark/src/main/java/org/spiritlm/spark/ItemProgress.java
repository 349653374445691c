package org.spiritlm.spark;

import java.util.HashMap;
import java.util.Map;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import scala.Option;
import scala.jdk.javaapi.CollectionConverters;

/** Adds up the items of the buckets that are done and of those that executors are at. */
final class ItemProgress extends SparkListener {
  private final long total;
  private final PreparationListener listener;
  private final Map<Long, Long> running = new HashMap<>(); // items by task
  private BucketResult done = BucketResult.none();

  ItemProgress(long total, PreparationListener listener) {
    this.total = total;
    this.listener = listener;
  }

  /** A bucket more is done. */
  synchronized void done(BucketResult sum) {
    done = sum;
    tell();
  }

  @Override
  public synchronized void onExecutorMetricsUpdate(SparkListenerExecutorMetricsUpdate update) {
    CollectionConverters.asJava(update.accumUpdates())
        .forEach(
            task ->
                CollectionConverters.asJava(task._4())
                    .forEach(counter -> running(((Number) task._1()).longValue(), counter)));
    tell();
  }

  private void running(long task, AccumulableInfo counter) {
    Option<Object> items = counter.update();
    if (counter.name().contains(BucketJob.ITEMS) && items.isDefined()) {
      running.put(task, ((Number) items.get()).longValue());
    }
  }

  @Override
  public synchronized void onTaskEnd(SparkListenerTaskEnd end) {
    running.remove(end.taskInfo().taskId());
  }

  private void tell() {
    long items = done.items() + running.values().stream().mapToLong(Long::longValue).sum();
    listener.progress(Math.min(items, total), total, done.rejected());
  }
}
