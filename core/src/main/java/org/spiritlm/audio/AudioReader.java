package org.spiritlm.audio;

import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;

/**
 * Reads the audio of a file in any format that FFmpeg decodes (WAV, FLAC, MP3, Ogg, Opus, WebM,
 * M4A, …), chunk by chunk, so that memory stays bounded however long it is.
 *
 * <p>Each channel is resampled by a {@link Resampler}, then two are averaged unless one is chosen.
 * A file that says it is longer than it is, as WAV files written to a pipe do, ends where its
 * samples end.
 *
 * <pre>{@code
 * try (AudioReader reader = AudioReader.open(Path.of("talk.mp3"))) {
 *   SpeechUnits units = tokenizer.encode(reader);
 * }
 * }</pre>
 *
 * <p>Not thread-safe. Can be gone through once.
 */
public final class AudioReader implements Iterable<Audio>, AutoCloseable {
  /** Most channels that are mixed when none is chosen. */
  private static final int MIXED_CHANNELS = 2;

  /**
   * How far an end may lie behind that of the file (seconds): times that people write are rounded.
   */
  private static final double MISSING_SECONDS = 0.05;

  /** Later than this nothing can lie (seconds; thirty years): samples are counted in 64 bits. */
  private static final double LATEST_SECOND = 1e9;

  /** Less than this is decoded rather than sought (seconds). */
  private static final double SOUGHT_SECONDS = 2;

  private final String name;
  private final Options options;
  private final AudioDecoder decoder;
  private Resampler @Nullable [] resamplers; // null until the first block, and after the end
  private float @Nullable [][] first; // the first block, read to know rate and channels
  private int[] taken = new int[0]; // the channels used, counted from 0
  private Stretch stretch = new Stretch(0, 0, 0, Long.MAX_VALUE);
  private @Nullable Listener listener;
  private long made; // samples resampled so far, counted from the file's beginning
  private long emitted;

  /**
   * What is read.
   *
   * @param sampleRate the rate wanted (Hz), or 0 for the file's own
   * @param channel the only channel read, counted from 1 (1 is left), or 0 for the average of one
   *     or two; a file with more fails then
   * @param maxSeconds audio longer than this fails when it is reached, not before: what a file says
   *     of its own length is not believed
   * @param start where reading begins (seconds)
   * @param end where it ends (seconds), or infinity for the end of the file
   */
  public record Options(int sampleRate, int channel, double maxSeconds, double start, double end) {
    public Options {
      if (channel < 0) {
        throw new InputException("channels are counted from 1, found " + channel);
      }
      if (!(start >= 0 && start < end) || start > LATEST_SECOND) {
        throw new InputException("the stretch from " + start + " s to " + end + " s is none");
      }
    }

    /** All channels of speech of any length, at {@link Audio#SPEECH_RATE}. */
    public static Options speech() {
      return new Options(
          Audio.SPEECH_RATE, 0, Double.POSITIVE_INFINITY, 0, Double.POSITIVE_INFINITY);
    }

    /** With another rate (Hz); 0 keeps the file's own. */
    public Options withSampleRate(int value) {
      return new Options(value, channel, maxSeconds, start, end);
    }

    /** With only one channel, counted from 1; 0 takes the average. */
    public Options withChannel(int value) {
      return new Options(sampleRate, value, maxSeconds, start, end);
    }

    /** With a limit in seconds. */
    public Options withMaxSeconds(double value) {
      return new Options(sampleRate, channel, value, start, end);
    }

    /**
     * With only a stretch, equal to that part of the whole. WAV and FLAC are not decoded before it.
     *
     * @param from where it begins (seconds)
     * @param to where it ends (seconds), or infinity; a file that ends more than {@value
     *     #MISSING_SECONDS} s before fails when that is reached
     */
    public Options withStretch(double from, double to) {
      return new Options(sampleRate, channel, maxSeconds, from, to);
    }
  }

  /** Takes what a file holds, before channels are mixed and the rate is changed. */
  @FunctionalInterface
  public interface Listener {
    /**
     * Takes the next samples of a channel, at the file's rate, those of the stretch alone.
     *
     * @param channel counted from 0 among those that are read
     */
    void accept(int channel, float[] samples);
  }

  private AudioReader(MediaFile file, Options options) {
    this.name = file.name();
    this.options = options;
    this.decoder = new AudioDecoder(file);
    try {
      this.first = decoder.next();
      if (first == null) {
        throw new InputException(name + " holds no audio samples");
      }
      this.taken = channels(first.length);
      this.resamplers = new Resampler[taken.length];
      Arrays.setAll(resamplers, i -> resampler());
      begin();
    } catch (RuntimeException | Error e) {
      decoder.close();
      throw e;
    }
  }

