package org.spiritlm.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Base64;
import org.jspecify.annotations.Nullable;
import org.spiritlm.Generation;
import org.spiritlm.GenerationListener;
import org.spiritlm.GenerationOptions;
import org.spiritlm.SpiritLm;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioFormat;
import org.spiritlm.json.Json;
import org.spiritlm.prompt.Prompt;
import org.spiritlm.report.ResultJson;

/**
 * The answer of {@code /api/generate} in events, while it is made: {@code text} and {@code audio},
 * all of which is one file in base64, and in the end {@code answer}, without the audio. Close it.
 */
final class AnswerStream implements GenerationListener, AutoCloseable {
  private final EventStream events;
  private final AudioFormat format;
  private final Runnable firstAudio;
  private @Nullable SpokenAnswer speech;

  /**
   * @param firstAudio told when there is audio
   */
  AnswerStream(Exchange exchange, AudioFormat format, Runnable firstAudio) {
    this.events = new EventStream(exchange);
    this.format = format;
    this.firstAudio = firstAudio;
  }

  /** Answers a prompt; the response is complete then. */
  void run(SpiritLm model, Prompt prompt, GenerationOptions options) {
    try {
      Generation answer = model.stream(prompt, options, this);
      if (speech != null) {
        send(speech.finish());
      }
      ObjectNode last = Json.object();
      last.set("answer", ResultJson.answer(answer, (index, spoken, object) -> {}));
      events.send(last);
      events.done();
    } catch (RuntimeException e) {
      events.fail(e);
    }
  }

  @Override
  public void text(String piece) {
    events.send(Json.object().put("text", piece));
  }

  @Override
  public void audio(Audio chunk) {
    if (speech == null) {
      firstAudio.run();
      speech = new SpokenAnswer(format, chunk.sampleRate());
    }
    send(speech.add(chunk));
  }

  private void send(byte[] bytes) {
    if (bytes.length > 0) {
      events.send(Json.object().put("audio", Base64.getEncoder().encodeToString(bytes)));
    }
  }

  @Override
  public boolean goesOn() {
    return events.isOpen();
  }

  @Override
  public void close() {
    if (speech != null) {
      speech.close();
    }
  }
}
