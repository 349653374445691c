package org.spiritlm.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.spiritlm.json.Json;

/**
 * A response of events (server-sent events), which begins with the first of them, so that what
 * fails before has a status of its own. Safe for use by several threads.
 */
final class EventStream {
  private final Exchange exchange;
  private @Nullable OutputStream stream;
  private boolean broken;

  EventStream(Exchange exchange) {
    this.exchange = exchange;
  }

  /** Sends an event. */
  void send(ObjectNode data) {
    write(Json.line(data));
  }

  /** Says that there are no more. */
  void done() {
    write("[DONE]");
  }

  /** Whether the client has heard all that was sent so far. */
  synchronized boolean isOpen() {
    return !broken;
  }

  /**
   * Tells a failure: as the response where nothing was sent yet, else as an event, the last one.
   *
   * @throws RuntimeException the failure, where nothing was sent yet
   */
  synchronized void fail(RuntimeException failure) {
    if (stream == null) {
      throw failure;
    }
    exchange.failed(failure);
    send(Failures.describe(Failures.explained(failure)));
  }

  private synchronized void write(String data) {
    if (broken) {
      return;
    }
    if (stream == null) {
      stream = exchange.stream("text/event-stream");
    }
    try {
      stream.write(("data: " + data + "\n\n").getBytes(StandardCharsets.UTF_8));
      stream.flush();
    } catch (IOException e) { // the client has gone
      broken = true;
    }
  }
}
