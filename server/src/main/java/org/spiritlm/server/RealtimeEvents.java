package org.spiritlm.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.websocket.api.Callback;
import org.eclipse.jetty.websocket.api.Session;
import org.jspecify.annotations.Nullable;
import org.spiritlm.json.Json;

/**
 * What a client of a WebSocket is told, event by event; who tells waits until each is written. Safe
 * for use by several threads.
 */
final class RealtimeEvents {
  private final Session session;
  private final long patience;
  private volatile boolean open = true;

  /**
   * @param patience how long a client may take nothing, until it is let go (ms)
   */
  RealtimeEvents(Session session, long patience) {
    this.session = session;
    this.patience = patience;
  }

  /** Whether the client is there. */
  boolean isOpen() {
    return open && session.isOpen();
  }

  /** An event of a type, to be completed. */
  static ObjectNode event(String type) {
    return Json.object().put("type", type).put("event_id", Ids.next("event_"));
  }

  synchronized void send(ObjectNode event) {
    if (!isOpen()) {
      return;
    }
    Callback.Completable written = new Callback.Completable();
    session.sendText(Json.line(event), written);
    try {
      written.get(patience, TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) { // the client has gone
      close();
    } catch (TimeoutException e) {
      close();
      session.disconnect();
    } catch (InterruptedException e) {
      close();
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Tells a failure.
   *
   * @param cause the event of the client that it comes from, by its id, or null
   */
  void fail(RuntimeException failure, @Nullable String cause) {
    ObjectNode error = (ObjectNode) Failures.describe(Failures.explained(failure)).get("error");
    ObjectNode event = event("error");
    event.set("error", error.put("event_id", cause));
    send(event);
  }

  /** Nobody listens any more. */
  void close() {
    open = false;
  }
}
