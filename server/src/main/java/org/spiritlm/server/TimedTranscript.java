package org.spiritlm.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.json.Json;
import org.spiritlm.report.ResultJson;

/**
 * A transcript and when it is said.
 *
 * @param text the whole
 * @param seconds of the recording
 * @param words with their times, or null where these are not known: then all is one segment, or one
 *     subtitle, as long as the recording
 */
record TimedTranscript(String text, double seconds, @Nullable List<AlignedWord> words) {
  /**
   * As OpenAI's {@code verbose_json}.
   *
   * @param tokens those of the text, for segments, or null for none of these
   */
  ObjectNode verbose(@Nullable TranscriptTokens tokens, boolean withWords) {
    ObjectNode object = Json.object();
    object.put("task", "transcribe");
    object.put("language", "english");
    object.put("duration", seconds);
    object.put("text", text);
    if (tokens != null) {
      ArrayNode segments = object.putArray("segments");
      int from = 0;
      for (Caption segment : words == null ? whole() : Caption.sentences(words)) {
        ObjectNode told = segments.addObject();
        told.put("id", segments.size() - 1);
        told.put("start", segment.start()).put("end", segment.end()).put("text", segment.text());
        int to = from + TranscriptTokens.count(segment.text());
        tokens.describe(from, to, segment.text(), told);
        from = to;
      }
    }
    if (withWords && words != null) {
      object.set("words", ResultJson.words(words));
    }
    object.putObject("usage").put("type", "duration").put("seconds", seconds);
    return object;
  }

  private List<Caption> whole() {
    return List.of(new Caption(0, seconds, text));
  }

  private List<Caption> subtitles() {
    return words == null ? whole() : Caption.subtitles(words);
  }

  /** Subtitles as SubRip has them. */
  String srt() {
    StringBuilder all = new StringBuilder();
    int number = 1;
    for (Caption cue : subtitles()) {
      all.append(number == 1 ? "" : "\n").append(number++).append('\n');
      all.append(times(cue, ',')).append(cue.text()).append('\n');
    }
    return all.toString();
  }

  /** Subtitles as WebVTT. */
  String vtt() {
    StringBuilder all = new StringBuilder("WEBVTT\n");
    for (Caption cue : subtitles()) {
      String escaped = cue.text().replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
      all.append('\n').append(times(cue, '.')).append(escaped).append('\n');
    }
    return all.toString();
  }

  private static String times(Caption cue, char point) {
    return time(cue.start(), point) + " --> " + time(cue.end(), point) + "\n";
  }

  private static String time(double seconds, char point) {
    long millis = Math.round(seconds * 1000);
    return String.format(
        Locale.ROOT,
        "%02d:%02d:%02d%c%03d",
        millis / 3_600_000,
        millis / 60_000 % 60,
        millis / 1000 % 60,
        point,
        millis % 1000);
  }
}
