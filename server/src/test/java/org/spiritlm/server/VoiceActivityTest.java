package org.spiritlm.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Who speaks when, in noise. */
class VoiceActivityTest {
  private static final int RATE = 24_000;

  /** What was told, in milliseconds, and the audio of each turn. */
  private static final class Heard implements InputAudio.Turns {
    final List<Long> times = new ArrayList<>();
    final List<float[]> turns = new ArrayList<>();
    final InputAudio input = new InputAudio(60, this);

    Heard() {
      input.detect(TurnDetection.STANDARD);
    }

    @Override
    public void started(long millis) {
      times.add(millis);
    }

    @Override
    public void stopped(long millis) {
      times.add(millis);
      turns.add(input.take().samples());
    }

    Heard hear(short[] samples, int piece) {
      for (int at = 0; at < samples.length; at += piece) {
        short[] next = Arrays.copyOfRange(samples, at, Math.min(samples.length, at + piece));
        ByteBuffer bytes = ByteBuffer.allocate(2 * next.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asShortBuffer().put(next);
        input.append(bytes.array());
      }
      return this;
    }
  }

  /** Noise with a louder tone of a second at 1, 4, 7, … seconds. */
  private static short[] tones(int noiseDecibels, int count, long seed) {
    Random random = new Random(seed);
    double noise = Math.pow(10, noiseDecibels / 20.0);
    double tone = noise * Math.pow(10, 27 / 20.0) * Math.sqrt(2);
    short[] samples = new short[3 * count * RATE];
    for (int i = 0; i < samples.length; i++) {
      double value = noise * random.nextGaussian();
      if (i / RATE % 3 == 1) {
        value += tone * Math.sin(2 * Math.PI * 300 * i / RATE);
      }
      samples[i] = (short) Math.max(-32768, Math.min(32767, Math.round(value * 32768)));
    }
    return samples;
  }

  @Property(tries = 20)
  void eachTurnIsFoundWhereItIs(
      @ForAll @IntRange(min = -62, max = -35) int noise,
      @ForAll @IntRange(min = 1, max = 3) int count,
      @ForAll long seed) {
    Heard heard = new Heard().hear(tones(noise, count, seed), 4800);
    assertThat(heard.times).hasSize(2 * count);
    for (int i = 0; i < count; i++) { // 300 ms before it, and 500 ms of silence after it
      assertThat(heard.times.get(2 * i)).isCloseTo(3000L * i + 700, within(40L));
      assertThat(heard.times.get(2 * i + 1)).isCloseTo(3000L * i + 2500, within(40L));
      assertThat(heard.turns.get(i).length).isCloseTo(RATE * 18 / 10, within(RATE / 12));
    }
  }

  @Property(tries = 20)
  void piecesDoNotMatter(@ForAll @IntRange(min = 1, max = 20_000) int piece, @ForAll long seed) {
    short[] samples = tones(-50, 2, seed);
    Heard whole = new Heard().hear(samples, samples.length);
    Heard pieces = new Heard().hear(samples, piece);
    assertThat(pieces.times).isEqualTo(whole.times).hasSize(4);
  }

  /** A noise that sets in is taken for speech for some seconds at most. */
  @Test
  void steadyNoiseIsNoSpeech() {
    short[] samples = tones(-35, 10, 7);
    for (int i = 0; i < samples.length; i++) {
      double time = (double) i / RATE;
      samples[i] = (short) (time < 1 ? 0 : 800 * Math.sin(2 * Math.PI * 500 * time));
    }
    Heard heard = new Heard().hear(samples, 4800);
    assertThat(heard.times).hasSize(2);
    assertThat(heard.times.get(1)).isLessThan(20_000);
  }

  @Test
  void silenceIsNotHeld() {
    Heard heard = new Heard();
    for (int i = 0; i < 100; i++) {
      heard.hear(new short[10 * RATE], 10 * RATE);
    }
    assertThat(heard.times).isEmpty();
    assertThat(heard.input.take().seconds()).isLessThan(0.5);
  }

  /** Who never stops is answered when no more is held. */
  @Test
  void longTurnsAreCut() {
    Heard heard = new Heard();
    Random random = new Random(3);
    short[] samples = new short[150 * RATE];
    for (int i = 0; i < samples.length; i++) { // with dips, as speech has
      double loud = i / (RATE / 10) % 5 == 0 ? 20 : 6000;
      samples[i] = (short) (loud * (2 * random.nextDouble() - 1));
    }
    heard.hear(samples, 4800);
    assertThat(heard.turns).hasSize(2);
    heard.turns.forEach(turn -> assertThat(turn.length).isCloseTo(60 * RATE, within(RATE)));
  }
}
