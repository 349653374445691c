package org.spiritlm;

import java.util.List;

/**
 * Ends a text before the first stop string in it, however the text is cut into pieces: the one that
 * is complete first, and of several that are complete with the same character the longest.
 */
final class StopStrings {
  private final List<String> stops;
  private final StringBuilder held = new StringBuilder(); // may be the start of a stop string
  private boolean found;

  StopStrings(List<String> stops) {
    this.stops = stops;
  }

  /** What is certain to stand before any stop string, with this piece. */
  String accept(String piece) {
    if (found) {
      return "";
    }
    if (stops.isEmpty()) {
      return piece;
    }
    for (int i = 0; i < piece.length(); i++) {
      held.append(piece.charAt(i));
      int stop = longestAtEnd();
      if (stop > 0) {
        found = true;
        return release(held.length() - stop);
      }
    }
    return release(held.length() - longestBegun());
  }

  /** What was held back, where no more text follows. */
  String finish() {
    return found ? "" : release(held.length());
  }

  /** Whether a stop string came. */
  boolean found() {
    return found;
  }

  private String release(int length) {
    String text = held.substring(0, length);
    held.delete(0, length);
    return text;
  }

  /** The length of the longest stop string that the text ends with, or 0. */
  private int longestAtEnd() {
    int longest = 0;
    for (String stop : stops) {
      if (stop.length() > longest && endsWith(stop, stop.length())) {
        longest = stop.length();
      }
    }
    return longest;
  }

  /** The length of the longest end of the text that begins a stop string, or 0. */
  private int longestBegun() {
    int longest = 0;
    for (String stop : stops) {
      int length = Math.min(stop.length() - 1, held.length());
      while (length > longest && !endsWith(stop, length)) {
        length--;
      }
      longest = Math.max(longest, length);
    }
    return longest;
  }

  /** Whether the text ends with so many first characters of a stop string. */
  private boolean endsWith(String stop, int length) {
    int start = held.length() - length;
    for (int i = 0; i < length; i++) {
      if (start < 0 || held.charAt(start + i) != stop.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}
