package org.spiritlm.spark;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.spark.api.java.JavaSparkContext;
import org.jspecify.annotations.Nullable;
import org.spiritlm.corpus.Rejection;
import org.spiritlm.corpus.UtterancePreparer;
import org.spiritlm.torch.InputException;

/**
 * Turns a manifest's recordings into units: Parquet files of {@link
 * org.spiritlm.corpus.PreparedUtterance}s and of rejections.
 *
 * <p>What it makes depends on the manifest and the model alone, not on the number of partitions,
 * tasks or machines. A run that was killed leaves whole files, and the next one makes those that
 * are missing.
 */
public final class Preparation {
  private final Options options;
  private final JavaSparkContext spark;
  private final PreparationListener listener;
  private final Storage storage;
  private final Path manifest;
  private final OutputDirectory output;

  /**
   * What is prepared.
   *
   * @param manifest a path of this machine, or a URI of any file system of Hadoop
   * @param output a directory, likewise
   * @param model a model's directory, the same on every machine
   * @param variant {@code base} or {@code expressive} where the directory holds both, else null
   * @param partitions into how many files the utterances go, or 0 for a fitting number
   * @param maxBad the share of items that may be bad, 0 to 1
   * @param device {@code auto}, {@code cpu}, {@code cuda} or {@code cuda:N}
   * @param threads of the operations of one task
   * @param force whether to begin anew where something was begun
   * @param retry whether buckets with items in quarantine are done again
   * @param code the version of this program, which rows name
   */
  public record Options(
      String manifest,
      String output,
      java.nio.file.Path model,
      @Nullable String variant,
      int partitions,
      double maxBad,
      String device,
      int threads,
      boolean force,
      boolean retry,
      String code) {}

  private Preparation(JavaSparkContext spark, Options options, PreparationListener listener) {
    this.spark = spark;
    this.options = options;
    this.listener = listener;
    this.storage = new Storage(new Configuration(spark.hadoopConfiguration()));
    this.manifest = Storage.path(options.manifest());
    this.output = new OutputDirectory(storage, Storage.path(options.output()));
  }

  /**
   * Prepares a corpus.
   *
   * @return what stands in {@code summary.json}
   * @throws InputException if the manifest, the model or the output cannot be used, another job is
   *     writing there, or more items are bad than may be
   */
  public static ObjectNode run(
      JavaSparkContext spark, Options options, PreparationListener listener) {
    return new Preparation(spark, options, listener).run().json();
  }

  private Summary run() {
    long began = System.nanoTime();
    ModelChoice model = ModelChoice.of(options.model(), options.variant(), options.device());
    ManifestIndex index = ManifestIndex.read(storage, manifest);
    output.claim();
    try (OutputLock lock = OutputLock.take(storage, output)) {
      if (options.force()) {
        output.clear();
      }
      Job job = job(model, index).claim(storage, output, options.partitions() > 0);
      output.removeSummary(); // it says that all is there
      output.removeTemporary();
      output.makeTables();
      List<Bucket> buckets = index.divide(storage, job.partitions());
      removeStaleQuarantine(buckets, job);
      long[] duplicates = DuplicateIds.find(spark, storage, manifest, buckets);
      BucketWork work =
          new BucketWork(
              storage,
              manifest.toString(),
              output,
              job.fingerprint(),
              model,
              options.code(),
              options.threads(),
              spark.broadcast(duplicates),
              spark.sc().longAccumulator(BucketJob.ITEMS));
      BucketJob run = new BucketJob(spark, work, index.items(), allowed(index.items()), listener);
      run.run(buckets);
      if (run.total().rejected() > allowed(index.items())) {
        throw tooManyBad(run.total(), index.items());
      }
      Summary summary =
          new Summary(
              Storage.shown(output.units()),
              Storage.shown(output.quarantine()),
              job,
              options.code(),
              index.items(),
              run.total(),
              job.partitions(),
              run.earlier(),
              (System.nanoTime() - began) / 1e9);
      finish(summary);
      return summary;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Removes the quarantine that a run which was killed has left of buckets without units, so that
   * nothing old stands beside what is made now; with {@code retry} buckets with quarantine. Only
   * those are looked at: there may be very many others.
   */
  private void removeStaleQuarantine(List<Bucket> buckets, Job job) throws IOException {
    Set<String> quarantined = storage.names(output.quarantine());
    for (Bucket bucket : buckets) {
      Path quarantine = output.quarantine(bucket);
      if (!quarantined.contains(quarantine.getName())) {
        continue;
      }
      Path units = output.units(bucket);
      Map<String, String> metadata = TableFile.metadata(storage, units);
      boolean isDone = metadata != null && BucketResult.of(metadata, job.fingerprint()) != null;
      if (options.retry() || !isDone) {
        storage.of(units).delete(units, false);
        storage.of(quarantine).delete(quarantine, false);
      }
    }
  }

  private Job job(ModelChoice model, ManifestIndex index) {
    int partitions =
        options.partitions() > 0 ? options.partitions() : index.buckets(spark.defaultParallelism());
    return new Job(model.name(), UtterancePreparer.ROWS, index.sha256(), partitions);
  }

  private long allowed(long items) {
    return (long) Math.floor(options.maxBad() * items);
  }

  private InputException tooManyBad(BucketResult found, long items) {
    return new InputException(
        String.format(
            Locale.ROOT,
            "%d of %d items are bad (%d more are not tried yet), more than --max-bad %s allows; the"
                + " reasons are in %s. What is done is kept: allow more, or mend the recordings and"
                + " add --retry; with another manifest begin anew (--force)",
            found.rejected(),
            items,
            items - found.items(),
            options.maxBad(),
            Storage.shown(output.quarantine())));
  }

  private void finish(Summary summary) throws IOException {
    if (summary.total().rejected() == 0) {
      Path none = new Path(output.temporary(), "none.parquet"); // a table without rows is one
      try (ParquetWriter<Rejection> writer =
          TableFile.create(storage, none, new QuarantineTable())) {
        writer.getDataSize();
      }
      storage.move(none, new Path(output.quarantine(), "none.parquet"));
    }
    output.write(output.summary(), summary.json().toPrettyString() + "\n");
    output.removeTemporary();
  }
}
