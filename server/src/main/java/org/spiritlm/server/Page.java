package org.spiritlm.server;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The web page: files of this program, each at a path of its own.
 *
 * <p>Nothing of a request chooses a file, so there is no path that leads to another one.
 */
final class Page {
  /** Its own scripts, styles and sounds alone; none that stand in the page. */
  static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
          + " media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private static final String START = "index.html";
  private static final List<String> FILES =
      List.of(
          "style.css",
          "icon.svg",
          "main.js",
          "api.js",
          "conversation.js",
          "elements.js",
          "models.js",
          "pitch.js",
          "recorder.js",
          "recording-processor.js",
          "resynthesis.js",
          "scoring.js",
          "sound.js",
          "speech-view.js",
          "store.js",
          "timeline.js",
          "tokens.js");

  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "svg", "image/svg+xml");

  private Page() {}

  /** A route for each file; the page starts at {@code /}. */
  static List<Route> routes() {
    List<Route> routes = new ArrayList<>();
    routes.add(route("/", START));
    FILES.forEach(file -> routes.add(route("/page/" + file, file)));
    return routes;
  }

  private static Route route(String path, String file) {
    byte[] content = read(file);
    String type =
        Objects.requireNonNull(TYPES.get(file.substring(file.lastIndexOf('.') + 1)), file);
    return Route.get(
            path,
            exchange -> {
              exchange.context().header("Content-Security-Policy", POLICY);
              exchange.context().header("Permissions-Policy", "microphone=(self)");
              exchange.respond(type, content);
            })
        .withoutKey();
  }

  private static byte[] read(String file) {
    try (InputStream stream =
        Objects.requireNonNull(Page.class.getResourceAsStream("page/" + file), file)) {
      return stream.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
