package org.spiritlm.audio;

import static org.bytedeco.ffmpeg.global.avformat.AVIO_FLAG_READ;
import static org.bytedeco.ffmpeg.global.avformat.avio_close;
import static org.bytedeco.ffmpeg.global.avformat.avio_open2;
import static org.bytedeco.ffmpeg.global.avutil.av_dict_free;
import static org.bytedeco.ffmpeg.global.avutil.av_dict_set;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.bytedeco.ffmpeg.avformat.AVIOContext;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.javacpp.BytePointer;
import org.spiritlm.torch.InputException;

/** One local file that FFmpeg reads, and nothing but that file. */
final class MediaFile implements AutoCloseable {
  private final Path file;
  private final String name;
  private final boolean temporary;
  private final AVIOContext input = new AVIOContext(null);

  /**
   * Opens a file.
   *
   * @throws InputException if it is missing, empty or cannot be read
   */
  static MediaFile open(Path file) {
    try {
      if (!Files.exists(file)) {
        throw new InputException(file + " does not exist");
      }
      if (Files.isDirectory(file)) {
        throw new InputException(file + " is a directory, expected an audio file");
      }
      if (Files.isRegularFile(file) && Files.size(file) == 0) {
        throw new InputException(file + " is empty, expected an audio file");
      }
      return new MediaFile(file, file.toString(), false, "file");
    } catch (IOException e) {
      throw new InputException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * Opens a part of a file as if it were one.
   *
   * @param offset its first byte
   * @param length how many bytes
   * @throws InputException if the file is missing or ends before
   */
  static MediaFile open(Path file, long offset, long length) {
    String name = file + " (bytes " + offset + "+" + length + ")";
    try {
      if (!Files.isRegularFile(file)) {
        throw new InputException(file + " does not exist or is no file");
      }
      long size = Files.size(file);
      if (length <= 0 || offset < 0 || length > size || offset > size - length) {
        throw new InputException(
            name + ": expected audio there, found that the file has " + size + " bytes");
      }
    } catch (IOException e) {
      throw new InputException(file + " cannot be read: " + e.getMessage(), e);
    }
    String part = "subfile,,start," + offset + ",end," + (offset + length) + ",,:file";
    return new MediaFile(file, name, false, part);
  }

  /**
   * Copies a stream to a temporary file, since several formats can only be read by going back and
   * forth, and opens that.
   *
   * @param name what messages call it
   * @throws InputException if it is empty
   * @throws UncheckedIOException if it cannot be read to its end, or not be copied
   */
  static MediaFile copy(InputStream stream, String name) {
    try {
      Path file = Files.createTempFile("audio", null);
      try {
        if (Files.copy(stream, file, StandardCopyOption.REPLACE_EXISTING) == 0) {
          throw new InputException(name + " is empty, expected audio");
        }
        return new MediaFile(file, name, true, "file");
      } catch (IOException | RuntimeException e) {
        Files.deleteIfExists(file);
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private MediaFile(Path file, String name, boolean temporary, String protocol) {
    this.file = file;
    this.name = name;
    this.temporary = temporary;
    AVDictionary options = new AVDictionary(null);
    av_dict_set(options, "protocol_whitelist", "file,subfile", 0);
    // The prefix keeps a name such as "concat:a|b" from meaning another protocol.
    byte[] url = (protocol + ":" + file + '\0').getBytes(StandardCharsets.UTF_8);
    int status;
    try (BytePointer pointer = new BytePointer(url)) {
      status = avio_open2(input, pointer, AVIO_FLAG_READ, null, options);
    }
    av_dict_free(options);
    if (status < 0) {
      throw new InputException(name + " cannot be read: " + AudioDecoder.reason(status));
    }
  }

  /** What messages call it. */
  String name() {
    return name;
  }

  /** FFmpeg's handle, owned by this object. */
  AVIOContext input() {
    return input;
  }

  @Override
  public void close() {
    avio_close(input);
    if (temporary) {
      try {
        Files.deleteIfExists(file);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
