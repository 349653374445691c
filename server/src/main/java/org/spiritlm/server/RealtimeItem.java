package org.spiritlm.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.spiritlm.Segment;
import org.spiritlm.json.Json;

/**
 * What one said at a time in a spoken conversation.
 *
 * @param status {@code in_progress} while it is being said, then {@code completed} or {@code
 *     incomplete}
 */
record RealtimeItem(String id, String role, String status, List<Segment> said) {
  RealtimeItem {
    said = List.copyOf(said);
  }

  /** What a client said. */
  static RealtimeItem of(String id, String role, List<? extends Segment> said) {
    return new RealtimeItem(id, role, "completed", List.copyOf(said));
  }

  /** The same with what has been said of it; recordings without their samples. */
  RealtimeItem saying(String newStatus, List<Segment> segments) {
    List<Segment> lean = new ArrayList<>();
    for (Segment segment : segments) {
      boolean spoken = segment instanceof Segment.Speech speech && speech.tokens() != null;
      lean.add(spoken ? Segment.speech(((Segment.Speech) segment).tokens()) : segment);
    }
    return new RealtimeItem(id, role, newStatus, lean);
  }

  /** Whether speech is part of it. */
  boolean isSpoken() {
    return said.stream().anyMatch(Segment.Speech.class::isInstance);
  }

  /** As clients read it: an answer with speech is one part, with its text as the transcript. */
  ObjectNode describe() {
    ObjectNode object = Json.object();
    object.put("id", id);
    object.put("object", "realtime.item");
    object.put("type", "message");
    object.put("status", status);
    object.put("role", role);
    ArrayNode content = object.putArray("content");
    if (!role.equals("assistant")) {
      for (Segment segment : said) {
        if (segment instanceof Segment.Text text) {
          content.addObject().put("type", "input_text").put("text", text.text());
        } else {
          content.addObject().put("type", "input_audio").putNull("transcript");
        }
      }
    } else if (!said.isEmpty()) {
      content.add(part(isSpoken(), text()));
    }
    return object;
  }

  /** A part of an answer. */
  static ObjectNode part(boolean spoken, String text) {
    return Json.object()
        .put("type", spoken ? "audio" : "text")
        .put(spoken ? "transcript" : "text", text);
  }

  private String text() {
    StringBuilder all = new StringBuilder();
    for (Segment segment : said) {
      if (segment instanceof Segment.Text text) {
        all.append(text.text());
      }
    }
    return all.toString();
  }
}
