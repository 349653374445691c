package org.spiritlm.audio;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Writes one channel of audio as WAV, as it comes.
 *
 * <p>A file is written beside its name and gets it in {@link #finish}; {@link #close} without that
 * throws it away, so that a failure leaves what was there before:
 *
 * <pre>{@code
 * try (AudioWriter writer = AudioWriter.open(path, 16_000, AudioWriter.Encoding.PCM16)) {
 *   writer.write(samples);
 *   writer.finish();
 * }
 * }</pre>
 *
 * <p>Not thread-safe.
 */
public final class AudioWriter implements AudioSink {
  /** Length of everything before the samples (bytes), less the first eight. */
  private static final int HEADER_REST = 36;

  /** What a header says when the length is not known yet, and the most it can say. */
  private static final long UNKNOWN_LENGTH = 0xffff_ffffL;

  private static final int BLOCK = 1 << 14; // samples converted at a time

  private final WritableByteChannel channel;
  private final @Nullable OutputStream stream; // what is flushed, if the output is one
  private final @Nullable Path file; // what the written part is named in the end, if it is a file
  private final @Nullable Path part;
  private final int sampleRate;
  private final Encoding encoding;
  private final ByteBuffer buffer;
  private long written; // samples
  private boolean finished;

  /** How a sample is stored. */
  public enum Encoding {
    /** 16-bit integers: the amplitude times 2^15, rounded, cut off at the ends. */
    PCM16(1, 2),
    /** 32-bit floating-point numbers, as they are. */
    FLOAT32(3, 4);

    private final int wavFormat;
    private final int bytes;

    Encoding(int wavFormat, int bytes) {
      this.wavFormat = wavFormat;
      this.bytes = bytes;
    }
  }

  private AudioWriter(Path file, Path part, int sampleRate, Encoding encoding) throws IOException {
    this.channel = FileChannel.open(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    this.stream = null;
    this.file = file;
    this.part = part;
    this.sampleRate = sampleRate;
    this.encoding = encoding;
    this.buffer = buffer(encoding);
  }

  private AudioWriter(OutputStream stream, int sampleRate, Encoding encoding) {
    this.channel = Channels.newChannel(stream);
    this.stream = stream;
    this.file = null;
    this.part = null;
    this.sampleRate = sampleRate;
    this.encoding = encoding;
    this.buffer = buffer(encoding);
  }

  private static ByteBuffer buffer(Encoding encoding) {
    return ByteBuffer.allocate(BLOCK * encoding.bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Writes a whole audio to a 16-bit WAV file, in the place of one that may be there.
   *
   * @throws IOException if it cannot be written
   */
  public static void write(Path file, Audio audio) throws IOException {
    try (AudioWriter writer = open(file, audio.sampleRate(), Encoding.PCM16)) {
      writer.write(audio.samples());
      writer.finish();
    }
  }

  /** A whole audio as the bytes of a 16-bit WAV file. */
  public static byte[] bytes(Audio audio) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (AudioWriter writer = new AudioWriter(bytes, audio.sampleRate(), Encoding.PCM16)) {
      writer.put(writer.header((long) audio.samples().length * Encoding.PCM16.bytes));
      writer.write(audio.samples());
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Starts a WAV file.
   *
   * @throws IOException if it cannot be written
   */
  public static AudioWriter open(Path file, int sampleRate, Encoding encoding) throws IOException {
    Path target = file.toAbsolutePath();
    if (Files.exists(target) && !Files.isRegularFile(target)) { // a device or pipe stays what it is
      return stream(Files.newOutputStream(target), sampleRate, encoding);
    }
    String unique = Long.toHexString(ThreadLocalRandom.current().nextLong());
    Path part = target.resolveSibling("." + target.getFileName() + "." + unique + ".part");
    AudioWriter writer = new AudioWriter(target, part, sampleRate, encoding);
    writer.put(writer.header(UNKNOWN_LENGTH));
    return writer;
  }

  /**
   * Starts WAV on a stream, such as standard output: its header says that the length is not known,
   * which players and {@link AudioReader} take for "to the end". Every write is flushed.
   *
   * @throws IOException if it cannot be written
   */
  public static AudioWriter stream(OutputStream stream, int sampleRate, Encoding encoding)
      throws IOException {
    AudioWriter writer = new AudioWriter(stream, sampleRate, encoding);
    writer.put(writer.header(UNKNOWN_LENGTH));
    return writer;
  }

  /** Starts samples without a header on a stream, each little-endian. Every write is flushed. */
  public static AudioWriter raw(OutputStream stream, Encoding encoding) {
    return new AudioWriter(stream, 0, encoding);
  }

  /**
   * Adds samples.
   *
   * @throws IllegalArgumentException if one is not a finite number
   * @throws IOException if they cannot be written, or a file would pass 4 GiB, WAV's limit
   */
  @Override
  public void write(float[] samples) throws IOException {
    for (int at = 0; at < samples.length; at += BLOCK) {
      buffer.clear();
      for (int i = at; i < Math.min(samples.length, at + BLOCK); i++) {
        float sample = samples[i];
        if (!Float.isFinite(sample)) {
          throw new IllegalArgumentException("sample " + (written + i) + " is " + sample);
        }
        if (encoding == Encoding.PCM16) {
          int value = Math.round(sample * 0x1p15f);
          buffer.putShort((short) Math.max(Short.MIN_VALUE, Math.min(Short.MAX_VALUE, value)));
        } else {
          buffer.putFloat(sample);
        }
      }
      put(buffer.flip());
    }
    written += samples.length;
    if (file != null && written * encoding.bytes + HEADER_REST >= UNKNOWN_LENGTH) {
      throw new IOException("the audio passes 4 GiB, the most that a WAV file holds; split it");
    }
    if (stream != null) {
      stream.flush();
    }
  }

  /** Samples written so far. */
  public long samples() {
    return written;
  }

  /**
   * Ends the audio: a file's header gets the length, and the file its name.
   *
   * @throws IOException if it cannot be written
   */
  @Override
  public void finish() throws IOException {
    if (file != null && part != null && channel instanceof FileChannel bytes) {
      bytes.position(0);
      put(header(written * encoding.bytes));
      bytes.close();
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
    finished = true;
  }

  /** Lets go of the output: a file is thrown away if it was not finished, a stream closed. */
  @Override
  public void close() throws IOException {
    channel.close();
    if (!finished && part != null) {
      Files.deleteIfExists(part);
    }
  }

  private void put(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** The RIFF header, 44 bytes, for a length of the samples (bytes). */
  private ByteBuffer header(long length) {
    boolean unknown = length == UNKNOWN_LENGTH;
    ByteBuffer header = ByteBuffer.allocate(HEADER_REST + 8).order(ByteOrder.LITTLE_ENDIAN);
    header.put(ascii("RIFF")).putInt((int) (unknown ? length : length + HEADER_REST));
    header.put(ascii("WAVEfmt ")).putInt(16);
    header.putShort((short) encoding.wavFormat).putShort((short) 1);
    header.putInt(sampleRate).putInt(sampleRate * encoding.bytes);
    header.putShort((short) encoding.bytes).putShort((short) (8 * encoding.bytes));
    return header.put(ascii("data")).putInt((int) length).flip();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
