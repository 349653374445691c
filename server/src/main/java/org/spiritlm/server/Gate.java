package org.spiritlm.server;

import io.javalin.http.Context;
import java.net.URI;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Decides who may come in. */
final class Gate {
  private static final Set<String> LOCAL = Set.of("localhost", "127.0.0.1", "[::1]");

  private static final String KEY_PROTOCOL = "openai-insecure-api-key.";

  private final ApiKeys keys;
  private final boolean local;
  private final String host;

  Gate(ServerOptions options) {
    this.keys = new ApiKeys(options.keys());
    this.local = options.isLocal();
    this.host = options.host().toLowerCase(Locale.ROOT);
  }

  /**
   * Who comes.
   *
   * <p>A page of another site may make a browser send requests: it is refused by its origin. Where
   * no key is needed, a page may also have its own name point to this machine: so only this
   * machine's names are answered to.
   *
   * @throws ApiException if they may not
   */
  String client(Context context) {
    requireOrigin(context);
    if (local && !isLocal(name(context.host()))) {
      throw ApiException.wrong(
          403, "wrong_host", null, "this server answers to 'localhost' and its address alone");
    }
    return keys.client(authorization(context), context.ip());
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

  private static void requireOrigin(Context context) {
    String origin = context.header("Origin");
    if (origin != null && !authority(origin).equals(context.host())) {
      throw ApiException.wrong(
          403, "wrong_origin", null, "pages of other sites may not use this server");
    }
  }

  private static String authority(String origin) {
    try {
      String authority = URI.create(origin).getRawAuthority();
      return authority == null ? "" : authority;
    } catch (IllegalArgumentException e) {
      return "";
    }
  }

  /** A host without its port. */
  private static String name(@Nullable String host) {
    String given = host == null ? "" : host.toLowerCase(Locale.ROOT);
    int port = given.lastIndexOf(':');
    return port > given.lastIndexOf(']') ? given.substring(0, port) : given;
  }
}
