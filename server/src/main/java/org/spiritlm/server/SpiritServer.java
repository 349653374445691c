package org.spiritlm.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import io.javalin.config.JavalinConfig;
import io.javalin.config.SizeUnit;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpResponseException;
import io.javalin.util.JavalinException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.server.handler.MinimumDataRateHandler;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.spiritlm.SpiritLm;
import org.spiritlm.json.Json;
import org.spiritlm.torch.InputException;

/**
 * Models served over HTTP.
 *
 * <pre>{@code
 * try (SpiritServer server = SpiritServer.start("tiny", model, ServerOptions.standard())) {
 *   System.out.println(server.address());
 *   …
 * }
 * }</pre>
 */
public final class SpiritServer implements AutoCloseable {
  private static final int THREADS = 250;
  private static final int CONNECTIONS = 1000;

  /**
   * Connections that wait to be accepted; where too few may wait, those of many clients that come
   * at once are reset by the system.
   */
  private static final int QUEUE = 1024;

  /** Bodies that are read at once; each takes one of the threads. */
  static final int READERS = 64;

  /** How long a client may send nothing of its body, or take nothing of the response (ms). */
  private static final long IDLE = 10_000;

  /** The head of a request that is still coming after two of these is not waited for. */
  private static final Duration SLOWEST_HEAD = Duration.ofSeconds(5);

  /** Slower bodies are not waited for (bytes/s). */
  private static final int SLOWEST_BODY = 500;

  private static final String EXCHANGE = "exchange";
  private static final String ID = "X-Request-Id";

  private final ServerOptions options;
  private final ServedModels models;
  private final ServerMetrics metrics;
  private final Gate gate;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final RealtimeHandler realtime;
  private final Javalin javalin;
  private final Semaphore readers = new Semaphore(READERS);
  private volatile boolean ready = true;

  private SpiritServer(Map<String, SpiritLm> models, ServerOptions options) {
    this.options = options;
    this.gate = new Gate(options);
    this.models = new ServedModels(models, options);
    this.metrics = new ServerMetrics(this.models);
    this.realtime = new RealtimeHandler(this.models, metrics, options, threads, IDLE);
    this.javalin = Javalin.create(this::configure);
  }

  /**
   * Loads a model and listens.
   *
   * @param name what clients call the model
   * @throws InputException if the model cannot be loaded, or the port is taken
   */
  public static SpiritServer start(String name, SpiritLm model, ServerOptions options) {
    return start(Map.of(name, model), options);
  }

  /**
   * Loads several models and listens.
   *
   * @param models by what clients call them, in an order that the map keeps; the first is asked
   *     where a request names none
   * @throws InputException if there is no model, one cannot be loaded, or the port is taken
   */
  public static SpiritServer start(Map<String, SpiritLm> models, ServerOptions options) {
    SpiritServer server = new SpiritServer(models, options);
    try {
      server.javalin.start(options.host(), options.port());
      return server;
    } catch (JavalinException e) {
      server.close();
      throw new InputException(
          "cannot listen at port "
              + options.port()
              + " of "
              + options.host()
              + ": "
              + e.getMessage()
              + "; take another port",
          e);
    } catch (RuntimeException e) {
      server.close();
      throw e;
    }
  }

  /** Where it listens, such as {@code http://127.0.0.1:8080}. */
  public String address() {
    String host = options.host().contains(":") ? "[" + options.host() + "]" : options.host();
    return (options.tls() == null ? "http://" : "https://") + host + ":" + javalin.port();
  }

  /** What it does at which path, beside the page. */
  List<Route> routes() {
    return new Routes(models, metrics, threads, () -> ready, !options.keys().isEmpty()).all();
  }

  /** The model that is asked where a request names none. */
  ServedModel model() {
    return models.first();
  }

  private void configure(JavalinConfig config) {
    long most = options.limits().bodyBytes();
    config.startup.showJavalinBanner = false;
    config.startup.showOldJavalinVersionWarning = false;
    config.startup.startupWatcherEnabled = false;
    config.http.compressionStrategy = CompressionStrategy.NONE;
    config.http.maxRequestSize = most;
    config.http.prefer405over404 = true;
    config.jetty.threadPool = new QueuedThreadPool(THREADS);
    config.jetty.multipartConfig.maxFileSize(most, SizeUnit.BYTES);
    config.jetty.multipartConfig.maxTotalRequestSize(most, SizeUnit.BYTES);
    config.jetty.modifyHttpConfiguration(
        http -> {
          http.setSendServerVersion(false);
          http.setIdleTimeout(IDLE);
        });
    config.jetty.addConnector(this::connector);
    config.jetty.modifyServer(
        server -> {
          server.setErrorHandler(new JsonErrors());
          server.addBean(new NetworkConnectionLimit(CONNECTIONS, server));
          server.insertHandler(new MinimumDataRateHandler(SLOWEST_BODY, 0));
          server.insertHandler(new GracefulHandler()); // lets responses end
          server.setStopTimeout(Math.max(1000, options.grace().toMillis()));
        });
    config.routes.before(this::begin);
    List<Route> all = new ArrayList<>(routes());
    if (gate.isShared()) {
      for (Route route : all) {
        config.routes.addHttpHandler(HandlerType.OPTIONS, route.path(), gate::preflight);
      }
    }
    all.addAll(Page.routes());
    for (Route route : all) {
      config.routes.addHttpHandler(route.method(), route.path(), context -> handle(route, context));
    }
    config.routes.wsBeforeUpgrade(RealtimeHandler.PATH, this::upgrade);
    config.routes.ws(RealtimeHandler.PATH, realtime::handle);
    config.jetty.modifyWebSocketServletFactory(realtime::limit);
    config.routes.exception(HttpResponseException.class, this::fail);
    config.routes.exception(Exception.class, this::fail);
    config.requestLogger.http((context, milliseconds) -> log(context, milliseconds));
  }

