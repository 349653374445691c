package org.spiritlm.server;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.spiritlm.audio.Audio;
import org.spiritlm.server.VoiceActivity.Change;

/**
 * What a client has sent of its voice and is not yet part of the conversation: one channel of
 * {@value SpokenAnswer#PCM_RATE} Hz. Where turns are detected, silence before them is dropped.
 */
final class InputAudio {
  private static final int RATE = SpokenAnswer.PCM_RATE;

  private final int most;
  private final Turns turns;
  private short[] samples = new short[RATE];
  private int held;
  private long dropped; // since the session began
  private int judged; // of those held
  private @Nullable TurnDetection detection;
  private @Nullable VoiceActivity activity;

  /** Hears when somebody speaks. */
  interface Turns {
    /** Somebody has begun to speak, so many milliseconds after the session's beginning. */
    void started(long millis);

    /** Somebody has finished; what they said is held. */
    void stopped(long millis);
  }

  /**
   * @param seconds that are held at most
   */
  InputAudio(double seconds, Turns turns) {
    this.most = (int) Math.min(1 << 29, seconds * RATE);
    this.turns = turns;
  }

  /** Looks for turns in this way from now on, or no longer where it is null. */
  void detect(@Nullable TurnDetection value) {
    if (!Objects.equals(detection, value)) {
      detection = value;
      activity = value == null ? null : new VoiceActivity(value);
      judged = held;
    }
  }

  /**
   * Takes what comes next.
   *
   * @param pcm 16-bit samples, the lower byte first
   * @throws ApiException if that is no whole number of samples, or more than is held
   */
  void append(byte[] pcm) {
    if (pcm.length % 2 != 0) {
      throw ApiException.wrong(
          400, "invalid_audio", "audio", "'audio' has half a sample; each has two bytes");
    }
    short[] next = new short[pcm.length / 2];
    ByteBuffer.wrap(pcm).order(ByteOrder.LITTLE_ENDIAN).asShortBuffer().get(next);
    if (activity == null) {
      if (held + (long) next.length > most) {
        throw ApiException.wrong(
            400,
            "input_audio_buffer_full",
            "audio",
            "more than " + most / RATE + " s of audio are not held; commit or clear it");
      }
      hold(next, 0, next.length);
      return;
    }
    for (int at = 0; at < next.length; ) {
      int count = Math.min(VoiceActivity.FRAME - (held - judged), next.length - at);
      hold(next, at, count);
      at += count;
      judge();
    }
  }

  private void hold(short[] next, int from, int count) {
    if (held + count > samples.length) {
      samples = Arrays.copyOf(samples, Math.max(held + count, 2 * samples.length));
    }
    System.arraycopy(next, from, samples, held, count);
    held += count;
  }

  private void judge() {
    while (activity != null && detection != null && held - judged >= VoiceActivity.FRAME) {
      boolean spoke = activity.isSpeaking();
      Change change = activity.add(samples, judged);
      judged += VoiceActivity.FRAME;
      if (!spoke) { // of the silence only what would belong to speech
        int before = VoiceActivity.ONSET * VoiceActivity.FRAME;
        int padding = (int) ((long) detection.paddingMillis() * RATE / 1000);
        drop(judged - before - padding);
      }
      if (change == Change.STARTED) {
        turns.started(millis(0));
      } else if (change == Change.STOPPED || (spoke && held >= most)) {
        activity.restart();
        turns.stopped(millis(judged));
      }
    }
  }

  private void drop(int count) {
    if (count > 0) {
      held -= count;
      judged -= count;
      dropped += count;
      System.arraycopy(samples, count, samples, 0, held);
    }
  }

  private long millis(int at) {
    return (dropped + at) * 1000 / RATE;
  }

  /** All that is held, which no longer is. */
  Audio take() {
    float[] audio = new float[held];
    for (int i = 0; i < held; i++) {
      audio[i] = samples[i] / 32768f;
    }
    clear();
    return new Audio(audio, RATE);
  }

  /** Forgets all that is held. */
  void clear() {
    dropped += held;
    held = 0;
    judged = 0;
    samples = new short[RATE];
    if (activity != null) {
      activity.restart();
    }
  }
}
