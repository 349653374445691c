package org.spiritlm.server;

import java.net.URI;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;

/** Where a page is from, as browsers say it: {@code https://example.org:8443} (RFC 6454). */
final class Origin {
  private static final Map<String, Integer> PORTS = Map.of("http", 80, "https", 443);

  private Origin() {}

  /**
   * The same as a browser says it: in small letters, without the port that is meant anyway.
   *
   * @throws InputException if it is none, such as one with a path or a wildcard
   */
  static String parse(String given) {
    URI uri = uri(given);
    if (uri == null
        || uri.getScheme() == null
        || uri.getHost() == null
        || !(uri.getScheme() + "://" + uri.getRawAuthority()).equals(given)
        || uri.getUserInfo() != null) {
      throw new InputException(
          "an origin is a scheme with a host and its port, as in https://example.org or"
              + " http://localhost:3000, found '"
              + given
              + "'; give --cors-origin for each site, without a path");
    }
    String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
    boolean meant = uri.getPort() < 0 || PORTS.getOrDefault(scheme, -1) == uri.getPort();
    return scheme
        + "://"
        + uri.getHost().toLowerCase(Locale.ROOT)
        + (meant ? "" : ":" + uri.getPort());
  }

  private static @Nullable URI uri(String given) {
    try {
      return URI.create(given);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** The host and port of a page's origin; empty where it tells none. */
  static String authority(String origin) {
    URI uri = uri(origin);
    String authority = uri == null ? null : uri.getRawAuthority();
    return authority == null ? "" : authority;
  }
}