  private void begin() {
    try {
      this.stretch = Stretch.of(options, decoder.sampleRate(), sampleRate());
    } catch (InputException e) {
      throw new InputException(name + ": " + e.getMessage(), e);
    }
    this.made = stretch.base();
    double ahead = (double) (stretch.source() - decoder.position()) / decoder.sampleRate();
    if (ahead > SOUGHT_SECONDS && decoder.seek(stretch.source())) {
      this.first = null;
    }
  }

  /** Opens speech: {@link Audio#SPEECH_RATE}, one channel. */
  public static AudioReader open(Path file) {
    return open(file, Options.speech());
  }

  /**
   * Opens a file.
   *
   * @throws InputException if it is missing, empty, not audio, damaged, or has other channels than
   *     the options allow
   */
  public static AudioReader open(Path file, Options options) {
    return new AudioReader(MediaFile.open(file), options);
  }

  /**
   * Opens an audio file that lies in another file, as in a tar archive.
   *
   * @param file the other file
   * @param offset where the audio file begins in it (bytes)
   * @param length its length (bytes)
   * @throws InputException as {@link #open(Path, Options)}, or if the other file ends before
   */
  public static AudioReader open(Path file, long offset, long length, Options options) {
    return new AudioReader(MediaFile.open(file, offset, length), options);
  }

  /**
   * Opens what a stream holds, which is read to its end and copied to a temporary file first.
   *
   * @param name what messages call it
   * @throws InputException as {@link #open(Path, Options)}
   * @throws UncheckedIOException if the stream cannot be read, or not be copied
   */
  public static AudioReader open(InputStream stream, String name, Options options) {
    return new AudioReader(MediaFile.copy(stream, name), options);
  }

  /** Reads speech as a whole: {@link Audio#SPEECH_RATE}, one channel. */
  public static Audio read(Path file) {
    return read(file, Options.speech());
  }

  /** Reads a file as a whole. */
  public static Audio read(Path file, Options options) {
    try (AudioReader reader = open(file, options)) {
      return reader.readAll();
    }
  }

  /** Samples per second of the chunks (Hz). */
  public int sampleRate() {
    return options.sampleRate() == 0 ? decoder.sampleRate() : options.sampleRate();
  }

  /** Seconds of audio that were read so far. */
  public double seconds() {
    return (double) emitted / sampleRate();
  }

  /**
   * Goes to the end and tells the length of the file in seconds, at its own rate, whatever stretch
   * is read. Of WAV and FLAC little is decoded for that. Nothing can be read after it.
   *
   * @throws InputException if what is decoded is damaged
   */
  public double measure() {
    this.resamplers = null;
    return (double) decoder.measure() / decoder.sampleRate();
  }

  /**
   * The rest of the audio, as a whole.
   *
   * @throws InputException if it is damaged, or too long for an array
   */
  public Audio readAll() {
    float[] samples = new float[0];
    int count = 0;
    for (Audio chunk = next(); chunk != null; chunk = next()) {
      int length = chunk.samples().length;
      if (count > Integer.MAX_VALUE - 8 - length) {
        throw new InputException(
            name + " is too long to be held as a whole; read it chunk by chunk, or split it");
      }
      if (count + length > samples.length) {
        long room = Math.max(count + (long) length, 2L * samples.length);
        samples = Arrays.copyOf(samples, (int) Math.min(Integer.MAX_VALUE - 8, room));
      }
      System.arraycopy(chunk.samples(), 0, samples, count, length);
      count += length;
    }
    return new Audio(
        count == samples.length ? samples : Arrays.copyOf(samples, count), sampleRate());
  }

  /**
   * The next chunk, of about a second, or null at the end.
   *
   * @throws InputException if the file is damaged here, has a sample that is not a finite number,
   *     or is longer than the options allow
   */
  public @Nullable Audio next() {
    Resampler[] resamplers = this.resamplers;
    if (resamplers == null) {
      return null;
    }
    float[] mixed = new float[0];
    int count = 0;
    while (count == 0 || count < sampleRate()) {
      float[][] block = block();
      float[] piece = wanted(block == null ? end(resamplers) : mix(block, resamplers));
      if (count + piece.length > mixed.length) {
        mixed =
            Arrays.copyOf(mixed, Math.max(count + piece.length, sampleRate() + 2 * piece.length));
      }
      System.arraycopy(piece, 0, mixed, count, piece.length);
      count += piece.length;
      if (block == null || made >= stretch.to()) {
        this.resamplers = null;
        break;
      }
    }
    emitted += count;
    if (emitted > options.maxSeconds() * sampleRate()) {
      throw new InputException(
          name
              + " is longer than "
              + options.maxSeconds()
              + " s, the most that is allowed here; split it");
    }
    if (this.resamplers == null) {
      checkEnd();
    }
    return count == 0 ? null : new Audio(Arrays.copyOf(mixed, count), sampleRate());
  }

