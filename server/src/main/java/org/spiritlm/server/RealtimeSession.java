package org.spiritlm.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.spiritlm.Segment;
import org.spiritlm.audio.Audio;
import org.spiritlm.lm.Terms;

/**
 * A spoken conversation with one client. Its events are read one after another; a response is made
 * on another thread, so that the client can interrupt it.
 */
final class RealtimeSession implements InputAudio.Turns {
  /** OpenAI's least length of what is committed (seconds). */
  private static final double SHORTEST = 0.1;

  private final String id = Ids.next("sess_");
  private final ServedModel model;
  private final ServerMetrics metrics;
  private final RequestLimits limits;
  private final Executor threads;
  private final String client;
  private final RealtimeEvents events;
  private final Consumer<RuntimeException> faults;
  private final RealtimeItems items = new RealtimeItems();
  private final InputAudio input;
  private final RealtimeTranscription transcription;
  private RealtimeSettings settings;
  private @Nullable String spokenItem; // the id of what is being said
  private @Nullable RealtimeResponse response; // the newest
  private volatile CompletableFuture<Void> answered = CompletableFuture.completedFuture(null);
  private volatile CompletableFuture<Void> written = CompletableFuture.completedFuture(null);

  /**
   * @param client whose turn it is where many want answers
   * @param faults hears of faults of this program
   */
  RealtimeSession(
      ServedModel model,
      ServerMetrics metrics,
      RequestLimits limits,
      Executor threads,
      String client,
      RealtimeEvents events,
      Consumer<RuntimeException> faults) {
    this.model = model;
    this.metrics = metrics;
    this.limits = limits;
    this.threads = threads;
    this.client = client;
    this.events = events;
    this.faults = faults;
    this.transcription = new RealtimeTranscription(model, limits, events);
    this.settings = RealtimeSettings.standard(model, limits);
    this.input = new InputAudio(limits.audioSeconds(), this);
    input.detect(settings.turns());
  }

  /** Says that it is there. */
  void begin() {
    events.send(described("session.created"));
  }

  private ObjectNode described(String type) {
    ObjectNode event = RealtimeEvents.event(type);
    event.set("session", settings.describe(id, model.name()));
    return event;
  }

  /** Takes an event of the client; what is wrong with it is told as an event. */
  void accept(String message) {
    String cause = null;
    try {
      Fields event = Fields.parse(message.getBytes(StandardCharsets.UTF_8));
      cause = event.optionalText("event_id");
      handle(event.text("type"), event);
    } catch (RuntimeException e) {
      fail(e, cause);
    }
  }

  /** Bytes that are no text. */
  void refuseBinary() {
    events.fail(
        ApiException.wrong(null, "events are JSON in text messages; audio goes in as base64"),
        null);
  }

  private void fail(RuntimeException failure, @Nullable String cause) {
    tellFault(failure);
    events.fail(failure, cause);
  }

  private void handle(String type, Fields event) {
    switch (type) {
      case "session.update" -> update(event);
      case "input_audio_buffer.append" -> {
        only(event, "audio");
        input.append(event.base64("audio"));
      }
      case "input_audio_buffer.commit" -> {
        only(event);
        commit();
      }
      case "input_audio_buffer.clear" -> {
        only(event);
        input.clear();
        spokenItem = null;
        events.send(RealtimeEvents.event("input_audio_buffer.cleared"));
      }
      case "conversation.item.create" -> create(event);
      case "conversation.item.truncate" -> truncate(event);
      case "response.create" -> respond(event);
      case "response.cancel" -> cancel(event);
      default ->
          throw ApiException.wrong(
              400, "unknown_event", "type", "there is no event of this 'type' here");
    }
  }

  private static void only(Fields event, String... more) {
    List<String> known = new ArrayList<>(List.of(more));
    known.add("type");
    known.add("event_id");
    event.only(Set.copyOf(known));
  }

  private void update(Fields event) {
    only(event, "session");
    Fields session = event.child("session");
    if (session == null) {
      throw event.wrong("session", "an object");
    }
    settings = settings.with(session, model, limits);
    input.detect(settings.turns());
    if (settings.turns() == null) {
      spokenItem = null;
    }
    events.send(described("session.updated"));
  }

  @Override
  public void started(long millis) {
    spokenItem = Ids.next("item_");
    events.send(
        RealtimeEvents.event("input_audio_buffer.speech_started")
            .put("audio_start_ms", millis)
            .put("item_id", spokenItem));
    RealtimeResponse newest = response;
    if (newest != null && settings.turns() != null && settings.turns().interrupts()) {
      newest.cancel("turn_detected");
    }
  }

  @Override
  public void stopped(long millis) {
    events.send(
        RealtimeEvents.event("input_audio_buffer.speech_stopped")
            .put("audio_end_ms", millis)
            .put("item_id", spokenItem));
    try {
      commit();
      if (settings.turns() != null && settings.turns().responds()) {
        start(settings);
      }
    } catch (RuntimeException e) { // what comes after it is still heard
      fail(e, null);
    }
  }

