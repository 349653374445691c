package org.spiritlm.server;

import io.javalin.http.HandlerType;
import java.util.function.Consumer;

/**
 * What is done at a path.
 *
 * @param method GET or POST
 * @param open whether no key is needed
 */
record Route(HandlerType method, String path, boolean open, Consumer<Exchange> handler) {
  static Route get(String path, Consumer<Exchange> handler) {
    return new Route(HandlerType.GET, path, false, handler);
  }

  static Route post(String path, Consumer<Exchange> handler) {
    return new Route(HandlerType.POST, path, false, handler);
  }

  /** The same for everybody. */
  Route withoutKey() {
    return new Route(method, path, true, handler);
  }
}
