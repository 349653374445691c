package org.spiritlm.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.spiritlm.Generation;
import org.spiritlm.GenerationListener;
import org.spiritlm.GenerationOptions;
import org.spiritlm.Segment;
import org.spiritlm.json.Json;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.task.Transcription;

/**
 * {@code POST /v1/audio/transcriptions}. The only times that are known are those of the whole
 * recording: its transcript is one segment, or one subtitle.
 */
final class TranscriptionsHandler {
  private static final Set<String> FORMATS = Set.of("json", "text", "verbose_json", "srt", "vtt");

  private static final Set<String> KNOWN =
      Set.of(
          "file",
          "model",
          "language",
          "prompt",
          "response_format",
          "temperature",
          "stream",
          "timestamp_granularities[]",
          "timestamp_granularities",
          "include[]",
          "chunking_strategy");

  private final ServedModel model;

  TranscriptionsHandler(ServedModel model) {
    this.model = model;
  }

  void handle(Exchange exchange) {
    Upload upload = Upload.of(exchange, KNOWN);
    String format = upload.text("response_format", "json");
    boolean streamed = flag(upload, "stream");
    check(upload, format, streamed);
    GenerationOptions options = options(upload, exchange);
    ServedModel.Recording recording = model.encode(upload.file(), "file", 0, exchange);
    SpeechTokens tokens = model.model().tokens(recording.units());
    if (tokens.tokens().isEmpty()) {
      throw ApiException.wrong(
          400, "invalid_audio", "file", "the audio is too short to hold speech");
    }
    Transcription task = new Transcription(model.model(exchange), List.of(), options);
    Segment.Speech speech = Segment.speech(tokens);
    if (streamed) {
      stream(task, speech, exchange);
    } else {
      respond(format, task.transcribe(speech), recording.seconds(), exchange);
    }
  }

  private static boolean flag(Upload upload, String name) {
    String value = upload.text(name, "false");
    if (!Set.of("true", "false").contains(value)) {
      throw ApiException.wrong(name, "'" + name + "' must be true or false");
    }
    return value.equals("true");
  }

  private void check(Upload upload, String format, boolean streamed) {
    String asked = upload.text("model");
    if (asked != null && !asked.isEmpty()) {
      model.requireName(new Fields(Json.object().put("model", asked), ""));
    }
    if (!FORMATS.contains(format)) {
      throw ApiException.wrong(
          "response_format", "'response_format' must be json, text, verbose_json, srt or vtt");
    }
    if (streamed && !format.equals("json") && !format.equals("text")) {
      throw ApiException.wrong(
          "response_format", "a stream has no times; leave out 'stream', or ask for json");
    }
    for (String name : List.of("timestamp_granularities[]", "timestamp_granularities")) {
      List<String> wanted = upload.fields().getOrDefault(name, List.of());
      if (!List.of("segment").containsAll(wanted)) {
        throw ApiException.wrong(
            400, "unsupported_parameter", name, "times of words are not known here");
      }
    }
  }

  private static GenerationOptions options(Upload upload, Exchange exchange) {
    GenerationOptions options =
        GenerationOptions.text()
            .greedy()
            .withMaxNewTokens(
                Math.min(
                    GenerationOptions.DEFAULT_MAX_NEW_TOKENS * 2, exchange.limits().newTokens()));
    String temperature = upload.text("temperature");
    if (temperature == null) {
      return options;
    }
    try {
      double value = Double.parseDouble(temperature);
      if (value >= 0 && value <= 2) {
        return options.withTemperature(value);
      }
    } catch (NumberFormatException e) {
      // told below
    }
    throw ApiException.wrong("temperature", "'temperature' must be a number from 0 to 2");
  }

  private static void stream(Transcription task, Segment.Speech speech, Exchange exchange) {
    EventStream events = new EventStream(exchange);
    try {
      Generation answer =
          task.transcribe(
              speech,
              new GenerationListener() {
                @Override
                public void text(String piece) {
                  events.send(
                      Json.object().put("type", "transcript.text.delta").put("delta", piece));
                }

                @Override
                public boolean goesOn() {
                  return events.isOpen();
                }
              });
      events.send(
          Json.object()
              .put("type", "transcript.text.done")
              .put("text", Transcription.transcript(answer)));
      events.done();
    } catch (RuntimeException e) {
      events.fail(e);
    }
  }

  private static void respond(String format, String text, double seconds, Exchange exchange) {
    switch (format) {
      case "text" -> respond("text/plain; charset=utf-8", text + "\n", exchange);
      case "srt" ->
          respond(
              "application/x-subrip; charset=utf-8",
              "1\n" + time(0, ',') + " --> " + time(seconds, ',') + "\n" + text + "\n",
              exchange);
      case "vtt" ->
          respond(
              "text/vtt; charset=utf-8",
              "WEBVTT\n\n"
                  + time(0, '.')
                  + " --> "
                  + time(seconds, '.')
                  + "\n"
                  + text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
                  + "\n",
              exchange);
      case "verbose_json" -> exchange.respond(verbose(text, seconds));
      default -> exchange.respond(Json.object().put("text", text));
    }
  }

  private static void respond(String type, String body, Exchange exchange) {
    exchange.respond(type, body.getBytes(StandardCharsets.UTF_8));
  }

  private static ObjectNode verbose(String text, double seconds) {
    ObjectNode object = Json.object();
    object.put("task", "transcribe");
    object.put("language", "english");
    object.put("duration", seconds);
    object.put("text", text);
    object
        .putArray("segments")
        .addObject()
        .put("id", 0)
        .put("start", 0.0)
        .put("end", seconds)
        .put("text", text);
    return object;
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
