package org.spiritlm.interleaving;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import org.spiritlm.json.Json;
import org.spiritlm.json.JsonLine;
import org.spiritlm.prompt.TaskToken;
import org.spiritlm.prompt.TokenLayout;
import org.spiritlm.text.IdRange;
import org.spiritlm.text.TextTokenizer;
import org.spiritlm.text.Vocabulary;

/**
 * The ids of a model that a sequence needs besides those of its text: markers, ends and speech.
 *
 * @param textStart what a sequence that begins with text begins with: the start token, {@code
 *     [Text]} and whatever the tokenizer puts between
 * @param speechStart the same for speech
 * @param synthesisStart what a text that is to be spoken begins with; as {@code textStart} where
 *     the model has no {@link TaskToken#SYNTHESIS}
 * @param recognitionStart what speech that is to be written down begins with; as {@code
 *     speechStart} where the model has no {@link TaskToken#RECOGNITION}
 * @param textMarker {@code [Text]} within a sequence
 * @param speechMarker {@code [Speech]} within a sequence
 * @param end what ends a sequence, none where the tokenizer has no end token
 * @param hubert {@code [Hu0]} and up
 * @param pitch {@code [Pi0]} and up; where it is empty, pitch is left out
 * @param style {@code [St0]} and up; where it is empty, style is left out
 * @param layout rates, and what is merged
 */
@SuppressWarnings("ArrayRecordComponent") // nobody changes them
public record SequenceTokens(
    int[] textStart,
    int[] speechStart,
    int[] synthesisStart,
    int[] recognitionStart,
    int[] textMarker,
    int[] speechMarker,
    int[] end,
    IdRange hubert,
    IdRange pitch,
    IdRange style,
    TokenLayout layout) {

  /** Those of a model. */
  public static SequenceTokens of(
      TextTokenizer tokenizer, Vocabulary vocabulary, TokenLayout layout) {
    return new SequenceTokens(
        upTo(vocabulary.textMarker(), tokenizer.encode("[Text]", true)),
        upTo(vocabulary.speechMarker(), tokenizer.encode("[Speech]", true)),
        start(TaskToken.SYNTHESIS, vocabulary.textMarker(), "[Text]", tokenizer),
        start(TaskToken.RECOGNITION, vocabulary.speechMarker(), "[Speech]", tokenizer),
        within("[Text]", vocabulary.textMarker(), tokenizer, vocabulary),
        within("[Speech]", vocabulary.speechMarker(), tokenizer, vocabulary),
        vocabulary.end().isPresent() ? new int[] {vocabulary.end().getAsInt()} : new int[0],
        vocabulary.hubert(),
        vocabulary.pitch(),
        vocabulary.style(),
        layout);
  }

  private static int[] start(TaskToken task, int marker, String piece, TextTokenizer tokenizer) {
    return task.isIn(tokenizer)
        ? upTo(tokenizer.id(task.piece()).getAsInt(), tokenizer.encode(task.piece(), true))
        : upTo(marker, tokenizer.encode(piece, true));
  }

  /** The same for sequences that are recognition or synthesis ({@link Strategy#PAIRS}). */
  public SequenceTokens forPairs() {
    return new SequenceTokens(
        synthesisStart,
        recognitionStart,
        synthesisStart,
        recognitionStart,
        textMarker,
        speechMarker,
        end,
        hubert,
        pitch,
        style,
        layout);
  }

  private static int[] upTo(int marker, int[] ids) {
    return Arrays.copyOf(ids, indexOf(marker, ids) + 1);
  }

  /** A marker's ids after a unit. */
  private static int[] within(
      String marker, int id, TextTokenizer tokenizer, Vocabulary vocabulary) {
    int[] ids = tokenizer.encode("[Hu0]" + marker, false);
    return Arrays.copyOfRange(
        ids, indexOf(vocabulary.hubert().from(), ids) + 1, indexOf(id, ids) + 1);
  }

  private static int indexOf(int id, int[] ids) {
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] == id) {
        return i;
      }
    }
    throw new IllegalStateException("the tokenizer does not give " + id + " for its own token");
  }

  /** For a file, see {@link #read}. */
  public ObjectNode toJson() {
    ObjectNode object = Json.object();
    object.set("text_start", Json.array(textStart));
    object.set("speech_start", Json.array(speechStart));
    if (!Arrays.equals(synthesisStart, textStart)) {
      object.set("synthesis_start", Json.array(synthesisStart));
    }
    if (!Arrays.equals(recognitionStart, speechStart)) {
      object.set("recognition_start", Json.array(recognitionStart));
    }
    object.set("text_marker", Json.array(textMarker));
    object.set("speech_marker", Json.array(speechMarker));
    object.set("end", Json.array(end));
    object.set("hubert", Json.array(new int[] {hubert.from(), hubert.to()}));
    object.set("pitch", Json.array(new int[] {pitch.from(), pitch.to()}));
    object.set("style", Json.array(new int[] {style.from(), style.to()}));
    object.set(
        "rates",
        Json.array(new double[] {layout.hubertRate(), layout.pitchRate(), layout.styleRate()}));
    object.put("merge_hubert", layout.mergeHubert());
    object.put("merge_pitch", layout.mergePitch());
    object.put("merge_style", layout.mergeStyle());
    return object;
  }

  /**
   * What {@link #toJson} gave.
   *
   * @throws org.spiritlm.torch.InputException if something is missing or wrong, with its place
   */
  public static SequenceTokens read(JsonLine json) {
    JsonNode rates = json.object().path("rates");
    if (rates.size() != 3) {
      throw json.wrong("rates", "three numbers");
    }
    for (JsonNode rate : rates) {
      if (!(rate.asDouble() > 0) || !Double.isFinite(rate.asDouble())) {
        throw json.wrong("rates", "numbers above 0");
      }
    }
    return new SequenceTokens(
        ids(json, "text_start"),
        ids(json, "speech_start"),
        ids(json, json.object().has("synthesis_start") ? "synthesis_start" : "text_start"),
        ids(json, json.object().has("recognition_start") ? "recognition_start" : "speech_start"),
        ids(json, "text_marker"),
        ids(json, "speech_marker"),
        ids(json, "end"),
        range(json, "hubert"),
        range(json, "pitch"),
        range(json, "style"),
        new TokenLayout(
            rates.get(0).asDouble(),
            rates.get(1).asDouble(),
            rates.get(2).asDouble(),
            flag(json, "merge_hubert"),
            flag(json, "merge_pitch"),
            flag(json, "merge_style")));
  }

  private static int[] ids(JsonLine json, String key) {
    int[] ids = json.numbers(key);
    if (ids == null) {
      throw json.wrong(key, "a list of ids");
    }
    return ids;
  }

  private static IdRange range(JsonLine json, String key) {
    int[] ends = ids(json, key);
    if (ends.length != 2 || ends[0] < 0 || ends[1] < ends[0]) {
      throw json.wrong(key, "the first id and the id after the last");
    }
    return new IdRange(ends[0], ends[1]);
  }

  private static boolean flag(JsonLine json, String key) {
    JsonNode value = json.object().get(key);
    if (value == null || !value.isBoolean()) {
      throw json.wrong(key, "true or false");
    }
    return value.booleanValue();
  }
}
