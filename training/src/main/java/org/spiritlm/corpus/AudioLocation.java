package org.spiritlm.corpus;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;

/**
 * Where the audio of an utterance lies: a file, or a stretch of bytes in one, as in a tar archive
 * that is not unpacked.
 *
 * <p>Written as {@code clips/a.flac}, {@code hdfs://host/clips/a.flac} or {@code
 * shards/000.tar#bytes=1536+48213}: 48,213 bytes from byte 1,536 on. A relative file is relative to
 * the manifest's directory.
 *
 * @param file a path, or a URI with its scheme
 * @param bytes the stretch that is the audio, or null for the whole file
 */
public record AudioLocation(String file, @Nullable Bytes bytes) {
  private static final Pattern STRETCH = Pattern.compile("(.+)#bytes=(\\d{1,18})\\+(\\d{1,18})");

  /**
   * A stretch of a file.
   *
   * @param offset its first byte, counted from 0
   * @param length how many bytes
   */
  public record Bytes(long offset, long length) {}

  public AudioLocation {
    if (file.isBlank()) {
      throw new InputException("an audio's location is empty");
    }
  }

  /** A whole file. */
  public static AudioLocation of(String file) {
    return new AudioLocation(file, null);
  }

  /**
   * Reads the written form; {@code parse(x.toString()).equals(x)}.
   *
   * @throws InputException if it is blank
   */
  public static AudioLocation parse(String text) {
    Matcher matcher = STRETCH.matcher(text);
    if (matcher.matches()) {
      return new AudioLocation(
          matcher.group(1),
          new Bytes(Long.parseLong(matcher.group(2)), Long.parseLong(matcher.group(3))));
    }
    return of(text);
  }

  @Override
  public String toString() {
    return bytes == null ? file : file + "#bytes=" + bytes.offset() + "+" + bytes.length();
  }
}
