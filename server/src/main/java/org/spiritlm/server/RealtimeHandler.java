package org.spiritlm.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.javalin.websocket.WsConfig;
import io.javalin.websocket.WsContext;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.eclipse.jetty.ee10.websocket.server.JettyWebSocketServletFactory;
import org.jspecify.annotations.Nullable;
import org.spiritlm.json.Json;

/** {@code WS /v1/realtime}: spoken conversations. */
final class RealtimeHandler implements AutoCloseable {
  static final String PATH = "/v1/realtime";

  /** Conversations at a time. */
  private static final int MOST = 64;

  /** Of a client's event (characters), where a body may not be shorter; OpenAI's is 15 MiB. */
  private static final long LONGEST = 16L << 20;

  /** After which a client that says nothing is let go. */
  private static final Duration SILENCE = Duration.ofMinutes(5);

  private static final int GOING_AWAY = 1001;
  private static final String CLIENT = "client";
  private static final String MODEL = "model";

  private final ServedModels models;
  private final ServerMetrics metrics;
  private final ServerOptions options;
  private final Executor threads;
  private final long patience;
  private final Map<String, Connection> connections = new ConcurrentHashMap<>();

  private record Connection(WsContext context, RealtimeSession session, String id, long began) {}

  /**
   * @param threads on which answers are made
   * @param patience how long a client may take nothing (ms)
   */
  RealtimeHandler(
      ServedModels models,
      ServerMetrics metrics,
      ServerOptions options,
      Executor threads,
      long patience) {
    this.models = models;
    this.metrics = metrics;
    this.options = options;
    this.threads = threads;
    this.patience = patience;
  }

  /** Limits what is read of a client. */
  void limit(JettyWebSocketServletFactory factory) {
    long most = Math.min(options.limits().bodyBytes(), LONGEST);
    factory.setMaxTextMessageSize(most);
    factory.setMaxBinaryMessageSize(1024); // none is expected
    factory.setMaxFrameSize(most);
    factory.setIdleTimeout(SILENCE);
  }

  /**
   * Lets a client in, before anything is said.
   *
   * @throws ApiException if there are too many, or it asks for a model that there is not
   */
  void admit(Context context, String client) {
    ServedModel model = models.named(context.queryParam(MODEL), MODEL);
    if (connections.size() >= MOST) {
      throw new ApiException(
          429,
          "rate_limit_error",
          "rate_limit_exceeded",
          null,
          MOST + " conversations are held already; come again later");
    }
    context.attribute(CLIENT, client);
    context.attribute(MODEL, model);
  }

  /** What is done when somebody comes, speaks and goes. */
  void handle(WsConfig config) {
    config.onConnect(this::connect);
    config.onMessage(context -> session(context, each -> each.accept(context.message())));
    config.onBinaryMessage(context -> session(context, RealtimeSession::refuseBinary));
    config.onClose(this::end);
    config.onError(context -> session(context, RealtimeSession::end));
  }

  private void connect(WsContext context) {
    String client = Objects.requireNonNull(context.<String>attribute(CLIENT));
    String id = Ids.next("req_");
    RealtimeEvents events = new RealtimeEvents(context.session, patience);
    RealtimeSession session =
        new RealtimeSession(
            Objects.requireNonNull(context.<ServedModel>attribute(MODEL)),
            metrics,
            options.limits(),
            threads,
            client,
            events,
            failure -> fault(id, failure));
    connections.put(context.sessionId(), new Connection(context, session, id, System.nanoTime()));
    session.begin();
  }

  private interface Use {
    void of(RealtimeSession session);
  }

  private void session(WsContext context, Use use) {
    @Nullable Connection connection = connections.get(context.sessionId());
    if (connection != null) {
      use.of(connection.session);
    }
  }

  private void end(WsContext context) {
    @Nullable Connection connection = connections.remove(context.sessionId());
    if (connection == null) {
      return;
    }
    connection.session.end();
    double seconds = (System.nanoTime() - connection.began) / 1e9;
    metrics.answered(PATH, 101, seconds);
    options
        .log()
        .accept(
            Json.line(
                line(connection.id)
                    .put("client", context.<String>attribute(CLIENT))
                    .put("status", 101)
                    .put("ms", Math.round(seconds * 1000))));
  }

  /** A fault of this program, with the place where it happened; its message may hold contents. */
  private void fault(String id, RuntimeException failure) {
    StackTraceElement[] trace = failure.getStackTrace();
    options
        .log()
        .accept(
            Json.line(
                line(id)
                    .put("fault", failure.getClass().getName())
                    .put("at", trace.length == 0 ? "" : trace[0].toString())));
  }

  private static ObjectNode line(String id) {
    return Json.object()
        .put("time", Instant.now().toString())
        .put("id", id)
        .put("method", "WS")
        .put("route", PATH);
  }

  /** Lets all conversations end, when no more answers are made. */
  @Override
  public void close() {
    for (Connection connection : connections.values()) {
      connection.session.await(options.grace());
      connection.context.closeSession(GOING_AWAY, "the server is being stopped");
    }
  }
}
