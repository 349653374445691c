package org.spiritlm.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.spiritlm.Continuation;
import org.spiritlm.Generation;
import org.spiritlm.GenerationOptions;
import org.spiritlm.Score;
import org.spiritlm.Segment;
import org.spiritlm.SpiritLm;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioFormat;
import org.spiritlm.json.Json;
import org.spiritlm.json.JsonLine;
import org.spiritlm.prompt.OutputModality;
import org.spiritlm.prompt.Prompt;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.report.ResultJson;
import org.spiritlm.units.SpeechUnits;
import org.spiritlm.vocoder.VoiceOptions;

/** {@code /api/…}: what the command line does, with its JSON. */
final class NativeHandlers {
  private static final int MOST_PAIRS = 64;

  private final ServedModel model;

  NativeHandlers(ServedModel model) {
    this.model = model;
  }

  /** {@code POST /api/encode}: the body is the recording. */
  void encode(Exchange exchange) {
    String channel = exchange.query("channel");
    if (channel != null && !channel.matches("[1-9][0-9]?")) {
      throw ApiException.wrong("channel", "'channel' must be a number from 1 to 99");
    }
    ServedModel.Recording recording =
        model.encode(
            exchange.body(), "body", channel == null ? 0 : Integer.parseInt(channel), exchange);
    ObjectNode object = Json.object().put("seconds", recording.seconds());
    ResultJson.units(recording.units(), model.model(), object);
    exchange.respond(object);
  }

  /** {@code POST /api/decode}: the answer is audio. */
  void decode(Fields fields, Exchange exchange) {
    // what encode gives can be sent as it is
    fields.only(
        Set.of(
            "model",
            "tokens",
            "hubert",
            "pitch",
            "style",
            "seconds",
            "ids",
            "voice",
            "style_name",
            "format",
            "predict_durations"));
    VoiceOptions voice = voice(fields);
    AudioFormat format = fields.format("format", AudioFormat.WAV);
    JsonLine line = new JsonLine("the body", fields.object());
    SpiritLm speaking = model.model();
    int[] hubert = line.numbers("hubert");
    if (hubert == null && !fields.has("tokens")) {
      throw ApiException.wrong("tokens", "'tokens' or 'hubert' is missing");
    }
    requireShort(hubert == null ? fields.text("tokens").length() / 4 : hubert.length, exchange);
    Audio audio =
        model
            .workers()
            .run(
                exchange.terms(),
                () ->
                    (hubert == null
                            ? speaking.decode(SpeechTokens.parse(fields.text("tokens")), voice)
                            : speaking.decode(
                                new SpeechUnits(
                                    hubert, line.numbers("pitch"), line.numbers("style")),
                                voice))
                        .audio());
    exchange.respond(format.mediaType(), SpokenAnswer.of(audio, format));
  }

  private void requireShort(int units, Exchange exchange) {
    double most = exchange.limits().audioSeconds() * model.model().tokenLayout().hubertRate();
    if (units > most) {
      throw ApiException.wrong(
          413,
          "request_too_large",
          null,
          "there are about " + units + " units; at most " + (int) most + " are spoken at once");
    }
  }

  private VoiceOptions voice(Fields fields) {
    boolean predict = !fields.has("predict_durations") || fields.flag("predict_durations");
    return model
        .voice(fields.optionalText("voice"), "voice")
        .withStyle(fields.optionalText("style_name"))
        .withPredictedDurations(predict);
  }

  /** {@code POST /api/score}: one pair, or many. */
  void score(Fields fields, Exchange exchange) {
    fields.only(Set.of("model", "prompt", "continuation", "pairs"));
    boolean many = fields.has("pairs");
    List<Fields> pairs = many ? fields.children("pairs") : List.of(fields);
    if (pairs.size() > MOST_PAIRS) {
      throw fields.wrong("pairs", "at most " + MOST_PAIRS + " pairs");
    }
    List<Continuation> continuations = new ArrayList<>();
    for (Fields pair : pairs) {
      continuations.add(
          new Continuation(
              model.parse(pair.text("prompt")), model.parse(pair.text("continuation"))));
    }
    List<Score> scores =
        model.workers().run(exchange.terms(), () -> model.model().score(continuations));
    if (many) {
      ObjectNode object = Json.object();
      ArrayNode list = object.putArray("scores");
      scores.forEach(score -> list.add(ResultJson.score(score)));
      exchange.respond(object);
    } else {
      exchange.respond(ResultJson.score(scores.get(0)));
    }
  }

