package org.spiritlm.corpus;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;

/**
 * Where the audio of an utterance lies: a file, a stretch of bytes in one, as in a tar archive that
 * is not unpacked, or one channel of either.
 *
 * <p>Written as {@code clips/a.flac}, {@code hdfs://host/clips/a.flac}, {@code
 * shards/000.tar#bytes=1536+48213} (48,213 bytes from byte 1,536 on) or {@code
 * talks/a.wav#channel=2}. A relative file is relative to the manifest's directory.
 *
 * @param file a path, or a URI with its scheme
 * @param bytes the stretch that is the audio, or null for the whole file
 * @param channel the only channel, counted from 1, or 0 for the average of one or two
 */
public record AudioLocation(String file, @Nullable Bytes bytes, int channel) {
  private static final Pattern WRITTEN =
      Pattern.compile(
          "(.+?)(?:#bytes=(\\d{1,18})\\+(\\d{1,18}))?(?:#channel=([1-9]\\d{0,3}))?",
          Pattern.DOTALL);

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
    if (channel < 0) {
      throw new InputException("channels are counted from 1, found " + channel);
    }
  }

  /** All channels of a file or of a stretch of one. */
  public AudioLocation(String file, @Nullable Bytes bytes) {
    this(file, bytes, 0);
  }

  /** A whole file. */
  public static AudioLocation of(String file) {
    return new AudioLocation(file, null);
  }

  /** The same with only one channel, counted from 1. */
  public AudioLocation withChannel(int only) {
    return new AudioLocation(file, bytes, only);
  }

  /** The same in a file of another name. */
  public AudioLocation withFile(String other) {
    return new AudioLocation(other, bytes, channel);
  }

  /**
   * Reads the written form; {@code parse(x.toString()).equals(x)} unless a file's name itself ends
   * like one.
   *
   * @throws InputException if it is blank
   */
  public static AudioLocation parse(String text) {
    Matcher matcher = WRITTEN.matcher(text);
    if (!matcher.matches()) {
      return of(text);
    }
    @Nullable Bytes bytes =
        matcher.group(2) == null
            ? null
            : new Bytes(Long.parseLong(matcher.group(2)), Long.parseLong(matcher.group(3)));
    int channel = matcher.group(4) == null ? 0 : Integer.parseInt(matcher.group(4));
    return new AudioLocation(matcher.group(1), bytes, channel);
  }

  @Override
  public String toString() {
    return file
        + (bytes == null ? "" : "#bytes=" + bytes.offset() + "+" + bytes.length())
        + (channel == 0 ? "" : "#channel=" + channel);
  }
}
