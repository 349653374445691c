package org.spiritlm.synthesis;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.spiritlm.json.Json;
import org.spiritlm.json.JsonLine;

/**
 * What a synthetic corpus holds.
 *
 * @param utterances recordings
 * @param rejected what could not be spoken, times the takes
 * @param seconds of audio
 * @param words of all transcripts
 */
public record SynthesisSummary(long utterances, long rejected, double seconds, long words) {
  /** As it is written. */
  public ObjectNode json() {
    return Json.object()
        .put("utterances", utterances)
        .put("rejected", rejected)
        .put("seconds", seconds)
        .put("words", words);
  }

  static SynthesisSummary of(JsonLine written) {
    written.only("utterances", "rejected", "seconds", "words");
    return new SynthesisSummary(
        (long) written.number("utterances"),
        (long) written.number("rejected"),
        written.number("seconds"),
        (long) written.number("words"));
  }
}
