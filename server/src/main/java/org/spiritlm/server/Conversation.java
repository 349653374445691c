package org.spiritlm.server;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.spiritlm.Segment;
import org.spiritlm.json.Json;

/**
 * What was said, and by whom, in the order in which it was said.
 *
 * <p>The model continues, it was not taught to follow instructions: so all turns become one prompt,
 * whoever said them. Text that follows another turn's text begins on a new line.
 */
record Conversation(List<Turn> turns) {
  private static final Set<String> ROLES = Set.of("system", "developer", "user", "assistant");

  /**
   * What one said at a time.
   *
   * @param role who
   * @param said text and speech
   */
  record Turn(String role, List<Segment> said) {}

  /**
   * Reads the messages of a request.
   *
   * @throws ApiException if they are none, or hold what cannot be read
   */
  static Conversation of(Fields request, ServedModel model, Exchange exchange) {
    List<Turn> turns = new ArrayList<>();
    for (Fields message : request.children("messages")) {
      turns.add(turn(message, model, exchange));
    }
    return new Conversation(turns);
  }

  private static Turn turn(Fields message, ServedModel model, Exchange exchange) {
    SamplingFields.refuse(message, Set.of("tool_calls", "function_call", "tool_call_id"));
    message.only(
        Set.of(
            "role",
            "content",
            "name",
            "audio",
            "refusal",
            "annotations",
            "tool_calls",
            "function_call",
            "tool_call_id"));
    String role = message.text("role");
    if (!ROLES.contains(role)) {
      throw message.wrong("role", "system, developer, user or assistant");
    }
    List<Segment> said = new ArrayList<>();
    Fields spoken = message.child("audio");
    if (spoken != null) {
      said.addAll(model.recall(spoken.text("id"), spoken.at("id")));
    } else if (!message.has("content")) {
      throw ApiException.wrong(message.at("content"), "'" + message.at("content") + "' is missing");
    }
    JsonNode content = message.object().get("content");
    if (message.has("content")) {
      if (content.isTextual()) {
        said.add(Segment.text(content.textValue()));
      } else if (content.isArray()) {
        message.children("content").forEach(part -> said.add(part(part, model, exchange)));
      } else {
        throw message.wrong("content", "a string or a list of parts");
      }
    }
    return new Turn(role, said);
  }

  private static Segment part(Fields part, ServedModel model, Exchange exchange) {
    String type = part.text("type");
    switch (type) {
      case "text" -> {
        part.only(Set.of("type", "text"));
        return Segment.text(part.text("text"));
      }
      case "input_audio" -> {
        part.only(Set.of("type", "input_audio"));
        Fields audio = part.child("input_audio");
        if (audio == null) {
          throw part.wrong("input_audio", "an object with 'data' and 'format'");
        }
        audio.only(Set.of("data", "format"));
        audio.optionalText("format"); // what it is, the bytes say
        return model.hear(audio.base64("data"), audio.at("data"), exchange);
      }
      default ->
          throw ApiException.wrong(
              400,
              "unsupported_content",
              part.at("type"),
              "parts are of type 'text' or 'input_audio', found "
                  + Json.shown(part.object().get("type")));
    }
  }

  /** All that was said, as it stands in the prompt. */
  List<Segment> segments() {
    List<Segment> segments = new ArrayList<>();
    for (Turn turn : turns) {
      boolean follows =
          !segments.isEmpty() && segments.get(segments.size() - 1) instanceof Segment.Text;
      if (follows && !turn.said.isEmpty() && turn.said.get(0) instanceof Segment.Text) {
        segments.add(Segment.text("\n"));
      }
      segments.addAll(turn.said);
    }
    return segments;
  }
}
