package org.spiritlm.units;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.spiritlm.audio.Audio;
import org.spiritlm.torch.InputException;

/**
 * Speech to units: phonetic units, and for EXPRESSIVE models pitch and style codes.
 *
 * <p>Audio is cut into pieces of {@value #LONGEST_PIECE} samples (100 s), each is encoded on its
 * own and the units are joined; so memory stays bounded however long the audio is. A rest that is
 * shorter than {@value #SHORTEST_PIECE} samples (80 ms) is dropped.
 *
 * <p>Differs from the reference: an EXPRESSIVE piece of which nothing is voiced, and an audio of a
 * single sample, fail there; here the one has the pitch codes of silence and the other no units.
 *
 * <p>Thread-safe where the encoders are.
 */
public final class SpeechTokenizer {
  /** Samples of a full piece. */
  public static final int LONGEST_PIECE = 100 * Audio.SPEECH_RATE;

  /** A piece with fewer samples has no units: the pitch tokenizer's least (one code's length). */
  public static final int SHORTEST_PIECE = 1280;

  private final UnitEncoder hubert;
  private final @Nullable UnitEncoder pitch;
  private final @Nullable UnitEncoder style;

  /** An EXPRESSIVE tokenizer, or a BASE one where pitch and style are null. */
  public SpeechTokenizer(
      UnitEncoder hubert, @Nullable UnitEncoder pitch, @Nullable UnitEncoder style) {
    this.hubert = hubert;
    this.pitch = pitch;
    this.style = style;
  }

  /**
   * Units of a whole audio of any length; none of one that is shorter than {@link #SHORTEST_PIECE}
   * samples.
   *
   * @throws InputException if a sample is not a finite number
   */
  public SpeechUnits encode(Audio audio) {
    Stream stream = stream();
    stream.add(audio);
    return stream.finish();
  }

  /**
   * Units of an audio that comes in chunks of any lengths; the same as of all of it at once.
   *
   * @throws InputException if a sample is not a finite number
   */
  public SpeechUnits encode(Iterable<Audio> chunks) {
    Stream stream = stream();
    chunks.forEach(stream::add);
    return stream.finish();
  }

  /** Starts encoding an audio that comes in chunks. */
  public Stream stream() {
    return new Stream();
  }

  /** The units so far of an audio that comes in chunks. Not thread-safe. */
  public final class Stream {
    private final UnitList hubertUnits = new UnitList();
    private final UnitList pitchUnits = new UnitList();
    private final UnitList styleUnits = new UnitList();
    private float[] piece = new float[Audio.SPEECH_RATE];
    private int filled;
    private long received;

    private Stream() {}

    /**
     * Takes the next chunk, of any length; encodes when a piece is full.
     *
     * @throws InputException if a sample is not a finite number, or the rate is not {@link
     *     Audio#SPEECH_RATE}
     */
    public void add(Audio chunk) {
      if (chunk.sampleRate() != Audio.SPEECH_RATE) {
        throw new InputException(
            "speech comes at "
                + chunk.sampleRate()
                + " Hz, expected "
                + Audio.SPEECH_RATE
                + "; resample it first");
      }
      float[] samples = chunk.samples();
      Audio.requireFinite(samples, received, Audio.SPEECH_RATE);
      for (int at = 0; at < samples.length; ) {
        int length = Math.min(samples.length - at, LONGEST_PIECE - filled);
        if (filled + length > piece.length) {
          int room = Math.min(LONGEST_PIECE, Math.max(filled + length, 2 * piece.length));
          piece = Arrays.copyOf(piece, room);
        }
        System.arraycopy(samples, at, piece, filled, length);
        filled += length;
        at += length;
        if (filled == LONGEST_PIECE) {
          encodePiece();
        }
      }
      received += samples.length;
    }

    /** Encodes what is left and returns the units of everything that was added. */
    public SpeechUnits finish() {
      encodePiece();
      return new SpeechUnits(
          hubertUnits.toArray(),
          pitch == null ? null : pitchUnits.toArray(),
          style == null ? null : styleUnits.toArray());
    }

    private void encodePiece() {
      if (filled >= SHORTEST_PIECE) {
        float[] samples = Arrays.copyOf(piece, filled);
        hubertUnits.add(hubert.encode(samples));
        if (pitch != null) {
          pitchUnits.add(pitch.encode(samples));
        }
        if (style != null) {
          styleUnits.add(style.encode(samples));
        }
      }
      filled = 0;
    }
  }

  /** Units that are appended to. */
  private static final class UnitList {
    private int[] units = new int[0];
    private int count;

    void add(int[] more) {
      if (count + more.length > units.length) {
        units = Arrays.copyOf(units, Math.max(count + more.length, 2 * units.length));
      }
      System.arraycopy(more, 0, units, count, more.length);
      count += more.length;
    }

    int[] toArray() {
      return Arrays.copyOf(units, count);
    }
  }
}
