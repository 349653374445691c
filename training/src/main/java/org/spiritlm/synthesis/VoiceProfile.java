package org.spiritlm.synthesis;

import java.util.List;
import org.spiritlm.torch.InputException;

/**
 * A voice: FreeTTS's only voice of this quality, made another speaker's by its pitch and by the
 * length of its vocal tract.
 *
 * @param name what manifests call the speaker
 * @param pitch its usual pitch (Hz)
 * @param formants by how much its formants are higher than the recorded speaker's, as a factor
 */
public record VoiceProfile(String name, double pitch, double formants) {
  /** All voices, in the order in which they are taken: low and high ones in turns. */
  public static final List<VoiceProfile> ALL =
      List.of(
          new VoiceProfile("kevin", 105, 1.00),
          new VoiceProfile("clara", 205, 1.17),
          new VoiceProfile("bruno", 84, 0.91),
          new VoiceProfile("alma", 178, 1.12),
          new VoiceProfile("tom", 128, 1.04),
          new VoiceProfile("pia", 240, 1.24),
          new VoiceProfile("victor", 95, 0.95),
          new VoiceProfile("ruth", 160, 1.08));

  /**
   * The first so many of {@link #ALL}.
   *
   * @throws InputException if there are not as many, or none are wanted
   */
  public static List<VoiceProfile> first(int count) {
    if (count < 1 || count > ALL.size()) {
      throw new InputException(
          "the number of voices is " + count + ", expected 1 to " + ALL.size());
    }
    return ALL.subList(0, count);
  }
}
