package org.spiritlm.server;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.spiritlm.Segment;
import org.spiritlm.json.Json;

/** The messages of a request. */
final class Messages {
  private static final Set<String> ROLES = Set.of("system", "developer", "user", "assistant");

  private Messages() {}

  /**
   * All that was said, as it stands in the prompt.
   *
   * @throws ApiException if they are none, or hold what cannot be read
   */
  static List<Segment> read(Fields request, ServedModel model, Exchange exchange) {
    List<List<Segment>> turns = new ArrayList<>();
    for (Fields message : request.children("messages")) {
      turns.add(said(message, model, exchange));
    }
    return Segment.conversation(turns);
  }

  private static List<Segment> said(Fields message, ServedModel model, Exchange exchange) {
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
    if (!ROLES.contains(message.text("role"))) {
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
    return said;
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
}
