package org.spiritlm.spark;

import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.spark.TaskContext;
import org.apache.spark.TaskKilledException;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.LongAccumulator;
import org.jspecify.annotations.Nullable;
import org.spiritlm.corpus.PreparedUtterance;
import org.spiritlm.corpus.Rejection;
import org.spiritlm.torch.Torch;

/**
 * What an executor does with a bucket.
 *
 * @param manifest where it lies
 * @param output where the tables go
 * @param job the fingerprint of what is done
 * @param model which model makes the units
 * @param code the version of this library
 * @param threads of one task's operations
 * @param duplicates the numbers of lines whose ids were there before, sorted
 * @param items counts what is done, for the progress alone: a task that is repeated counts twice
 */
record BucketWork(
    Storage storage,
    String manifest,
    OutputDirectory output,
    String job,
    ModelChoice model,
    String code,
    int threads,
    Broadcast<long[]> duplicates,
    LongAccumulator items)
    implements Serializable {

  /** The lines of a manifest from a bucket's first one on. */
  static ManifestLines lines(Storage storage, Path manifest, Bucket bucket) throws IOException {
    FSDataInputStream stream = storage.of(manifest).open(manifest);
    stream.seek(bucket.offset());
    return new ManifestLines(stream, manifest.getName(), bucket.offset(), bucket.firstLine() - 1);
  }

  /** Makes a bucket's files, unless an earlier run has. */
  BucketResult run(Bucket bucket) throws IOException {
    BucketResult before = made(bucket);
    if (before != null) {
      items.add(before.items());
      return before;
    }
    Torch.threads(threads);
    SpeechModels models = SpeechModels.get(model);
    String unique = bucket.fileName() + "." + UUID.randomUUID();
    Path units = new Path(output.temporary(), "units-" + unique);
    Path quarantine = new Path(output.temporary(), "quarantine-" + unique);
    try {
      List<Rejection> rejections = new ArrayList<>();
      BucketResult result = writeUnits(bucket, models, units, rejections);
      if (!rejections.isEmpty()) {
        write(quarantine, rejections);
        storage.move(quarantine, output.quarantine(bucket));
      }
      if (made(bucket) == null) { // a damaged file, onto which not every file system renames
        storage.of(units).delete(output.units(bucket), false);
      }
      storage.move(units, output.units(bucket)); // last: by this the bucket is done
      return result;
    } finally {
      storage.of(units).delete(units, false);
      storage.of(quarantine).delete(quarantine, false);
    }
  }

  /** What the bucket's file holds, or null if there is none, or it is damaged or another job's. */
  private @Nullable BucketResult made(Bucket bucket) throws IOException {
    Map<String, String> metadata = TableFile.metadata(storage, output.units(bucket));
    return metadata == null ? null : BucketResult.of(metadata, job);
  }

  private BucketResult writeUnits(
      Bucket bucket, SpeechModels models, Path file, List<Rejection> rejections)
      throws IOException {
    Path place = new Path(manifest);
    UnitsTable table = new UnitsTable(job);
    try (ManifestLines lines = lines(storage, place, bucket);
        CorpusAudio audio = new CorpusAudio(storage, place.getParent());
        ParquetWriter<PreparedUtterance> writer = TableFile.create(storage, file, table)) {
      ItemPreparer preparer =
          new ItemPreparer(models, audio, model.unitsName(), code, duplicates.value());
      for (long item = 0; item < bucket.items(); item++) {
        stopIfAsked();
        ManifestLines.@Nullable Line line = lines.next();
        if (line == null) {
          throw new IOException(Storage.shown(place) + ": ends earlier than when the job began");
        }
        ItemPreparer.Outcome outcome = preparer.prepare(line);
        table.count(outcome);
        if (outcome.prepared() != null) {
          writer.write(outcome.prepared());
        }
        if (outcome.rejection() != null) {
          rejections.add(outcome.rejection());
        }
        items.add(1);
      }
    }
    return table.result();
  }

  private void write(Path file, List<Rejection> rejections) throws IOException {
    try (ParquetWriter<Rejection> writer = TableFile.create(storage, file, new QuarantineTable())) {
      for (Rejection rejection : rejections) {
        writer.write(rejection);
      }
    }
  }

  private static void stopIfAsked() {
    TaskContext context = TaskContext.get();
    if (context != null && context.isInterrupted()) {
      throw new TaskKilledException("the job ends");
    }
  }
}
