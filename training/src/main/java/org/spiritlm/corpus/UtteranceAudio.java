package org.spiritlm.corpus;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.torch.InputException;

/**
 * Opens the audio of an utterance: only its stretch, as speech of 16 kHz, chunk by chunk, equal to
 * that part of the whole recording.
 *
 * <pre>{@code
 * try (AudioReader audio = UtteranceAudio.open(utterance, manifest.getParent())) {
 *   SpeechUnits units = tokenizer.encode(audio);
 * }
 * }</pre>
 */
public final class UtteranceAudio {
  /** A scheme has two letters at least: a single one is a drive of Windows. */
  private static final Pattern SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]+:.*");

  private UtteranceAudio() {}

  /**
   * Opens what lies in a local file. Of WAV and FLAC nothing before the stretch is decoded.
   *
   * @param directory that of the manifest, to which its files are relative
   * @throws InputException if it is missing, no audio, shorter than the utterance, or not local
   */
  public static AudioReader open(Utterance utterance, Path directory) {
    return open(utterance, directory, Double.POSITIVE_INFINITY);
  }

  /**
   * Opens what lies in a local file.
   *
   * @param directory that of the manifest, to which its files are relative
   * @param maxSeconds an utterance that is longer fails when that is reached
   * @throws InputException as {@link #open(Utterance, Path)}
   */
  public static AudioReader open(Utterance utterance, Path directory, double maxSeconds) {
    Path file = localFile(utterance.audio(), directory);
    AudioReader.Options options = options(utterance).withMaxSeconds(maxSeconds);
    AudioLocation.@Nullable Bytes bytes = utterance.audio().bytes();
    return bytes == null
        ? AudioReader.open(file, options)
        : AudioReader.open(file, bytes.offset(), bytes.length(), options);
  }

  /**
   * Opens what a stream holds, which is copied to a temporary local file.
   *
   * @param stream the file of the utterance's location from its first byte on, whether the location
   *     has a stretch of bytes or not: what lies before the stretch is skipped by {@link
   *     InputStream#skip}, which streams of Hadoop do without reading. It is not closed
   * @throws InputException as {@link #open(Utterance, Path)}
   * @throws UncheckedIOException if the stream cannot be read
   */
  public static AudioReader open(Utterance utterance, InputStream stream) {
    String name = utterance.audio().toString();
    AudioReader.Options options = options(utterance);
    AudioLocation.@Nullable Bytes bytes = utterance.audio().bytes();
    return AudioReader.open(bytes == null ? stream : part(stream, bytes, name), name, options);
  }

  /**
   * How long the audio of an utterance in a local file is (seconds). Times in a manifest are
   * rounded, and may lie a little behind the end.
   *
   * @throws InputException as {@link #open(Utterance, Path)}
   */
  public static double seconds(Utterance utterance, Path directory) {
    @Nullable Double start = utterance.start();
    @Nullable Double end = utterance.end();
    try (AudioReader audio = open(utterance, directory)) {
      double whole = audio.measure();
      return (end == null ? whole : Math.min(end, whole)) - (start == null ? 0 : start);
    }
  }

  /**
   * The local file of a location.
   *
   * @param directory to which it is relative
   * @throws InputException if it is not local
   */
  public static Path localFile(AudioLocation location, Path directory) {
    String file = location.file();
    try {
      if (!isUri(file)) {
        return directory.resolve(file);
      }
      if (file.toLowerCase(Locale.ROOT).startsWith("file:")) {
        return Path.of(URI.create(file));
      }
    } catch (IllegalArgumentException e) { // also of paths that cannot be
      throw new InputException("'" + file + "' is no path: " + e.getMessage(), e);
    }
    throw new InputException(
        "'" + file + "' is not a local file; copy it, or use a command that reads there");
  }

  /**
   * A location as another manifest names it.
   *
   * @param from the directory of the manifest that has it
   * @param to that of the other one
   */
  public static AudioLocation relocated(AudioLocation location, Path from, Path to) {
    if (from.equals(to) || isUri(location.file())) {
      return location;
    }
    try {
      if (Path.of(location.file()).isAbsolute()) {
        return location;
      }
      Path relative = to.relativize(from.resolve(location.file()).normalize());
      return location.withFile(relative.toString().replace('\\', '/'));
    } catch (InvalidPathException e) {
      return location;
    }
  }

  /** Whether a location's file is a URI rather than a path. */
  public static boolean isUri(String file) {
    return SCHEME.matcher(file).matches();
  }

  private static AudioReader.Options options(Utterance utterance) {
    @Nullable Double start = utterance.start();
    @Nullable Double end = utterance.end();
    return AudioReader.Options.speech()
        .withChannel(utterance.audio().channel())
        .withStretch(start == null ? 0 : start, end == null ? Double.POSITIVE_INFINITY : end);
  }

  private static InputStream part(InputStream stream, AudioLocation.Bytes bytes, String name) {
    try {
      stream.skipNBytes(bytes.offset());
    } catch (IOException e) {
      throw new UncheckedIOException(new IOException(name + ": " + e.getMessage(), e));
    }
    return new PartStream(stream, bytes.length(), name);
  }
}
