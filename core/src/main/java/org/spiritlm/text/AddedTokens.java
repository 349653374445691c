package org.spiritlm.text;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.spiritlm.text.TokenizerConfig.AddedToken;

/** Finds tokens written out in a text: the first one, and of those that begin there the longest. */
final class AddedTokens {
  private final Map<String, AddedToken> tokens;

  /** Lengths of the tokens that begin with a character, longest first. */
  private final Map<Character, List<Integer>> lengths = new HashMap<>();

  /**
   * @param id the token's id, or -1 for text
   */
  record Part(String text, int id) {}

  AddedTokens(Map<String, AddedToken> tokens) {
    this.tokens = Map.copyOf(tokens);
    for (String token : tokens.keySet()) {
      List<Integer> known = lengths.computeIfAbsent(token.charAt(0), c -> new ArrayList<>());
      if (!known.contains(token.length())) {
        known.add(token.length());
        known.sort((a, b) -> b - a);
      }
    }
  }

  /** The text cut into tokens and what lies between, without empty parts. */
  List<Part> split(String text) {
    List<Part> parts = new ArrayList<>();
    int begin = 0;
    int at = 0;
    boolean stripLeft = false;
    while (at < text.length()) {
      String token = tokenAt(text, at);
      if (token == null) {
        at++;
        continue;
      }
      AddedToken properties = tokens.get(token);
      add(parts, text.substring(begin, at), stripLeft, properties.stripLeft());
      parts.add(new Part(token, properties.id()));
      at += token.length();
      begin = at;
      stripLeft = properties.stripRight();
    }
    add(parts, text.substring(begin), stripLeft, false);
    return parts;
  }

  private static void add(List<Part> parts, String text, boolean stripLeft, boolean stripRight) {
    String left = stripLeft ? text.stripLeading() : text;
    String part = stripRight ? left.stripTrailing() : left;
    if (!part.isEmpty()) {
      parts.add(new Part(part, -1));
    }
  }

  private @Nullable String tokenAt(String text, int at) {
    for (int length : lengths.getOrDefault(text.charAt(at), List.of())) {
      if (at + length <= text.length()) {
        String candidate = text.substring(at, at + length);
        if (tokens.containsKey(candidate)) {
          return candidate;
        }
      }
    }
    return null;
  }
}
