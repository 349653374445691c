package org.spiritlm.synthesis;

/**
 * A sound of speech and when it is said.
 *
 * @param name as the CMU pronouncing dictionary spells it in FreeTTS, such as {@code aa}; {@link
 *     #SILENCE} for a pause
 * @param word the number of its word in the text, counted from 0, or {@link #NO_WORD} for a pause
 * @param start its first sample
 * @param end the sample after its last
 */
public record Phone(String name, int word, int start, int end) {
  /** The name of a pause. */
  public static final String SILENCE = "pau";

  /** The word of a pause. */
  public static final int NO_WORD = -1;

  private static final String VOWEL_LETTERS = "aeiou";

  static boolean isVowel(String name) {
    return VOWEL_LETTERS.indexOf(name.charAt(0)) >= 0;
  }
}
