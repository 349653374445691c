package org.spiritlm.app;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.spiritlm.Generation;
import org.spiritlm.Segment;
import org.spiritlm.Timings;
import org.spiritlm.json.Json;
import org.spiritlm.report.ResultJson;

/**
 * Says what a model answered.
 *
 * @param files the file of each segment, null where it has none
 * @param loading seconds that the model's opening took
 */
record AnswerReport(Generation answer, List<@Nullable Path> files, double loading) {
  /** Prints answers, for people with an empty line between them. */
  static void print(List<AnswerReport> reports, CommonOptions common, Console console) {
    for (int i = 0; i < reports.size(); i++) {
      AnswerReport report = reports.get(i);
      if (common.json) {
        console.json(report.describe());
        continue;
      }
      if (i > 0) {
        console.print("");
      }
      report.segments(console);
      report.sayTimings(common, console);
    }
  }

  /** Prints what an answer that was given out as it came still lacks. */
  void printStreamed(CommonOptions common, Console console) {
    if (common.json) {
      console.json(describe());
    }
    sayTimings(common, console);
  }

  private void segments(Console console) {
    for (int i = 0; i < answer.segments().size(); i++) {
      Segment segment = answer.segments().get(i);
      Path file = files.get(i);
      if (segment instanceof Segment.Text text) {
        console.print(text.text());
      } else if (segment instanceof Segment.Speech speech) {
        console.print(
            file != null && speech.audio() != null
                ? SpeechReport.line(file.toString(), speech.audio().seconds())
                : String.valueOf(speech.tokens()));
      }
    }
    if (answer.segments().isEmpty()) {
      console.say("the answer is empty");
    }
  }

  private void sayTimings(CommonOptions common, Console console) {
    if (common.verbose) {
      console.say(
          String.format(
              Locale.ROOT,
              "%d tokens after %d of the prompt, ended by %s; %s",
              answer.outputIds().length,
              answer.promptIds().length,
              reason(),
              Json.line(timings())));
    }
  }

  private String reason() {
    return answer.endReason().name().toLowerCase(Locale.ROOT);
  }

  private ObjectNode describe() {
    ObjectNode object = ResultJson.answer(answer, this::describe);
    object.set("timings", timings());
    return object;
  }

  private void describe(int index, Segment.Speech speech, ObjectNode object) {
    Path file = files.get(index);
    if (file != null && speech.audio() != null) {
      object.put("path", file.toString());
      object.put("seconds", speech.audio().seconds());
    }
  }

  private ObjectNode timings() {
    Timings timings = answer.timings();
    ObjectNode object = Json.object();
    object.put("load_s", rounded(loading + timings.load()));
    object.put("prefill_s", rounded(timings.prefill()));
    object.put("decode_s", rounded(timings.decode()));
    if (timings.vocode() > 0) {
      object.put("vocode_s", rounded(timings.vocode()));
    }
    if (timings.tokensPerSecond() > 0) {
      object.put("tokens_per_s", rounded(timings.tokensPerSecond()));
    }
    if (timings.firstAudio() != null) {
      object.put("first_audio_s", rounded(timings.firstAudio()));
    }
    return object;
  }

  /** To a tenth of a millisecond. */
  private static double rounded(double seconds) {
    return Math.round(seconds * 1e4) / 1e4;
  }
}
