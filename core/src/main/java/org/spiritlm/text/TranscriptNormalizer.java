package org.spiritlm.text;

import java.text.Normalizer;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Leaves out of a transcript what is not said: case, punctuation, runs of blanks; apostrophes
 * inside words stay.
 *
 * <p>Letters and digits of every script stay as they are; numbers are not written out.
 */
public final class TranscriptNormalizer {
  private static final Pattern CURLY = Pattern.compile("[\u2018\u2019\u02BC]");
  private static final Pattern UNSAID = Pattern.compile("[^\\p{L}\\p{M}\\p{N}' ]+");
  private static final Pattern OUTER = Pattern.compile("(?<![\\p{L}\\p{N}])'|'(?![\\p{L}\\p{N}])");
  private static final Pattern BLANKS = Pattern.compile(" +");

  private TranscriptNormalizer() {}

  /** The words alone, in lower case, with one blank between them. */
  public static String normalize(String transcript) {
    String text = Normalizer.normalize(transcript, Normalizer.Form.NFC).toLowerCase(Locale.ROOT);
    text = CURLY.matcher(text).replaceAll("'");
    text = UNSAID.matcher(text).replaceAll(" ");
    text = OUTER.matcher(text).replaceAll(" ");
    return BLANKS.matcher(text).replaceAll(" ").strip();
  }
}
