package org.spiritlm.text;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Learns from words which neighbouring pieces are merged (byte-pair encoding, Sennrich et al.
 * 2016): the most frequent pair of neighbours becomes a piece, again and again. Among pairs that
 * are as frequent as each other the first in the order of their code units is taken, so that the
 * same words always give the same pieces.
 */
final class BytePairs {
  private final List<Word> words = new ArrayList<>();
  private final Map<Pair, Long> counts = new HashMap<>();
  private final Map<Pair, Set<Integer>> places = new HashMap<>(); // words that have had the pair
  private final PriorityQueue<Candidate> candidates = new PriorityQueue<>(Candidate.FIRST);

  /** Two pieces that stand beside each other. */
  record Pair(String left, String right) {
    String joined() {
      return left + right;
    }
  }

  /** A word as it is divided so far. */
  private record Word(List<String> pieces, long count) {}

  /** A pair with its count at some time. */
  private record Candidate(Pair pair, long count) {
    static final Comparator<Candidate> FIRST =
        Comparator.comparingLong(Candidate::count)
            .reversed()
            .thenComparing(candidate -> candidate.pair().left())
            .thenComparing(candidate -> candidate.pair().right());
  }

  private BytePairs(Map<String, Long> counted) {
    new TreeMap<>(counted)
        .forEach(
            (word, count) -> {
              List<String> letters = word.codePoints().mapToObj(Character::toString).toList();
              words.add(new Word(new ArrayList<>(letters), count));
            });
    for (int i = 0; i < words.size(); i++) {
      Set<Pair> changed = new HashSet<>();
      count(i, 1, changed);
      changed.forEach(this::offer);
    }
  }

  /**
   * The pieces that come of merging, in the order in which they are found.
   *
   * @param counted how often each word is there
   * @param most pieces at most; there are fewer where nothing is left to merge
   */
  static List<String> learn(Map<String, Long> counted, int most) {
    BytePairs pairs = new BytePairs(counted);
    Set<String> found = new HashSet<>();
    List<String> pieces = new ArrayList<>();
    while (pieces.size() < most) {
      Pair best = pairs.best();
      if (best == null) {
        break;
      }
      pairs.merge(best);
      if (found.add(best.joined())) { // the same piece may come of two pairs
        pieces.add(best.joined());
      }
    }
    return pieces;
  }

  /** Counts the pairs of a word, or takes them out. */
  private void count(int place, int sign, Set<Pair> changed) {
    Word word = words.get(place);
    for (int i = 0; i + 1 < word.pieces().size(); i++) {
      Pair pair = new Pair(word.pieces().get(i), word.pieces().get(i + 1));
      counts.merge(pair, sign * word.count(), Long::sum);
      places.computeIfAbsent(pair, key -> new HashSet<>()).add(place);
      changed.add(pair);
    }
  }

  private void offer(Pair pair) {
    long count = counts.getOrDefault(pair, 0L);
    if (count > 0) {
      candidates.add(new Candidate(pair, count));
    } else {
      counts.remove(pair);
      places.remove(pair);
    }
  }

  /** The most frequent pair; candidates whose count has changed since are passed over. */
  private @Nullable Pair best() {
    while (!candidates.isEmpty()) {
      Candidate first = candidates.remove();
      if (counts.getOrDefault(first.pair(), 0L) == first.count()) {
        return first.pair();
      }
    }
    return null;
  }

  private void merge(Pair pair) {
    Set<Pair> changed = new HashSet<>();
    for (int place : places.getOrDefault(pair, Set.of()).stream().sorted().toList()) {
      count(place, -1, changed);
      List<String> pieces = words.get(place).pieces();
      for (int i = 0; i + 1 < pieces.size(); i++) {
        if (pieces.get(i).equals(pair.left()) && pieces.get(i + 1).equals(pair.right())) {
          pieces.set(i, pair.joined());
          pieces.remove(i + 1);
        }
      }
      count(place, 1, changed);
    }
    changed.forEach(this::offer);
  }
}