  /** The next block of what is needed, or null at the end. */
  private float @Nullable [][] block() {
    float[][] block = first == null ? decoder.next() : first;
    first = null;
    while (block != null && decoder.position() <= stretch.source()) {
      block = decoder.next();
    }
    if (block != null) {
      int unneeded = (int) (stretch.source() - (decoder.position() - block[0].length));
      for (int i = 0; unneeded > 0 && i < block.length; i++) {
        block[i] = Arrays.copyOfRange(block[i], unneeded, block[i].length);
      }
    }
    return block;
  }

  /** What of a resampled piece lies in the stretch. */
  private float[] wanted(float[] piece) {
    long from = Math.max(0, stretch.from() - made);
    long to = Math.min(piece.length, stretch.to() - made);
    made += piece.length;
    if (from == 0 && to == piece.length) {
      return piece;
    }
    return from >= to ? new float[0] : Arrays.copyOfRange(piece, (int) from, (int) to);
  }

  private void checkEnd() {
    boolean open = stretch.to() == Long.MAX_VALUE;
    double last = (double) made / sampleRate();
    if (!stretch.isWhole()
        && (made <= stretch.from() || (!open && last < options.end() - MISSING_SECONDS))) {
      throw new InputException(
          name
              + " ends at "
              + last
              + " s, expected "
              + (open ? "more than " + options.start() : "at least " + options.end())
              + " s");
    }
  }

  private Resampler resampler() {
    try {
      return new Resampler(decoder.sampleRate(), sampleRate());
    } catch (InputException e) {
      throw new InputException(name + ": " + e.getMessage(), e);
    }
  }

  /** Has a listener take what is read from now on. */
  public void listen(Listener taker) {
    this.listener = taker;
  }

  private void tell(float[][] block, Listener taker) {
    int length = block[0].length;
    long begin = decoder.position() - length;
    int from = within(Math.ceil(options.start() * decoder.sampleRate()) - begin, length);
    int to = within(Math.ceil(options.end() * decoder.sampleRate()) - begin, length);
    for (int i = 0; from < to && i < taken.length; i++) {
      taker.accept(i, Arrays.copyOfRange(block[taken[i]], from, to));
    }
  }

  private static int within(double place, int length) {
    return (int) Math.max(0, Math.min(length, place));
  }

  private float[] mix(float[][] block, Resampler[] resamplers) {
    if (listener != null) {
      tell(block, listener);
    }
    float[][] parts = new float[taken.length][];
    Arrays.setAll(parts, i -> resamplers[i].add(block[taken[i]]));
    return average(parts);
  }

  private static float[] end(Resampler[] resamplers) {
    float[][] parts = new float[resamplers.length][];
    Arrays.setAll(parts, i -> resamplers[i].finish());
    return average(parts);
  }

  private static float[] average(float[][] parts) {
    if (parts.length == 1) {
      return parts[0];
    }
    float[] mean = new float[parts[0].length];
    for (int i = 0; i < mean.length; i++) {
      float sum = 0;
      for (float[] part : parts) {
        sum += part[i];
      }
      mean[i] = sum / parts.length;
    }
    return mean;
  }

  private int[] channels(int found) {
    int chosen = options.channel();
    if (chosen > found) {
      throw new InputException(
          name + " has " + found + " channels, found channel " + chosen + " chosen");
    }
    if (chosen > 0) {
      return new int[] {chosen - 1};
    }
    if (found > MIXED_CHANNELS) {
      throw new InputException(
          name
              + " has "
              + found
              + " channels, expected one or two; choose one of them, or mix them down first");
    }
    return found == 1 ? new int[] {0} : new int[] {0, 1};
  }

  /** Goes on with the chunks that are left. */
  @Override
  public Iterator<Audio> iterator() {
    return new Iterator<>() {
      private @Nullable Audio ahead;

      @Override
      public boolean hasNext() {
        ahead = ahead == null ? AudioReader.this.next() : ahead;
        return ahead != null;
      }

      @Override
      public Audio next() {
        Audio chunk = ahead == null ? AudioReader.this.next() : ahead;
        ahead = null;
        if (chunk == null) {
          throw new NoSuchElementException();
        }
        return chunk;
      }
    };
  }

  /** Frees what FFmpeg holds; what is left is not read. */
  @Override
  public void close() {
    resamplers = null;
    decoder.close();
  }
}
