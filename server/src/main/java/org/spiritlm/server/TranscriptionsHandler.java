package org.spiritlm.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.spiritlm.Generation;
import org.spiritlm.GenerationListener;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.json.Json;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.task.Hearings;
import org.spiritlm.task.Transcription;
import org.spiritlm.torch.InputException;

/**
 * {@code POST /v1/audio/transcriptions}. When words are said the model's aligner tells; without one
 * the transcript is one segment, or one subtitle.
 */
final class TranscriptionsHandler {
  private static final Set<String> FORMATS = Set.of("json", "text", "verbose_json", "srt", "vtt");

  /** Those that tell times. */
  private static final Set<String> TIMED = Set.of("verbose_json", "srt", "vtt");

  private static final List<String> GRANULARITIES =
      List.of("timestamp_granularities[]", "timestamp_granularities");

  static final Set<String> KNOWN =
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

  void handle(Upload upload, Exchange exchange) {
    String format = upload.text("response_format", "json");
    boolean streamed = flag(upload, "stream");
    check(format, streamed);
    Set<String> times = granularities(upload, format);
    double temperature = temperature(upload);
    ServedModel.Recording recording = model.encode(upload.file(), "file", 0, exchange);
    SpeechTokens tokens = model.model().tokens(recording.units());
    if (tokens.tokens().isEmpty()) {
      throw ApiException.wrong(
          400, "invalid_audio", "file", "the audio is too short to hold speech");
    }
    Transcription task =
        model.transcription(tokens, temperature, exchange.terms(), exchange.limits());
    Hearings hearings = model.hear(task, tokens, upload.file(), recording.seconds(), exchange);
    if (streamed) {
      stream(task, hearings, exchange);
    } else {
      Generation answer = task.transcribe(hearings, new GenerationListener() {});
      String text = Transcription.transcript(answer);
      if (format.equals("json")) {
        ObjectNode object = Json.object().put("text", text);
        exchange.respond(object.set("usage", usage(answer)));
        return;
      }
      List<AlignedWord> words =
          TIMED.contains(format) ? words(upload, text, times.contains("word"), exchange) : null;
      TimedTranscript transcript = new TimedTranscript(text, recording.seconds(), words);
      if (format.equals("verbose_json")) {
        TranscriptTokens told =
            times.contains("segment")
                ? TranscriptTokens.of(answer, model.model(exchange), temperature)
                : null;
        exchange.respond(transcript.verbose(told, times.contains("word")));
      } else {
        respond(format, transcript, exchange);
      }
    }
  }

  /**
   * When words are said, or null where that is not known.
   *
   * @param needed whether that is asked for
   * @throws ApiException if it is needed, and the transcript cannot be that of the recording
   */
  private @Nullable List<AlignedWord> words(
      Upload upload, String text, boolean needed, Exchange exchange) {
    if (!model.model().aligns()) {
      return null;
    }
    if (text.isBlank()) {
      return List.of();
    }
    try {
      return model.align(upload.file(), text, exchange).words();
    } catch (InputException e) { // such as more words than the recording has room for
      if (!needed) {
        return null;
      }
      throw ApiException.wrong(
          422,
          "not_aligned",
          null,
          "the transcript that was made cannot be aligned with the recording: " + e.getMessage());
    }
  }

  private static boolean flag(Upload upload, String name) {
    String value = upload.text(name, "false");
    if (!Set.of("true", "false").contains(value)) {
      throw ApiException.wrong(name, "'" + name + "' must be true or false");
    }
    return value.equals("true");
  }

  private static void check(String format, boolean streamed) {
    if (!FORMATS.contains(format)) {
      throw ApiException.wrong(
          "response_format", "'response_format' must be json, text, verbose_json, srt or vtt");
    }
    if (streamed && !format.equals("json") && !format.equals("text")) {
      throw ApiException.wrong(
          "response_format", "a stream has no times; leave out 'stream', or ask for json");
    }
  }

  /**
   * What is to have times: {@code segment}, unless something else is asked for, or {@code word}.
   *
   * @throws ApiException if that is not known, or the format does not tell it
   */
  private Set<String> granularities(Upload upload, String format) {
    Set<String> wanted = new HashSet<>();
    for (String name : GRANULARITIES) {
      for (String each : upload.fields().getOrDefault(name, List.of())) {
        if (!Set.of("word", "segment").contains(each)) {
          throw ApiException.wrong(name, "'" + name + "' must be word or segment");
        }
        if (each.equals("word") && !model.model().aligns()) {
          throw ApiException.wrong(
              400,
              "unsupported_parameter",
              name,
              "times of words are not known here: this model has no aligner");
        }
        if (each.equals("word") && !format.equals("verbose_json")) {
          throw ApiException.wrong(
              name, "times of words are told in 'response_format' verbose_json alone");
        }
        wanted.add(each);
      }
    }
    return wanted.isEmpty() ? Set.of("segment") : wanted;
  }

  private static double temperature(Upload upload) {
    try {
      double value = Double.parseDouble(upload.text("temperature", "0"));
      if (value >= 0 && value <= 2) {
        return value;
      }
    } catch (NumberFormatException e) {
      // told below
    }
    throw ApiException.wrong("temperature", "'temperature' must be a number from 0 to 2");
  }

  private ObjectNode usage(Generation answer) {
    return Usage.ofTranscript(answer, model.model().vocabulary());
  }

  private void stream(Transcription task, Hearings hearings, Exchange exchange) {
    EventStream events = new EventStream(exchange);
    try {
      Generation answer =
          task.transcribe(
              hearings,
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
      ObjectNode done = Json.object().put("type", "transcript.text.done");
      done.put("text", Transcription.transcript(answer)).set("usage", usage(answer));
      events.send(done);
      events.done();
    } catch (RuntimeException e) {
      events.fail(e);
    }
  }

  private static void respond(String format, TimedTranscript transcript, Exchange exchange) {
    switch (format) {
      case "text" -> respond("text/plain; charset=utf-8", transcript.text() + "\n", exchange);
      case "srt" -> respond("application/x-subrip; charset=utf-8", transcript.srt(), exchange);
      default -> respond("text/vtt; charset=utf-8", transcript.vtt(), exchange);
    }
  }

  private static void respond(String type, String body, Exchange exchange) {
    exchange.respond(type, body.getBytes(StandardCharsets.UTF_8));
  }
}
