package org.spiritlm.server;

import java.security.SecureRandom;
import java.util.HexFormat;

/** Names that nobody can guess. */
final class Ids {
  private static final SecureRandom RANDOM = new SecureRandom();

  private Ids() {}

  /** A new one, such as {@code chatcmpl-4f…}. */
  static String next(String prefix) {
    byte[] bytes = new byte[12];
    RANDOM.nextBytes(bytes);
    return prefix + HexFormat.of().formatHex(bytes);
  }

  /** A seed for a request that gives none; a number that JSON holds exactly. */
  static long seed() {
    return RANDOM.nextLong() >>> 12;
  }
}
