package org.spiritlm.training.speech;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.spiritlm.alignment.AlignedWord;

/**
 * How well units agree with phones, frame by frame (Hsu et al. 2021, section 4.3). Not thread-safe.
 */
public final class UnitPurity {
  private final Map<Integer, Map<String, Long>> byUnit = new HashMap<>();
  private final Map<String, Map<Integer, Long>> byPhone = new HashMap<>();
  private long frames;

  /**
   * Counts the frames of a recording that lie within a phone.
   *
   * @param units one a frame
   * @param firstCentre the middle of the first frame (seconds)
   * @param step from one frame to the next (seconds)
   * @param phones in order, with their times
   */
  public void add(int[] units, double firstCentre, double step, List<AlignedWord> phones) {
    int phone = 0;
    for (int i = 0; i < units.length; i++) {
      double at = firstCentre + i * step;
      while (phone < phones.size() && phones.get(phone).end() <= at) {
        phone++;
      }
      if (phone < phones.size() && phones.get(phone).start() <= at) {
        String name = phones.get(phone).word();
        byUnit.computeIfAbsent(units[i], key -> new HashMap<>()).merge(name, 1L, Long::sum);
        byPhone.computeIfAbsent(name, key -> new HashMap<>()).merge(units[i], 1L, Long::sum);
        frames++;
      }
    }
  }

  /** Frames counted. */
  public long frames() {
    return frames;
  }

  /** How often a frame's phone is the one that is most frequent in its unit, in [0, 1]. */
  public double phonePurity() {
    return purity(byUnit);
  }

  /** How often a frame's unit is the one that is most frequent in its phone, in [0, 1]. */
  public double clusterPurity() {
    return purity(byPhone);
  }

  private <K, L> double purity(Map<K, Map<L, Long>> counts) {
    long most = 0;
    for (Map<L, Long> each : counts.values()) {
      most += each.values().stream().mapToLong(Long::longValue).max().orElse(0);
    }
    return (double) most / frames;
  }

  /**
   * How much of what there is to know of a frame's phone its unit tells: mutual information by the
   * phones' entropy, in [0, 1].
   */
  public double normalizedInformation() {
    double information = 0;
    double entropy = 0;
    for (Map<Integer, Long> units : byPhone.values()) {
      double share = (double) total(units) / frames;
      entropy -= share * Math.log(share);
      for (Map.Entry<Integer, Long> entry : units.entrySet()) {
        double joint = (double) entry.getValue() / frames;
        double unit = (double) total(byUnit.getOrDefault(entry.getKey(), Map.of())) / frames;
        information += joint * Math.log(joint / (unit * share));
      }
    }
    return information / entropy;
  }

  private static long total(Map<?, Long> counts) {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }
}
