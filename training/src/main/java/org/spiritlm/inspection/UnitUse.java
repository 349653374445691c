package org.spiritlm.inspection;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.spiritlm.json.Json;

/** How often each unit of a stream comes, before and after equal neighbours are merged. */
public final class UnitUse {
  /** Larger numbers belong to no codebook. */
  private static final int MOST_UNITS = 1 << 20;

  private long units;
  private long tokens;
  private long[] counts; // of tokens
  private boolean odd; // whether there were numbers that belong to no codebook

  /**
   * None so far.
   *
   * @param codebook how many units there are; more are known when they come
   */
  public UnitUse(int codebook) {
    this.counts = new long[codebook];
  }

  /** Adds the units of an utterance. */
  public void add(int[] stream, boolean merged) {
    for (int i = 0; i < stream.length; i++) {
      units++;
      if (merged && i > 0 && stream[i] == stream[i - 1]) {
        continue;
      }
      tokens++;
      int unit = stream[i];
      if (unit < 0 || unit >= MOST_UNITS) {
        odd = true;
        continue;
      }
      if (unit >= counts.length) {
        counts = Arrays.copyOf(counts, unit + 1);
      }
      counts[unit]++;
    }
  }

  /** How many units there were. */
  public long units() {
    return units;
  }

  /** How many were left when equal neighbours were merged. */
  public long tokens() {
    return tokens;
  }

  /** Bits that a unit takes if all are as likely, as the paper counts them. */
  public double bits() {
    return Math.log(counts.length) / Math.log(2);
  }

  /** How many different ones there were. */
  public long used() {
    return LongStream.of(counts).filter(count -> count > 0).count();
  }

  /** How many there are to choose from. */
  public int codebook() {
    return counts.length;
  }

  /** Bits that a token takes at least if each is drawn by itself. */
  double entropy() {
    double all = LongStream.of(counts).sum();
    double bits = 0;
    for (long count : counts) {
      if (count > 0) {
        bits -= count / all * Math.log(count / all) / Math.log(2);
      }
    }
    return bits;
  }

  ObjectNode json() {
    ObjectNode object = Json.object();
    object.put("units", units);
    object.put("tokens", tokens);
    object.put("merged_share", units == 0 ? 0 : Figures.rounded(1 - (double) tokens / units));
    object.put("used", used());
    object.put("codebook", counts.length);
    object.put("entropy_bits", Figures.rounded(entropy()));
    if (odd) {
      object.put("outside_any_codebook", true);
    }
    return object;
  }

  BarChart chart(String name, String title) {
    return new BarChart(name, title, "unit", 1, counts.clone());
  }
}
