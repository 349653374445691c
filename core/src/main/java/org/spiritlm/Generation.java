package org.spiritlm;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.spiritlm.audio.Audio;
import org.spiritlm.torch.InputException;

/**
 * An answer.
 *
 * @param prompt the token string that was continued
 * @param promptIds its ids, with the start token
 * @param reusedIds how many of these were not read, since an engine knew them already
 * @param outputIds all new ids, an end or stop among them
 * @param endReason why there are no more
 * @param segments what the ids say, text and speech in order, without the stop
 * @param timings how long it took
 */
@SuppressWarnings("ArrayRecordComponent") // owners do not change them
public record Generation(
    String prompt,
    int[] promptIds,
    int reusedIds,
    int[] outputIds,
    EndReason endReason,
    List<Segment> segments,
    Timings timings) {
  public Generation {
    segments = List.copyOf(segments);
  }

  /** All text of the answer, joined. */
  public String text() {
    return segments.stream()
        .filter(Segment.Text.class::isInstance)
        .map(segment -> ((Segment.Text) segment).text())
        .collect(Collectors.joining());
  }

  /**
   * All speech of the answer as one audio.
   *
   * @throws InputException if nothing was spoken
   */
  public Audio audio() {
    List<Audio> spoken = new ArrayList<>();
    for (Segment segment : segments) {
      if (segment instanceof Segment.Speech speech && speech.audio() != null) {
        spoken.add(speech.audio());
      }
    }
    if (spoken.isEmpty()) {
      throw new InputException(
          "the answer holds no audio; ask for speech (GenerationOptions.speech()), and for it to be"
              + " spoken");
    }
    return Sounds.joined(spoken);
  }
}