  /** {@code POST /api/generate}. */
  void generate(Fields fields, Exchange exchange, ServerMetrics metrics) {
    Set<String> known =
        new HashSet<>(
            Set.of(
                "model",
                "prompt",
                "segments",
                "to",
                "max_new_tokens",
                "max_seconds",
                "stop",
                "num_return",
                "beams",
                "stream",
                "modality_mask",
                "voice",
                "style_name",
                "format"));
    known.addAll(SamplingFields.NAMES);
    fields.only(known);
    SpiritLm served = model.model(exchange);
    GenerationOptions options = options(fields, exchange);
    AudioFormat format = fields.format("format", AudioFormat.WAV);
    boolean streamed = fields.flag("stream");
    if (streamed && options.answers() > 1) {
      throw ApiException.wrong("stream", "one answer can be streamed; leave out 'num_return'");
    }
    Prompt prompt = prompt(fields, options.output(), exchange);
    if (streamed) {
      Runnable firstAudio = () -> metrics.firstAudio(model, exchange.seconds());
      try (AnswerStream stream = new AnswerStream(exchange, format, firstAudio)) {
        stream.run(served, prompt, options);
      }
      return;
    }
    ObjectNode object = Json.object();
    ArrayNode answers = object.putArray("answers");
    for (Generation answer : served.answers(prompt, options)) {
      answers.add(ResultJson.answer(answer, (index, speech, into) -> audio(speech, format, into)));
    }
    exchange.respond(object);
  }

  private static void audio(Segment.Speech speech, AudioFormat format, ObjectNode object) {
    Audio audio = speech.audio();
    if (audio != null) {
      object.put("seconds", audio.seconds());
      object.put("audio", Base64.getEncoder().encodeToString(SpokenAnswer.of(audio, format)));
    }
  }

  private GenerationOptions options(Fields fields, Exchange exchange) {
    OutputModality output =
        switch (fields.text("to")) {
          case "text" -> OutputModality.TEXT;
          case "speech" -> OutputModality.SPEECH;
          case "any" -> OutputModality.ARBITRARY;
          default -> throw fields.wrong("to", "text, speech or any");
        };
    Integer answers = fields.whole("num_return", 1, exchange.limits().answers());
    GenerationOptions options =
        SamplingFields.applied(fields, GenerationOptions.of(output))
            .withMaxNewTokens(SamplingFields.newTokens(fields, "max_new_tokens", 1, exchange))
            .withAnswers(answers == null ? 1 : answers)
            .withModalityMask(!fields.has("modality_mask") || fields.flag("modality_mask"))
            .withStopStrings(fields.texts("stop", 16).toArray(String[]::new));
    Integer beams = fields.whole("beams", 1, model.engine().mostBeams(1));
    if (beams != null && beams > 1) {
      SamplingFields.refuseDrawing(fields, "beams");
      options = options.withBeams(beams);
    }
    if (output == OutputModality.TEXT) {
      return options;
    }
    Double seconds = fields.number("max_seconds", 0.01, exchange.limits().audioSeconds());
    return options
        .withVoice(voice(fields))
        .withMaxSeconds(seconds == null ? exchange.limits().audioSeconds() : seconds);
  }

  private Prompt prompt(Fields fields, OutputModality output, Exchange exchange) {
    if (fields.has("prompt") == fields.has("segments")) {
      throw ApiException.wrong("prompt", "give either 'prompt' or 'segments'");
    }
    if (fields.has("prompt")) {
      return model.parse(fields.text("prompt"));
    }
    List<Segment> segments = new ArrayList<>();
    for (Fields part : fields.children("segments")) {
      segments.add(segment(part, exchange));
    }
    return model.fitting(model.model().prompt(segments, output));
  }

  private Segment segment(Fields part, Exchange exchange) {
    part.only(Set.of("text", "speech", "tokens"));
    if (part.object().size() != 1) {
      throw ApiException.wrong(
          part.path(), "'" + part.path() + "' must have one of 'text', 'speech' and 'tokens'");
    }
    if (part.has("text")) {
      return Segment.text(part.text("text"));
    }
    if (part.has("tokens")) {
      return Segment.speech(SpeechTokens.parse(part.text("tokens")));
    }
    return model.hear(part.base64("speech"), part.at("speech"), exchange);
  }
}
