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
      return new MediaFile(file, file.toString(), false);
    } catch (IOException e) {
      throw new InputException(file + " cannot be read: " + e.getMessage(), e);
    }
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
        return new MediaFile(file, name, true);
      } catch (IOException | RuntimeException e) {
        Files.deleteIfExists(file);
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private MediaFile(Path file, String name, boolean temporary) {
    this.file = file;
    this.name = name;
    this.temporary = temporary;
    AVDictionary options = new AVDictionary(null);
    av_dict_set(options, "protocol_whitelist", "file", 0);
    // The prefix keeps a name such as "concat:a|b" from meaning another protocol.
    byte[] url = ("file:" + file + '\0').getBytes(StandardCharsets.UTF_8);
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
