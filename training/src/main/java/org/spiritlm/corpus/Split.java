package org.spiritlm.corpus;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Locale;

/** The parts of a corpus: what is learnt from, what validates, and what nothing sees before. */
public final class Split {
  /** What is learnt from. */
  public static final String TRAIN = "train";

  /** What recognisers and language models learn from as well, but no other part of a model. */
  public static final String EXTRA = "extra";

  /** What validates while something is learnt. */
  public static final String DEV = "dev";

  /** What no part of a model sees. */
  public static final String TEST = "test";

  /** One sentence in so many is {@link #DEV}, and one {@link #TEST}. */
  private static final int STEPS = 20;

  private Split() {}

  /**
   * The part in which a sentence is: it depends on the sentence's letters alone, so that one that
   * comes again, or is spoken again, is in the same part.
   */
  public static String of(String text) {
    String letters = text.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N}]+", " ").strip();
    byte[] hash = sha256().digest(letters.getBytes(StandardCharsets.UTF_8));
    int number = ((hash[0] & 0xff) << 8) | (hash[1] & 0xff);
    int step = (number * STEPS) >> 16;
    return switch (step) {
      case 0 -> DEV;
      case 1 -> TEST;
      default -> TRAIN;
    };
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JVM has it
    }
  }
}
