package org.spiritlm.synthesis;

import java.util.ArrayList;
import java.util.List;
import org.spiritlm.torch.InputException;

/**
 * A way of speaking, by what can be heard of it.
 *
 * @param name what manifests call it
 * @param semitones by how much the pitch is higher than usual
 * @param range by how much it moves more than usual, as a factor
 * @param tempo by how much it is faster than usual, as a factor
 * @param vowels by how much vowels are longer besides, as a factor
 * @param pauses by how much pauses are longer besides, as a factor
 * @param gap a pause between words (seconds)
 * @param gain by how much it is louder than usual (dB)
 * @param breath the share of the glottal pulses' energy that is noise instead, 0 to 1
 * @param tilt the zero of the filter after the vocal tract: above 0 brighter, below 0 duller
 */
public record SpeakingStyle(
    String name,
    double semitones,
    double range,
    double tempo,
    double vowels,
    double pauses,
    double gap,
    double gain,
    double breath,
    double tilt) {
  /** All styles, in the order in which they are told. */
  public static final List<SpeakingStyle> ALL =
      List.of(
          new SpeakingStyle("neutral", 0, 1, 1, 1, 1, 0, 0, 0.02, 0),
          new SpeakingStyle("happy", 3, 1.7, 1.08, 1.05, 0.9, 0, 2, 0.02, 0.2),
          new SpeakingStyle("sad", -1.5, 0.55, 0.84, 1.08, 1.4, 0, -4, 0.15, -0.25),
          new SpeakingStyle("angry", 1.5, 1.5, 1.14, 0.95, 0.7, 0, 6, 0, 0.45),
          new SpeakingStyle("whisper", 0, 1, 0.92, 1, 1.1, 0, -9, 1, 0.3),
          new SpeakingStyle("sleepy", -3, 0.45, 0.72, 1.15, 1.8, 0, -5, 0.3, -0.35),
          new SpeakingStyle("enunciated", 0.5, 1.25, 0.82, 1.1, 1.2, 0.06, 1, 0, 0.1),
          new SpeakingStyle("fast", 0.7, 1.05, 1.6, 0.92, 0.5, 0, 0, 0.02, 0));

  /** Whether there are no glottal pulses at all. */
  public boolean isWhispered() {
    return breath >= 1;
  }

  /** The names of {@link #ALL}. */
  public static List<String> names() {
    return ALL.stream().map(SpeakingStyle::name).toList();
  }

  /**
   * The styles of these names.
   *
   * @throws InputException if there is none of such a name, one comes twice, or none is named
   */
  public static List<SpeakingStyle> of(List<String> names) {
    List<SpeakingStyle> styles = new ArrayList<>();
    for (String name : names) {
      SpeakingStyle style =
          ALL.stream()
              .filter(each -> each.name().equals(name))
              .findFirst()
              .orElseThrow(
                  () ->
                      new InputException(
                          "unknown style '" + name + "'; known are " + String.join(", ", names())));
      if (styles.contains(style)) {
        throw new InputException("the style '" + name + "' is named twice");
      }
      styles.add(style);
    }
    if (styles.isEmpty()) {
      throw new InputException("no style is named; known are " + String.join(", ", names()));
    }
    return styles;
  }
}
