package org.spiritlm.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import org.spiritlm.Generation;
import org.spiritlm.Score;
import org.spiritlm.Segment;
import org.spiritlm.SpiritLm;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.json.Json;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.units.SpeechUnits;

/** Results as JSON. */
public final class ResultJson {
  private ResultJson() {}

  /** Says where the audio of an answer's speech is. */
  @FunctionalInterface
  public interface SpeechAudio {
    /**
     * Adds to what is said of a segment.
     *
     * @param index the segment's place in the answer
     */
    void describe(int index, Segment.Speech speech, ObjectNode object);
  }

  /** An answer, without its timings. */
  public static ObjectNode answer(Generation answer, SpeechAudio audio) {
    ObjectNode object = Json.object();
    object.put("prompt", answer.prompt());
    object.set("prompt_ids", Json.array(answer.promptIds()));
    object.set("output_ids", Json.array(answer.outputIds()));
    object.put("finish_reason", answer.endReason().name().toLowerCase(Locale.ROOT));
    ArrayNode segments = object.putArray("segments");
    for (int i = 0; i < answer.segments().size(); i++) {
      ObjectNode described = segments.addObject();
      if (answer.segments().get(i) instanceof Segment.Text text) {
        described.put("type", "text").put("text", text.text());
      } else if (answer.segments().get(i) instanceof Segment.Speech speech) {
        described.put("type", "speech");
        audio.describe(i, speech, described);
        described.put("tokens", String.valueOf(speech.tokens()));
      }
    }
    return object;
  }

  /** Words with their times in seconds, and where the aligner knows it with its score. */
  public static ArrayNode words(List<AlignedWord> words) {
    ArrayNode array = Json.object().arrayNode();
    for (AlignedWord word : words) {
      ObjectNode object = array.addObject();
      object.put("word", word.word()).put("start", word.start()).put("end", word.end());
      if (word.score() != null) {
        object.put("score", word.score());
      }
    }
    return array;
  }

  /**
   * Adds the units of a recording, and the tokens that they make.
   *
   * @param object says already which recording it is
   */
  public static void units(SpeechUnits units, SpiritLm model, ObjectNode object) {
    SpeechTokens tokens = model.tokens(units);
    object.set("hubert", Json.array(units.hubert()));
    if (units.pitch() != null) {
      object.set("pitch", Json.array(units.pitch()));
    }
    if (units.style() != null) {
      object.set("style", Json.array(units.style()));
    }
    object.put("tokens", tokens.toString());
    object.set("ids", Json.array(tokens.ids(model.vocabulary())));
  }

  /** How likely a continuation is. */
  public static ObjectNode score(Score score) {
    ObjectNode object = Json.object();
    object.set("ids", Json.array(score.ids()));
    object.set("logprobs", Json.array(score.logProbabilities()));
    object.put("sum", score.sum());
    object.put("mean", score.mean());
    object.put("tokens", score.ids().length);
    return object;
  }
}
