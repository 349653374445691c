package org.spiritlm.server;

import java.time.Duration;

/**
 * What one request may ask for.
 *
 * @param bodyBytes its length
 * @param audioSeconds of all recordings in it that were not heard lately, and of speech that is
 *     asked for
 * @param newTokens of each answer
 * @param answers of one request
 * @param time until its answer is complete; then it fails
 */
public record RequestLimits(
    long bodyBytes, double audioSeconds, int newTokens, int answers, Duration time) {
  private static final RequestLimits STANDARD =
      new RequestLimits(25L << 20, 300, 4096, 8, Duration.ofMinutes(10));

  /** 25 MiB, five minutes of audio, 4096 tokens, 8 answers, ten minutes. */
  public static RequestLimits standard() {
    return STANDARD;
  }

  /** The same with another length (bytes). */
  public RequestLimits withBodyBytes(long value) {
    return new RequestLimits(value, audioSeconds, newTokens, answers, time);
  }

  /** The same with other recordings. */
  public RequestLimits withAudioSeconds(double value) {
    return new RequestLimits(bodyBytes, value, newTokens, answers, time);
  }

  /** The same with other answers. */
  public RequestLimits withNewTokens(int value) {
    return new RequestLimits(bodyBytes, audioSeconds, value, answers, time);
  }

  /** The same with another time. */
  public RequestLimits withTime(Duration value) {
    return new RequestLimits(bodyBytes, audioSeconds, newTokens, answers, value);
  }
}
