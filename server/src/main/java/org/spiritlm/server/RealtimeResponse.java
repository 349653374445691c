package org.spiritlm.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiritlm.EndReason;
import org.spiritlm.Generation;
import org.spiritlm.GenerationListener;
import org.spiritlm.GenerationOptions;
import org.spiritlm.SpiritLm;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioFormat;
import org.spiritlm.json.Json;
import org.spiritlm.lm.Terms;
import org.spiritlm.prompt.OutputModality;
import org.spiritlm.prompt.Prompt;

/**
 * One answer in a spoken conversation, told while it is made, until somebody wants no more of it.
 */
final class RealtimeResponse {
  private final String id = Ids.next("resp_");
  private final String itemId = Ids.next("item_");
  private final long began = System.nanoTime();
  private final ServedModel model;
  private final RealtimeSettings settings;
  private final RealtimeItems items;
  private final RealtimeEvents events;
  private final ServerMetrics metrics;
  private final Terms terms;
  private final boolean spoken;
  private @Nullable String cancelled; // why
  private volatile boolean ended;

  /**
   * @param terms for the engine, but that a client that has gone, or wants no more, is not answered
   */
  RealtimeResponse(
      ServedModel model,
      RealtimeSettings settings,
      RealtimeItems items,
      RealtimeEvents events,
      ServerMetrics metrics,
      Terms terms) {
    this.model = model;
    this.settings = settings;
    this.items = items;
    this.events = events;
    this.metrics = metrics;
    this.terms = terms.asLongAs(this::isWanted);
    this.spoken = settings.options().output() != OutputModality.TEXT;
  }

  /** Wants no more of it; nothing but its end is told from now on. */
  void cancel(String reason) {
    synchronized (events) {
      if (cancelled == null) {
        cancelled = reason;
      }
    }
  }

  private @Nullable String cancelled() {
    synchronized (events) {
      return cancelled;
    }
  }

  /** Whether it is being given, and somebody wants it. */
  boolean isActive() {
    return !ended && cancelled() == null;
  }

  /** Whether this item is what it says. */
  boolean says(String item) {
    return itemId.equals(item);
  }

  private boolean isWanted() {
    return events.isOpen() && cancelled() == null;
  }

  /** Says that it begins. */
  void announce() {
    RealtimeItem item = new RealtimeItem(itemId, "assistant", "in_progress", List.of());
    String previous = items.add(item);
    ObjectNode created = RealtimeEvents.event("response.created");
    created.set("response", describe("in_progress", null));
    events.send(created);
    events.send(output("response.output_item.added", item));
    ObjectNode known = RealtimeEvents.event("conversation.item.created");
    known.put("previous_item_id", previous);
    known.set("item", item.describe());
    events.send(known);
    ObjectNode part = about("response.content_part.added");
    part.set("part", RealtimeItem.part(spoken, ""));
    events.send(part);
  }

  /**
   * Makes it and tells it to its end, whatever happens.
   *
   * @return what went wrong, or null
   */
  @Nullable RuntimeException run() {
    try (Listener listener = new Listener()) {
      SpiritLm served = model.model(terms);
      GenerationOptions options = settings.next();
      Prompt prompt =
          items.prompt(
              settings.instructions(),
              itemId,
              options.output(),
              options.maxNewTokens(),
              model,
              served);
      Generation answer = served.stream(prompt, options, listener);
      listener.finish();
      end(answer);
      return null;
    } catch (RuntimeException e) {
      fail(e);
      return e;
    }
  }

  /** Tells what is made as it comes, as long as it is wanted. */
  private final class Listener implements GenerationListener, AutoCloseable {
    private @Nullable SpokenAnswer speech;

    @Override
    public void text(String piece) {
      tell(spoken ? "response.audio_transcript.delta" : "response.text.delta", piece);
    }

    @Override
    public void audio(Audio chunk) {
      if (speech == null) {
        metrics.firstAudio(model, (System.nanoTime() - began) / 1e9);
        speech = new SpokenAnswer(AudioFormat.PCM, chunk.sampleRate());
      }
      audio(speech.add(chunk));
    }

