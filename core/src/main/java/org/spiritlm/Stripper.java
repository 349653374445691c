package org.spiritlm;

/**
 * Strips the blanks at both ends of an answer that comes in pieces, as Python's {@code strip} does
 * in the reference.
 */
final class Stripper {
  private final StringBuilder blanks = new StringBuilder(); // the end, unless more follows
  private boolean begun;

  /** What is certain with this piece. */
  String accept(String piece) {
    int from = 0;
    while (!begun && from < piece.length() && isBlank(piece.charAt(from))) {
      from++;
    }
    begun |= from < piece.length();
    blanks.append(piece, from, piece.length());
    int to = blanks.length();
    while (to > 0 && isBlank(blanks.charAt(to - 1))) {
      to--;
    }
    String text = blanks.substring(0, to);
    blanks.delete(0, to);
    return text;
  }

  /** The blanks that were held back, where something else follows than text. */
  String interrupt() {
    begun = true;
    String text = blanks.toString();
    blanks.setLength(0);
    return text;
  }

  private static boolean isBlank(char c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == '\u0085';
  }
}
