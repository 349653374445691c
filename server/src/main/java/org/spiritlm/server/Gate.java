package org.spiritlm.server;

import io.javalin.http.Context;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Decides who may come in. */
final class Gate {
  private static final Set<String> LOCAL = Set.of("localhost", "127.0.0.1", "[::1]");

  private static final String ORIGIN = "Origin";
  private static final String KEY_PROTOCOL = "openai-insecure-api-key.";

  private final ApiKeys keys;
  private final boolean local;
  private final String host;
  private final List<String> origins;

  Gate(ServerOptions options) {
    this.keys = new ApiKeys(options.keys());
    this.local = options.isLocal();
    this.host = options.host().toLowerCase(Locale.ROOT);
    this.origins = options.origins();
  }

  /** Whether pages of any other site may come. */
  boolean isShared() {
    return !origins.isEmpty();
  }

  /** Lets pages that may come from another site read the response, whatever it is. */
  void share(Context context) {
    if (!isShared()) {
      return;
    }
    context.header("Vary", ORIGIN);
    String origin = context.header(ORIGIN);
    if (origin != null && origins.contains(origin)) {
      context.header("Access-Control-Allow-Origin", origin);
      context.header("Access-Control-Expose-Headers", "X-Request-Id, Retry-After");
    }
  }

  /**
   * Answers a browser that asks whether a page may send a request of which it has the consequences;
   * it sends no key yet. Clients of OpenAI send headers of their own, so all are allowed.
   *
   * @throws ApiException if it may not
   */
  void preflight(Context context) {
    requireAddress(context);
    context
        .status(204)
        .header("Access-Control-Allow-Methods", "GET, POST")
        .header("Access-Control-Allow-Headers", "Authorization, *") // which * does not stand for
        .header("Access-Control-Max-Age", "600");
  }

  /**
   * Who comes.
   *
   * @throws ApiException if they may not
   */
  String client(Context context) {
    requireAddress(context);
    return keys.client(authorization(context), context.ip());
  }

  /**
   * Refuses who comes by a wrong way. A page of another site may make a browser send requests: it
   * is refused by its origin, unless that is one of those that may come. Where no key is needed, a
   * page may also have its own name point to this machine: so only this machine's names are
   * answered to.
   */
  private void requireAddress(Context context) {
    requireOrigin(context);
    if (local && !isLocal(name(context.host()))) {
      throw ApiException.wrong(
          403, "wrong_host", null, "this server answers to 'localhost' and its address alone");
    }
  }

  /**
   * What a client shows. Pages cannot give a WebSocket headers but the protocols that it may speak,
   * so OpenAI's clients put the key there.
   */
  private static @Nullable String authorization(Context context) {
    String shown = context.header("Authorization");
    String protocols = context.header("Sec-WebSocket-Protocol");
    if (shown != null || protocols == null) {
      return shown;
    }
    return Stream.of(protocols.split(",", -1))
        .map(String::strip)
        .filter(protocol -> protocol.startsWith(KEY_PROTOCOL))
        .map(protocol -> "Bearer " + protocol.substring(KEY_PROTOCOL.length()))
        .findFirst()
        .orElse(null);
  }

  private boolean isLocal(String name) {
    return LOCAL.contains(name) || name.equals(host) || name.equals("[" + host + "]");
  }

  private void requireOrigin(Context context) {
    String origin = context.header(ORIGIN);
    if (origin != null
        && !origins.contains(origin)
        && !Origin.authority(origin).equals(context.host())) {
      throw ApiException.wrong(
          403, "wrong_origin", null, "pages of other sites may not use this server");
    }
  }

  /** A host without its port. */
  private static String name(@Nullable String host) {
    String given = host == null ? "" : host.toLowerCase(Locale.ROOT);
    int port = given.lastIndexOf(':');
    return port > given.lastIndexOf(']') ? given.substring(0, port) : given;
  }
}
