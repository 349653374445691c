package org.spiritlm.spark;

import java.io.IOException;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.api.WriteSupport;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.apache.parquet.hadoop.util.HadoopOutputFile;
import org.apache.parquet.io.OutputFile;
import org.jspecify.annotations.Nullable;
import shaded.parquet.org.apache.thrift.TException;

/** Parquet files in any file system. */
final class TableFile {
  /** Utterances are held until so many bytes of them make a row group. */
  private static final long ROW_GROUP_BYTES = 32L << 20;

  private TableFile() {}

  /** Begins a file, compressed with Zstandard; one that is there is replaced. */
  static <T> ParquetWriter<T> create(Storage storage, Path path, WriteSupport<T> rows)
      throws IOException {
    storage.of(path); // which settles how local files are written
    return new Builder<>(HadoopOutputFile.fromPath(path, storage.configuration()), rows)
        .withConf(storage.configuration())
        .withCompressionCodec(CompressionCodecName.ZSTD)
        .withRowGroupSize(ROW_GROUP_BYTES)
        .withWriteMode(ParquetFileWriter.Mode.OVERWRITE)
        .build();
  }

  /** The metadata of a file, or null if there is none or it is damaged. */
  static @Nullable Map<String, String> metadata(Storage storage, Path path) throws IOException {
    if (!storage.of(path).exists(path)) {
      return null;
    }
    try (ParquetFileReader reader =
        ParquetFileReader.open(HadoopInputFile.fromPath(path, storage.configuration()))) {
      return reader.getFileMetaData().getKeyValueMetaData();
    } catch (RuntimeException e) { // what Parquet throws at a file that is none
      return null;
    } catch (IOException e) {
      if (e.getCause() instanceof TException) { // it was read, and its end is damaged
        return null;
      }
      throw e;
    }
  }

  private static final class Builder<T> extends ParquetWriter.Builder<T, Builder<T>> {
    private final WriteSupport<T> rows;

    Builder(OutputFile file, WriteSupport<T> rows) {
      super(file);
      this.rows = rows;
    }

    @Override
    protected Builder<T> self() {
      return this;
    }

    @Override
    @SuppressWarnings("deprecation") // abstract in this version
    protected WriteSupport<T> getWriteSupport(Configuration configuration) {
      return rows;
    }
  }
}
