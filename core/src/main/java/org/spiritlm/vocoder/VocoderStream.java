package org.spiritlm.vocoder;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.spiritlm.audio.Audio;
import org.spiritlm.torch.InputException;
import org.spiritlm.units.SpeechUnits;

/**
 * One utterance, spoken while its units arrive: all audio together is that of {@link
 * Vocoder#synthesize} for all units together, however they were cut.
 *
 * <p>A sample comes as soon as no later unit can change it. That takes the generator's receptive
 * field ({@link Vocoder#lookAhead}: 20 frames, 0.8 s, for a generator of the released shape), and
 * where durations are predicted two units more. After the first sample, audio comes in steps of a
 * few frames, since a step costs time however short it is.
 *
 * <p>Where fewer frames are to be waited for ({@link VoiceOptions#lookAhead}), samples are made as
 * if the last frame went on, and are what they would be only as far as those frames tell. Each such
 * step computes what lies beyond once more, up to four times the work; the length is that of the
 * whole.
 *
 * <p>Close it, also after {@link #finish}. Not for use by several threads.
 */
public final class VocoderStream implements AutoCloseable {
  /** Frames of the shortest step: 160 ms at 25 Hz. */
  private static final int STEP = 4;

  /** Frames of the longest step. All are powers of two, so that there are few lengths. */
  private static final int LONGEST_STEP = 64;

  private final Vocoder vocoder;
  private final Vocoder.Voice voice;
  private final FrameSource source;
  private final GeneratorState state;
  private final int lookAhead;
  private Frames waiting;
  private Frames latest;
  private int since; // frames that came after samples were foreseen
  private int ahead; // samples given out that are not final yet
  private boolean foreseen;
  private boolean spoken;
  private boolean started;
  private boolean finished;

  /**
   * @param lookAhead frames to wait for, at most the vocoder's
   */
  VocoderStream(
      Vocoder vocoder,
      Vocoder.Voice voice,
      FrameSource source,
      GeneratorState state,
      int lookAhead) {
    this.vocoder = vocoder;
    this.voice = voice;
    this.source = source;
    this.state = state;
    this.lookAhead = lookAhead;
    this.waiting = Frames.none(vocoder.config());
    this.latest = waiting;
  }

  /**
   * Takes the next units, any number of them, and gives the samples that are final with them, often
   * none.
   *
   * <p>Where durations are predicted, pitch and style (EXPRESSIVE) must have one entry a unit;
   * otherwise each stream goes on at its own rate. Pitch and style may be null where there are none
   * among these units.
   *
   * @throws InputException if a number is unknown, or the streams do not go together; nothing is
   *     taken then, and the stream goes on
   * @throws IllegalStateException after the end
   */
  public Audio accept(SpeechUnits more) {
    requireOpen();
    Streams streams = Streams.of(more, vocoder.config());
    take(source.add(streams));
    spoken |= streams.hubert().length > 0;
    return vocoder.audio(ready());
  }

  /**
   * Ends the utterance and gives the samples that are left.
   *
   * @throws InputException if there were no units, or too little pitch or style for them
   * @throws IllegalStateException after the end
   */
  public Audio finish() {
    requireOpen();
    if (!spoken) {
      throw Streams.noUnits();
    }
    take(source.finish());
    finished = true;
    List<float[]> pieces = ready();
    pieces.add(unheard(vocoder.last(waiting, voice, state)));
    close();
    return vocoder.audio(pieces);
  }

  private void requireOpen() {
    if (finished) {
      throw new IllegalStateException("the utterance has ended");
    }
  }

  private void take(Frames frames) {
    int count = frames.count();
    waiting = waiting.plus(frames);
    latest = count == 0 ? latest : frames.range(count - 1, count);
    since += count;
  }

  private List<float[]> ready() {
    List<float[]> pieces = new ArrayList<>();
    if (!started && waiting.count() >= vocoder.lookAhead()) {
      started = true;
      pieces.add(step(vocoder.lookAhead()));
    }
    while (started && waiting.count() >= STEP) {
      pieces.add(step(Math.min(LONGEST_STEP, Integer.highestOneBit(waiting.count()))));
    }
    int beyond = vocoder.lookAhead() - lookAhead;
    if (!finished && beyond > 0 && since >= (foreseen ? STEP : lookAhead)) {
      pieces.add(foreseen(beyond));
    }
    return pieces;
  }

  /** The samples that would be final if the latest frame went on for some more. */
  private float[] foreseen(int beyond) {
    foreseen = true;
    since = 0;
    Frames frames = waiting.plus(latest.repeated(new int[] {beyond}));
    try (GeneratorState copy = state.copy()) {
      float[] samples = vocoder.next(frames, voice, copy);
      float[] more = Arrays.copyOfRange(samples, ahead, samples.length);
      ahead = samples.length;
      return more;
    }
  }

  /** Of samples that are final now, those that were not given out before. */
  private float[] unheard(float[] samples) {
    int given = Math.min(ahead, samples.length);
    ahead -= given;
    return Arrays.copyOfRange(samples, given, samples.length);
  }

  private float[] step(int frames) {
    float[] samples = vocoder.next(waiting.range(0, frames), voice, state);
    waiting = waiting.range(frames, waiting.count());
    return unheard(samples);
  }

  @Override
  public void close() {
    finished = true;
    state.close();
  }
}
