package org.spiritlm.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Base64;
import java.util.Locale;
import org.spiritlm.Generation;
import org.spiritlm.Score;
import org.spiritlm.Segment;
import org.spiritlm.SpiritLm;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioFormat;
import org.spiritlm.json.Json;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.units.SpeechUnits;

/** The command line's JSON, with audio as base64 in place of files. */
final class Descriptions {
  private Descriptions() {}

  /** An answer. */
  static ObjectNode of(Generation answer, AudioFormat format) {
    ObjectNode object = Json.object();
    object.put("prompt", answer.prompt());
    object.set("prompt_ids", Json.array(answer.promptIds()));
    object.set("output_ids", Json.array(answer.outputIds()));
    object.put("finish_reason", answer.endReason().name().toLowerCase(Locale.ROOT));
    ArrayNode segments = object.putArray("segments");
    answer.segments().forEach(segment -> describe(segment, format, segments.addObject()));
    return object;
  }

  private static void describe(Segment segment, AudioFormat format, ObjectNode object) {
    if (segment instanceof Segment.Text text) {
      object.put("type", "text").put("text", text.text());
    } else if (segment instanceof Segment.Speech speech) {
      object.put("type", "speech");
      Audio audio = speech.audio();
      if (audio != null) {
        object.put("seconds", audio.seconds());
        object.put("audio", Base64.getEncoder().encodeToString(SpokenAnswer.of(audio, format)));
      }
      object.put("tokens", String.valueOf(speech.tokens()));
    }
  }

  /** Units of a recording, and the tokens that they make. */
  static ObjectNode of(SpeechUnits units, double seconds, SpiritLm model) {
    SpeechTokens tokens = model.tokens(units);
    ObjectNode object = Json.object();
    object.put("seconds", seconds);
    object.set("hubert", Json.array(units.hubert()));
    if (units.pitch() != null) {
      object.set("pitch", Json.array(units.pitch()));
    }
    if (units.style() != null) {
      object.set("style", Json.array(units.style()));
    }
    object.put("tokens", tokens.toString());
    object.set("ids", Json.array(tokens.ids(model.vocabulary())));
    return object;
  }

  /** How likely a continuation is. */
  static ObjectNode of(Score score) {
    ObjectNode object = Json.object();
    object.set("ids", Json.array(score.ids()));
    object.set("logprobs", Json.array(score.logProbabilities()));
    object.put("sum", score.sum());
    object.put("mean", score.mean());
    object.put("tokens", score.ids().length);
    return object;
  }
}
