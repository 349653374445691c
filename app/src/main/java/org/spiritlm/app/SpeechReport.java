package org.spiritlm.app;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.spiritlm.app.WavSink.Written;
import org.spiritlm.json.Json;

/** Says what audio was written. */
final class SpeechReport {
  private SpeechReport() {}

  /** For programs. */
  static ObjectNode of(Written written, int @Nullable [] durations) {
    ObjectNode object = Json.object();
    object.put("path", written.path().toString());
    object.put("seconds", written.seconds());
    object.put("samples", written.samples());
    if (durations != null) {
      object.set("durations", Json.array(durations));
    }
    return object;
  }

  /** For people. */
  static String line(String name, double seconds) {
    return String.format(Locale.ROOT, "%s (%.2f s)", name, seconds);
  }
}
