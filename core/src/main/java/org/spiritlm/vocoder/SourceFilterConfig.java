package org.spiritlm.vocoder;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.units.pitch.PitchContour;

/**
 * Sizes of a generator's source and filter (see {@link SpectralFilter}), in place of its last
 * stages.
 *
 * @param hop samples of a step of the filter; an even number
 * @param bands frequencies for which each of its two magnitudes is given
 */
public record SourceFilterConfig(int hop, int bands) {
  /** The section of a vocoder's {@code config.json}. */
  static final String KEY = "source_filter";

  /** Beside the two magnitudes of each band: the pitch, and whether there is a voice. */
  private static final int CONTOUR = 2;

  /** The frequency (Hz) whose logarithm counts as 0. */
  private static final double USUAL = 150;

  /** Frequencies so far from it are taken for no farther ones. */
  private static final double OCTAVES = 3;

  /** Samples of the longest step: half a second. */
  private static final int LONGEST = 8000;

  private static final int MOST = 4096; // bands

  /** Hops of a windowed piece of the source. */
  private static final int WINDOW_HOPS = 2;

  /** Hops of a filtered piece, which rings on behind its window. */
  public static final int RESPONSE_HOPS = 6;

  /** What the network gives for each step. */
  public int channels() {
    return 2 * bands + CONTOUR;
  }

  /** Samples of a windowed piece of the source. */
  public int window() {
    return WINDOW_HOPS * hop;
  }

  /** Samples of a filtered piece. */
  int response() {
    return RESPONSE_HOPS * hop;
  }

  /** What the network gives for a frequency: its logarithm, over a usual one. */
  public static double pitch(double hertz) {
    return Math.log(hertz / USUAL);
  }

  /**
   * The pitch that the network gives for steps.
   *
   * @param rows what it gives, [T, {@link #channels}] in row-major order
   */
  public PitchContour contour(float[] rows) {
    int count = rows.length / channels();
    float[] hertz = new float[count];
    boolean[] voiced = new boolean[count];
    for (int step = 0; step < count; step++) {
      int at = step * channels() + 2 * bands;
      double pitch = Math.max(-OCTAVES, Math.min(OCTAVES, rows[at] / Math.log(2)));
      hertz[step] = (float) (USUAL * Math.pow(2, pitch));
      voiced[step] = rows[at + 1] > 0;
    }
    return new PitchContour(hertz, voiced);
  }

  /**
   * Reads the section.
   *
   * @throws CheckpointException if it is wrong
   */
  static SourceFilterConfig read(ConfigFile file) {
    ConfigFile below = file.below(KEY);
    int hop = below.positive("hop");
    if (hop % 2 != 0 || hop > LONGEST) {
      throw below.wrong("hop", "an even number of samples, at most " + LONGEST);
    }
    int bands = below.positive("bands");
    if (bands < 2 || bands > MOST) {
      throw below.wrong("bands", "at least 2, at most " + MOST);
    }
    return new SourceFilterConfig(hop, bands);
  }

  void write(ObjectNode json) {
    json.putObject(KEY).put("hop", hop).put("bands", bands);
  }
}
