package org.spiritlm.server;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.spiritlm.lm.EngineLimits;
import org.spiritlm.torch.InputException;

/**
 * How models are served.
 *
 * @param host where to listen: a name or an address of this machine
 * @param port 0 takes any that is free
 * @param keys of which a client must show one; empty where none is needed
 * @param tls the certificate to be known by, or null for plain HTTP
 * @param insecure whether others than this machine may come without a key
 * @param origins of other sites whose pages may use the server, such as {@code https://example.org}
 * @param engine what is made at once, and what may wait
 * @param limits of each request
 * @param lookAhead frames that streamed speech waits for, or null for as many as the vocoder sees,
 *     see {@link org.spiritlm.vocoder.VoiceOptions#lookAhead}
 * @param grace how long answers may go on while the server is being stopped
 * @param log takes a line of JSON for each request, without what was said
 */
public record ServerOptions(
    String host,
    int port,
    List<String> keys,
    @Nullable Tls tls,
    boolean insecure,
    List<String> origins,
    EngineLimits engine,
    RequestLimits limits,
    @Nullable Integer lookAhead,
    Duration grace,
    Consumer<String> log) {
  public ServerOptions {
    keys = List.copyOf(keys);
    origins = origins.stream().map(Origin::parse).toList();
    if (port < 0 || port > 65535) {
      throw new InputException("a port is a number from 0 to 65535, found " + port);
    }
    if (keys.isEmpty() && !insecure && !isLoopback(host)) {
      throw new InputException(
          "others than this machine could reach "
              + host
              + ", and no key is asked for; give --api-key-file FILE, or --insecure to let anybody"
              + " in");
    }
  }

  /** This machine alone, port 8080, no key. */
  public static ServerOptions standard() {
    return new ServerOptions(
        "127.0.0.1",
        8080,
        List.of(),
        null,
        false,
        List.of(),
        EngineLimits.standard(),
        RequestLimits.standard(),
        null,
        Duration.ofSeconds(10),
        line -> {});
  }

  /** The same on another port. */
  public ServerOptions withPort(int value) {
    return new ServerOptions(
        host, value, keys, tls, insecure, origins, engine, limits, lookAhead, grace, log);
  }

  /** The same for who has one of these keys. */
  public ServerOptions withKeys(List<String> value) {
    return new ServerOptions(
        host, port, value, tls, insecure, origins, engine, limits, lookAhead, grace, log);
  }

  /** The same over TLS. */
  public ServerOptions withTls(@Nullable Tls value) {
    return new ServerOptions(
        host, port, keys, value, insecure, origins, engine, limits, lookAhead, grace, log);
  }

  /**
   * The same for pages of these sites, too.
   *
   * @throws InputException if one of them is no origin
   */
  public ServerOptions withOrigins(List<String> value) {
    return new ServerOptions(
        host, port, keys, tls, insecure, value, engine, limits, lookAhead, grace, log);
  }

  /** The same with another engine. */
  public ServerOptions withEngine(EngineLimits value) {
    return new ServerOptions(
        host, port, keys, tls, insecure, origins, value, limits, lookAhead, grace, log);
  }

  /** The same with other limits. */
  public ServerOptions withLimits(RequestLimits value) {
    return new ServerOptions(
        host, port, keys, tls, insecure, origins, engine, value, lookAhead, grace, log);
  }

  /** The same with streamed speech that waits for so many frames. */
  public ServerOptions withLookAhead(@Nullable Integer value) {
    return new ServerOptions(
        host, port, keys, tls, insecure, origins, engine, limits, value, grace, log);
  }

  /** The same with a log. */
  public ServerOptions withLog(Consumer<String> value) {
    return new ServerOptions(
        host, port, keys, tls, insecure, origins, engine, limits, lookAhead, grace, value);
  }

  /** Whether only this machine can come, without a key. */
  boolean isLocal() {
    return keys.isEmpty() && !insecure;
  }

  private static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      throw new InputException("there is no host '" + host + "' to listen at", e);
    }
  }
}