  private ServerConnector connector(Server server, HttpConfiguration http) {
    Tls tls = options.tls();
    ServerConnector connector =
        tls == null
            ? new ServerConnector(server, new HttpConnectionFactory(http))
            : new ServerConnector(server, secure(http, tls), new HttpConnectionFactory(http));
    connector.setHost(options.host());
    connector.setPort(options.port());
    connector.setAcceptQueueSize(QUEUE);
    connector.addBean(new SlowHeaders(connector, SLOWEST_HEAD));
    return connector;
  }

  private static SslContextFactory.Server secure(HttpConfiguration http, Tls tls) {
    SslContextFactory.Server context = new SslContextFactory.Server();
    context.setKeyStore(tls.keys());
    context.setKeyStorePassword(tls.password());
    context.setSniRequired(false);
    http.addCustomizer(new SecureRequestCustomizer(false));
    return context;
  }

  private void begin(Context context) {
    context.header(ID, Ids.next("req_"));
    context.header("X-Content-Type-Options", "nosniff");
    context.header("X-Frame-Options", "DENY");
    context.header("Referrer-Policy", "no-referrer");
    context.header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    context.header("Cache-Control", "no-store");
    gate.share(context);
  }

  private void handle(Route route, Context context) {
    String client = route.open() ? context.ip() : gate.client(context);
    Exchange exchange = new Exchange(context, options.limits(), readers, client);
    context.attribute(EXCHANGE, exchange);
    route.handler().accept(exchange);
  }

  private void upgrade(Context context) {
    begin(context);
    realtime.admit(context, gate.client(context));
  }

  private void fail(Exception failure, Context context) {
    if (context.res().isCommitted()) { // the client sees that the response has no end
      context.attribute(Exchange.FAILURE, failure);
      ServletContextRequest.getServletContextRequest(context.req())
          .getServletChannel()
          .abort(failure);
      return;
    }
    ApiException told = Failures.explained(failure);
    if (told.status() == 429) {
      context.header("Retry-After", "1");
    }
    if (told.status() == 401) {
      context.header("WWW-Authenticate", "Bearer");
    }
    if (told.status() == 500) {
      log(context, failure);
    }
    if (context.method().equals(HandlerType.POST)) { // what was not read of it is not waited for
      context.header("Connection", "close");
    }
    context
        .status(told.status())
        .contentType("application/json")
        .result(Json.line(Failures.describe(told)));
  }

  private void log(Context context, float milliseconds) {
    Exchange exchange = context.attribute(EXCHANGE);
    String route = exchange == null ? "none" : context.endpoint().path;
    Exception failure = context.attribute(Exchange.FAILURE);
    int status = failure == null ? context.statusCode() : Failures.explained(failure).status();
    metrics.answered(route, status, milliseconds / 1000);
    if (failure != null && status == 500) {
      log(context, failure);
    }
    ObjectNode line = line(context);
    line.put("route", route);
    line.put("client", exchange == null ? context.ip() : exchange.client());
    line.put("status", context.statusCode());
    line.put("ms", Math.round(milliseconds));
    if (failure != null) {
      line.put("failed", status);
    }
    options.log().accept(Json.line(line));
  }

  /** A fault of this program, with the place where it happened; its message may hold contents. */
  private void log(Context context, Exception failure) {
    ObjectNode line = line(context);
    line.put("fault", failure.getClass().getName());
    line.put(
        "at", failure.getStackTrace().length == 0 ? "" : failure.getStackTrace()[0].toString());
    options.log().accept(Json.line(line));
  }

  private static ObjectNode line(Context context) {
    return Json.object()
        .put("time", Instant.now().toString())
        .put("id", context.res().getHeader(ID))
        .put("method", context.method().name());
  }

  /**
   * Takes no more requests, waits for the answers that are being made, as long as the grace time
   * is, and stops.
   */
  @Override
  public void close() {
    ready = false;
    models.close(options.grace(), threads);
    realtime.close();
    try {
      javalin.stop();
    } catch (JavalinException e) {
      if (!(e.getCause() instanceof TimeoutException)) {
        throw e;
      } // the grace time is over, and it stopped all the same
    } finally {
      threads.shutdownNow();
      metrics.close();
    }
  }
}
