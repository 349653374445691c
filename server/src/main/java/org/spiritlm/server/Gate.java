package org.spiritlm.server;

import io.javalin.http.Context;
import java.net.URI;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Decides who may come in. */
final class Gate {
  private static final Set<String> LOCAL = Set.of("localhost", "127.0.0.1", "[::1]");

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
    return keys.client(context.header("Authorization"), context.ip());
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