    private void audio(byte[] pcm) {
      if (pcm.length > 0) {
        tell("response.audio.delta", Base64.getEncoder().encodeToString(pcm));
      }
    }

    private void tell(String type, String delta) {
      synchronized (events) {
        if (cancelled == null) {
          events.send(about(type).put("delta", delta));
        }
      }
    }

    @Override
    public boolean goesOn() {
      return isWanted();
    }

    void finish() {
      if (speech != null) {
        audio(speech.finish());
      }
    }

    @Override
    public void close() {
      if (speech != null) {
        speech.close();
      }
    }
  }

  private void end(Generation answer) {
    String reason = cancelled();
    boolean cut = answer.endReason() == EndReason.LENGTH || answer.endReason() == EndReason.SECONDS;
    String status = reason != null ? "cancelled" : cut ? "incomplete" : "completed";
    RealtimeItem item =
        new RealtimeItem(itemId, "assistant", status, List.of())
            .saying(reason == null && !cut ? "completed" : "incomplete", answer.segments());
    items.replace(item);
    if (spoken) {
      events.send(about("response.audio.done"));
      events.send(about("response.audio_transcript.done").put("transcript", answer.text()));
    } else {
      events.send(about("response.text.done").put("text", answer.text()));
    }
    ObjectNode part = about("response.content_part.done");
    part.set("part", RealtimeItem.part(spoken, answer.text()));
    events.send(part);
    events.send(output("response.output_item.done", item));
    ObjectNode details = null;
    if (reason != null) {
      details = Json.object().put("type", "cancelled").put("reason", reason);
    } else if (cut) {
      details = Json.object().put("type", "incomplete").put("reason", "max_output_tokens");
    }
    ObjectNode response = describe(status, details);
    response.putArray("output").add(item.describe());
    response.set("usage", usage(answer));
    done(response);
  }

  private ObjectNode usage(Generation answer) {
    ObjectNode told =
        Usage.of(List.of(answer.promptIds()), List.of(answer), model.model().vocabulary());
    ObjectNode usage = Json.object();
    usage.set("total_tokens", told.get("total_tokens"));
    usage.set("input_tokens", told.get("prompt_tokens"));
    usage.set("output_tokens", told.get("completion_tokens"));
    usage.set("input_token_details", told.get("prompt_tokens_details"));
    usage.set("output_token_details", told.get("completion_tokens_details"));
    return usage;
  }

  private void fail(RuntimeException failure) {
    items.replace(new RealtimeItem(itemId, "assistant", "incomplete", List.of()));
    String reason = cancelled();
    ObjectNode details = Json.object();
    if (reason == null) {
      details.put("type", "failed");
      details.set("error", Failures.describe(Failures.explained(failure)).get("error"));
    } else {
      details.put("type", "cancelled").put("reason", reason);
    }
    done(describe(reason == null ? "failed" : "cancelled", details));
  }

  private void done(ObjectNode response) {
    ended = true; // who hears of it may ask for the next
    ObjectNode done = RealtimeEvents.event("response.done");
    done.set("response", response);
    events.send(done);
  }

  private ObjectNode describe(String status, @Nullable ObjectNode details) {
    ObjectNode response = Json.object();
    response.put("id", id);
    response.put("object", "realtime.response");
    response.put("status", status);
    response.set("status_details", details);
    response.putArray("output");
    response.putNull("usage");
    return response;
  }

  private ObjectNode output(String type, RealtimeItem item) {
    ObjectNode event = RealtimeEvents.event(type).put("response_id", id).put("output_index", 0);
    event.set("item", item.describe());
    return event;
  }

  private ObjectNode about(String type) {
    return RealtimeEvents.event(type)
        .put("response_id", id)
        .put("item_id", itemId)
        .put("output_index", 0)
        .put("content_index", 0);
  }
}
