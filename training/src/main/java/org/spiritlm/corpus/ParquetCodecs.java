package org.spiritlm.corpus;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.spiritlm.torch.InputException;
import org.xerial.snappy.Snappy;

/** The compressions of Parquet files, without Hadoop's: none, Snappy, Zstandard and gzip. */
final class ParquetCodecs implements CompressionCodecFactory {
  /** Far more bytes than a page has; it bounds what a hostile file takes. */
  private static final int LARGEST_PAGE = 1 << 28;

  @Override
  public BytesInputCompressor getCompressor(CompressionCodecName codec) {
    return new BytesInputCompressor() {
      @Override
      public BytesInput compress(BytesInput page) throws IOException {
        return BytesInput.from(compressed(codec, bytes(page)));
      }

      @Override
      public CompressionCodecName getCodecName() {
        return codec;
      }

      @Override
      public void release() {}
    };
  }

  @Override
  public BytesInputDecompressor getDecompressor(CompressionCodecName codec) {
    return new BytesInputDecompressor() {
      @Override
      public BytesInput decompress(BytesInput page, int size) throws IOException {
        return BytesInput.from(plain(codec, bytes(page), size));
      }

      @Override
      public void decompress(ByteBuffer from, int compressedSize, ByteBuffer to, int size)
          throws IOException {
        byte[] bytes = new byte[compressedSize];
        from.get(bytes);
        to.put(plain(codec, bytes, size)).flip();
      }

      @Override
      public void release() {}
    };
  }

  @Override
  public void release() {}

  private static byte[] bytes(BytesInput page) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream((int) page.size());
    page.writeAllTo(bytes);
    return bytes.toByteArray();
  }

  private static byte[] compressed(CompressionCodecName codec, byte[] page) throws IOException {
    return switch (codec) {
      case UNCOMPRESSED -> page;
      case SNAPPY -> Snappy.compress(page);
      case ZSTD -> Zstd.compress(page);
      case GZIP -> {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
          gzip.write(page);
        }
        yield bytes.toByteArray();
      }
      default -> throw unknown(codec);
    };
  }

  private static byte[] plain(CompressionCodecName codec, byte[] page, int size)
      throws IOException {
    if (size < 0 || size > LARGEST_PAGE) {
      throw new IOException(
          "a page of " + size + " bytes, at most " + LARGEST_PAGE + " are expected");
    }
    byte[] plain =
        switch (codec) {
          case UNCOMPRESSED -> page;
          case SNAPPY -> {
            if (Snappy.uncompressedLength(page) != size) {
              throw new IOException("a page is not of the length that its header says");
            }
            yield Snappy.uncompress(page);
          }
          case ZSTD -> {
            byte[] bytes = new byte[size];
            long found = Zstd.decompress(bytes, page);
            yield Zstd.isError(found) || found != size ? new byte[0] : bytes;
          }
          case GZIP -> {
            try (GZIPInputStream gzip = new GZIPInputStream(new ByteArrayInputStream(page))) {
              yield gzip.readNBytes(size);
            }
          }
          default -> throw unknown(codec);
        };
    if (plain.length != size) {
      throw new IOException("a page is not of the length that its header says");
    }
    return plain;
  }

  private static InputException unknown(CompressionCodecName codec) {
    return new InputException(
        "compressed with " + codec + ", which is not read; expected none, SNAPPY, ZSTD or GZIP");
  }
}
