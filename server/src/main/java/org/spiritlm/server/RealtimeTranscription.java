package org.spiritlm.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;
import org.spiritlm.Segment;
import org.spiritlm.lm.Terms;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.task.Hearings;
import org.spiritlm.task.Transcription;

/** Writes down what a client said in a conversation, and tells it. */
final class RealtimeTranscription {
  private static final String EVENT = "conversation.item.input_audio_transcription.";

  private final ServedModel model;
  private final RequestLimits limits;
  private final RealtimeEvents events;

  RealtimeTranscription(ServedModel model, RequestLimits limits, RealtimeEvents events) {
    this.model = model;
    this.limits = limits;
    this.events = events;
  }

  /**
   * Writes down the speech of an item.
   *
   * @param terms for the engine, but that a client that has gone is told nothing
   * @return what went wrong, or null
   */
  @Nullable RuntimeException run(String item, Segment.Speech speech, Terms terms) {
    try {
      Terms open = terms.asLongAs(events::isOpen);
      SpeechTokens tokens = model.model().tokens(speech);
      Transcription task = model.transcription(tokens, 0, open, limits);
      Hearings hearings = model.hear(task, speech, open);
      events.send(about("completed", item).put("transcript", task.transcribe(hearings)));
      return null;
    } catch (RuntimeException e) {
      ObjectNode failed = about("failed", item);
      failed.set("error", Failures.describe(Failures.explained(e)).get("error"));
      events.send(failed);
      return e;
    }
  }

  private static ObjectNode about(String end, String item) {
    return RealtimeEvents.event(EVENT + end).put("item_id", item).put("content_index", 0);
  }
}
