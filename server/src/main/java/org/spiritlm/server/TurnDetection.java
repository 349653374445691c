package org.spiritlm.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Set;
import org.spiritlm.json.Json;

/**
 * How the server finds out when somebody speaks, and what it does then.
 *
 * @param threshold from 0 to 1: how far speech has to stand out from the noise
 * @param paddingMillis of the audio before speech began that belong to it
 * @param silenceMillis after which somebody has finished
 * @param responds whether that is answered
 * @param interrupts whether beginning to speak ends an answer
 */
record TurnDetection(
    double threshold, int paddingMillis, int silenceMillis, boolean responds, boolean interrupts) {
  private static final int LONGEST = 10_000;

  static final TurnDetection STANDARD = new TurnDetection(0.5, 300, 500, true, true);

  /**
   * The same with what a client says.
   *
   * @throws ApiException if a value is out of its range
   */
  TurnDetection with(Fields fields) {
    fields.only(
        Set.of(
            "type",
            "threshold",
            "prefix_padding_ms",
            "silence_duration_ms",
            "create_response",
            "interrupt_response"));
    if (!fields.text("type", "server_vad").equals("server_vad")) {
      throw fields.wrong("type", "\"server_vad\"");
    }
    Double level = fields.number("threshold", 0, 1);
    Integer padding = fields.whole("prefix_padding_ms", 0, LONGEST);
    Integer silence = fields.whole("silence_duration_ms", 20, LONGEST);
    return new TurnDetection(
        level == null ? threshold : level,
        padding == null ? paddingMillis : padding,
        silence == null ? silenceMillis : silence,
        fields.has("create_response") ? fields.flag("create_response") : responds,
        fields.has("interrupt_response") ? fields.flag("interrupt_response") : interrupts);
  }

  ObjectNode describe() {
    return Json.object()
        .put("type", "server_vad")
        .put("threshold", threshold)
        .put("prefix_padding_ms", paddingMillis)
        .put("silence_duration_ms", silenceMillis)
        .put("create_response", responds)
        .put("interrupt_response", interrupts);
  }
}