  private void commit() {
    String item = spokenItem == null ? Ids.next("item_") : spokenItem;
    spokenItem = null;
    Audio audio = input.take();
    if (audio.seconds() < SHORTEST) {
      throw ApiException.wrong(
          400,
          "input_audio_buffer_commit_empty",
          null,
          "less than " + SHORTEST + " s of audio are no turn; send more of it first");
    }
    Segment.Speech speech = model.hear(audio, "audio", terms());
    events.send(
        RealtimeEvents.event("input_audio_buffer.committed")
            .put("previous_item_id", items.last())
            .put("item_id", item));
    add(RealtimeItem.of(item, "user", List.of(speech)));
    if (settings.transcription() != null) {
      Segment.Speech heard = new Segment.Speech(speech.tokens(), audio, null);
      written =
          CompletableFuture.allOf(
              written, CompletableFuture.runAsync(() -> write(item, heard), threads));
    }
  }

  private void write(String item, Segment.Speech speech) {
    tellFault(transcription.run(item, speech, terms()));
  }

  private Terms terms() {
    return Terms.of(client).within(limits.time());
  }

  private void add(RealtimeItem item) {
    ObjectNode created = RealtimeEvents.event("conversation.item.created");
    created.put("previous_item_id", items.add(item));
    created.set("item", item.describe());
    events.send(created);
  }

  private void create(Fields event) {
    only(event, "item");
    Fields item = event.child("item");
    if (item == null) {
      throw event.wrong("item", "an object");
    }
    item.only(Set.of("id", "object", "type", "status", "role", "content"));
    if (!item.text("type").equals("message")) {
      throw SamplingFields.unsupported(item, "type");
    }
    String role = item.text("role");
    if (!Set.of("user", "assistant", "system").contains(role)) {
      throw item.wrong("role", "user, assistant or system");
    }
    List<Segment> said = new ArrayList<>();
    for (Fields part : item.children("content")) {
      said.add(part(part));
    }
    add(RealtimeItem.of(Ids.next("item_"), role, said));
  }

  private Segment part(Fields part) {
    switch (part.text("type")) {
      case "text", "input_text" -> {
        part.only(Set.of("type", "text"));
        return Segment.text(part.text("text"));
      }
      case "input_audio" -> {
        part.only(Set.of("type", "audio"));
        InputAudio audio = new InputAudio(limits.audioSeconds(), this); // looks for no turns
        audio.append(part.base64("audio"));
        return model.hear(audio.take(), part.at("audio"), terms());
      }
      default -> throw part.wrong("type", "input_text, text or input_audio");
    }
  }

  /** Forgets what was not heard of an answer; one that is still being given ends. */
  private void truncate(Fields event) {
    only(event, "item_id", "content_index", "audio_end_ms");
    String id = event.text("item_id");
    event.whole("content_index", 0, 0); // an answer is one part
    Integer millis = event.whole("audio_end_ms", 0, Integer.MAX_VALUE);
    if (millis == null) {
      throw event.wrong("audio_end_ms", "a number of milliseconds");
    }
    RealtimeResponse newest = response;
    if (newest != null && newest.says(id)) {
      newest.cancel("client_cancelled");
      await(answered);
    }
    RealtimeItem item = items.get(id);
    if (item == null) {
      throw ApiException.wrong(
          400,
          "item_not_found",
          "item_id",
          "there is no such item in the conversation, or no longer");
    }
    boolean silent = !item.said().isEmpty() && !item.isSpoken();
    if (!item.role().equals("assistant") || silent) {
      throw ApiException.wrong("item_id", "only answers in speech can be truncated");
    }
    items.replace(item.saying(item.status(), model.heard(item.said(), millis)));
    events.send(
        RealtimeEvents.event("conversation.item.truncated")
            .put("item_id", id)
            .put("content_index", 0)
            .put("audio_end_ms", millis));
  }

  private void respond(Fields event) {
    only(event, "response");
    Fields wanted = event.child("response");
    start(wanted == null ? settings : settings.with(wanted, model, limits));
  }

  /** Answers what was said so far, when an answer that was interrupted has come to its end. */
  private void start(RealtimeSettings with) {
    RealtimeResponse newest = response;
    if (newest != null && newest.isActive()) {
      throw ApiException.wrong(
          400,
          "conversation_already_has_active_response",
          null,
          "an answer is being given; cancel it, or wait for response.done");
    }
    await(answered);
    RealtimeResponse next = new RealtimeResponse(model, with, items, events, metrics, terms());
    response = next;
    next.announce();
    answered = CompletableFuture.runAsync(() -> answer(next), threads);
  }

  private void answer(RealtimeResponse next) {
    tellFault(next.run());
  }

  private void tellFault(@Nullable RuntimeException failure) {
    if (failure != null) {
      metrics.realtimeFailed(failure);
      if (Failures.explained(failure).status() == 500) {
        faults.accept(failure);
      }
    }
  }

  private static void await(CompletableFuture<Void> future) {
    future.exceptionally(failure -> null).join();
  }

  private void cancel(Fields event) {
    only(event, "response_id");
    RealtimeResponse newest = response;
    if (newest == null || !newest.isActive()) {
      throw ApiException.wrong(400, "response_cancel_not_active", null, "no answer is being given");
    }
    newest.cancel("client_cancelled");
  }

  /** Waits until no answer or transcript is being made, for so long at most. */
  void await(Duration time) {
    try {
      CompletableFuture.allOf(answered, written)
          .get(Math.max(1, time.toMillis()), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      events.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The client has gone: nobody works for it any more. */
  void end() {
    events.close();
  }
}
