package org.spiritlm.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.spiritlm.EndReason;
import org.spiritlm.Generation;
import org.spiritlm.GenerationListener;
import org.spiritlm.GenerationOptions;
import org.spiritlm.SpiritLm;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioFormat;
import org.spiritlm.json.Json;
import org.spiritlm.task.SpeechSynthesis;

/** {@code POST /v1/audio/speech}: says a text, and sends the audio while it is made. */
final class SpeechHandler {
  /** Of a text (characters); OpenAI's limit. */
  private static final int LONGEST = 4096;

  private static final Set<String> KNOWN =
      Set.of(
          "model",
          "input",
          "voice",
          "response_format",
          "instructions",
          "speed",
          "stream_format",
          "max_seconds");

  private final ServedModel model;
  private final ServerMetrics metrics;

  SpeechHandler(ServedModel model, ServerMetrics metrics) {
    this.model = model;
    this.metrics = metrics;
  }

  void handle(Fields fields, Exchange exchange) {
    Set<String> known = new HashSet<>(KNOWN);
    known.addAll(SamplingFields.NAMES);
    fields.only(known);
    Double speed = fields.number("speed", 0.25, 4);
    if (speed != null && speed != 1) {
      throw SamplingFields.unsupported(fields, "speed");
    }
    String text = fields.text("input");
    if (text.isBlank() || text.length() > LONGEST) {
      throw fields.wrong("input", "a text of 1 to " + LONGEST + " characters");
    }
    AudioFormat format = fields.format("response_format", AudioFormat.MP3);
    boolean events = events(fields);
    SpiritLm served = model.model(exchange);
    SpeechSynthesis synthesis =
        new SpeechSynthesis(
            served, List.of(), SpeechSynthesis.stopOf(served), options(fields, exchange));
    try (Telling telling = events ? new Events(exchange, format) : new Bytes(exchange, format)) {
      telling.tell(synthesis, text);
    }
  }

  private static boolean events(Fields fields) {
    String form = fields.text("stream_format", "audio");
    if (!form.equals("audio") && !form.equals("sse")) {
      throw fields.wrong("stream_format", "\"audio\" or \"sse\"");
    }
    return form.equals("sse");
  }

  private GenerationOptions options(Fields fields, Exchange exchange) {
    GenerationOptions options =
        SamplingFields.applied(fields, SpeechSynthesis.standard(model.model()))
            .withMaxNewTokens(exchange.limits().newTokens())
            .withVoice(
                model.styled(
                    model.voice(fields.optionalText("voice"), "voice"),
                    fields.optionalText("instructions")));
    Double seconds = fields.number("max_seconds", 0.01, exchange.limits().audioSeconds());
    return seconds == null ? options : options.withMaxSeconds(seconds);
  }

  /** One spoken text on its way to the client. */
  private abstract class Telling implements GenerationListener, AutoCloseable {
    final Exchange exchange;
    final AudioFormat format;
    private @Nullable SpokenAnswer speech;

    Telling(Exchange exchange, AudioFormat format) {
      this.exchange = exchange;
      this.format = format;
    }

    void tell(SpeechSynthesis synthesis, String text) {
      Generation answer = synthesis.speak(text, this);
      if (speech == null) {
        if (answer.endReason() == EndReason.CANCELLED) {
          return;
        }
        throw ApiException.wrong(
            422,
            "nothing_spoken",
            "input",
            "the model said nothing that could be spoken; try another seed");
      }
      send(speech.finish());
      end(answer);
    }

    @Override
    public void audio(Audio chunk) {
      if (speech == null) {
        metrics.firstAudio(model, exchange.seconds());
        speech = new SpokenAnswer(format, chunk.sampleRate());
      }
      send(speech.add(chunk));
    }

    abstract void send(byte[] bytes);

    abstract void end(Generation answer);

    @Override
    public void close() {
      if (speech != null) {
        speech.close();
      }
    }
  }

  /** The audio is the response's body. */
  private final class Bytes extends Telling {
    private @Nullable OutputStream stream;
    private boolean broken;

    Bytes(Exchange exchange, AudioFormat format) {
      super(exchange, format);
    }

    @Override
    void send(byte[] bytes) {
      try {
        if (stream == null) {
          stream = exchange.stream(format.mediaType());
        }
        stream.write(bytes);
        stream.flush();
      } catch (IOException e) { // the client has gone
        broken = true;
      }
    }

    @Override
    public boolean goesOn() {
      return !broken;
    }

    @Override
    void end(Generation answer) {}
  }

  /** The audio comes in events, as base64. */
  private final class Events extends Telling {
    private final EventStream events;

    Events(Exchange exchange, AudioFormat format) {
      super(exchange, format);
      this.events = new EventStream(exchange);
    }

    @Override
    void tell(SpeechSynthesis synthesis, String text) {
      try {
        super.tell(synthesis, text);
      } catch (RuntimeException e) {
        events.fail(e);
      }
    }

    @Override
    void send(byte[] bytes) {
      if (bytes.length > 0) {
        events.send(
            Json.object()
                .put("type", "speech.audio.delta")
                .put("audio", Base64.getEncoder().encodeToString(bytes)));
      }
    }

    @Override
    public boolean goesOn() {
      return events.isOpen();
    }

    @Override
    void end(Generation answer) {
      ObjectNode done = Json.object().put("type", "speech.audio.done");
      done.putObject("usage")
          .put("input_tokens", answer.promptIds().length)
          .put("output_tokens", answer.outputIds().length)
          .put("total_tokens", answer.promptIds().length + answer.outputIds().length);
      events.send(done);
    }
  }
}
