package org.spiritlm.alignment;

/**
 * How likely each label is in each frame.
 *
 * @param values natural logarithms of probabilities, [T, V]
 * @param frames T
 * @param labels V
 */
@SuppressWarnings("ArrayRecordComponent") // megabytes are not copied
public record Emissions(float[] values, int frames, int labels) {
  public Emissions {
    if ((long) frames * labels != values.length) {
      throw new IllegalArgumentException(
          frames + " frames of " + labels + " labels are not " + values.length + " values");
    }
  }

  /** The log-probability of a label in a frame. */
  public float at(int frame, int label) {
    return values[frame * labels + label];
  }
}
