package org.spiritlm.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The files of the page, and nothing else. What it does is tested with the profile browser. */
class PageTest {
  private static final Pattern REFERENCE =
      Pattern.compile("(?:src=|href=|from |addModule\\()[\"']([^\"'#]+)[\"']");

  private static Served served;

  @BeforeAll
  static void start() {
    served = new Served("base", ServerOptions.standard().withKeys(List.of("key")));
  }

  @AfterAll
  static void stop() {
    served.close();
  }

  @Test
  void everyFileIsServedToEverybody() throws Exception {
    Set<String> files;
    Path directory =
        Path.of(Objects.requireNonNull(Page.class.getResource("page/index.html")).toURI());
    try (Stream<Path> list = Files.list(Objects.requireNonNull(directory.getParent()))) {
      files = list.map(file -> file.getFileName().toString()).collect(Collectors.toSet());
    }
    Set<String> paths =
        files.stream()
            .map(file -> file.equals("index.html") ? "/" : "/page/" + file)
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(Page.routes().stream().map(Route::path)).containsExactlyInAnyOrderElementsOf(paths);
    for (String path : paths) {
      HttpResponse<byte[]> response = served.get(path);
      assertThat(response.statusCode()).as(path).isEqualTo(200);
      assertThat(response.headers().firstValue("Content-Security-Policy"))
          .hasValue(Page.POLICY)
          .get()
          .asString()
          .doesNotContain("unsafe")
          .doesNotContain("http");
      assertThat(response.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
      String type = path.endsWith(".js") ? "text/javascript" : path.endsWith(".css") ? "css" : "";
      assertThat(response.headers().firstValue("Content-Type").orElseThrow()).contains(type);
    }
  }

  /** Nothing comes from elsewhere, and nothing is asked for that is not there. */
  @Test
  void whatFilesReferToIsServed() throws Exception {
    int found = 0;
    for (Route route : Page.routes()) {
      String text = Served.text(served.get(route.path()));
      for (MatchResult match : REFERENCE.matcher(text).results().toList()) {
        // scripts name what they load at run time as the page sees it
        boolean ofPage = match.group().startsWith("addModule");
        URI from = served.uri(ofPage ? "/" : route.path());
        assertThat(served.get(from.resolve(match.group(1)).getPath()).statusCode())
            .as("%s in %s", match.group(1), route.path())
            .isEqualTo(200);
        assertThat(match.group(1)).doesNotContain("//");
        found++;
      }
    }
    assertThat(found).isGreaterThan(20);
  }

  /** Which the policy would forbid. */
  @Test
  void nothingStandsInThePageThatRuns() throws Exception {
    String page = Served.text(served.get("/"));
    assertThat(page).doesNotContainPattern("(?i)<style|\\sstyle=|\\son[a-z]+=|javascript:");
    assertThat(page).doesNotContainPattern("<script(?![^>]* src=)");
    for (Route route : Page.routes()) {
      assertThat(Served.text(served.get(route.path())))
          .as(route.path())
          .doesNotContainPattern("innerHTML|outerHTML|insertAdjacentHTML|document\\.write|eval\\(");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/page",
        "/page/",
        "/page/index.html",
        "/page/missing.js",
        "/page/../openapi.json.class",
        "/page/../../SpiritServer.class",
        "/page/%2e%2e/openapi.json",
        "/page/..%2fopenapi.json",
        "/page/..%5copenapi.json",
        "/page/%252e%252e/openapi.json",
        "/page/..;/openapi.json",
        "/page/style.css%00.js",
        "/page//style.css",
        "/page/....//....//etc/passwd",
        "/../../../../etc/passwd",
        "/%c0%ae%c0%ae/etc/passwd",
        "/org/spiritlm/server/page/style.css",
        "//etc/passwd",
        "/page/STYLE.CSS"
      })
  void noOtherPathLeadsToAFile(String path) throws Exception {
    String answer;
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), served.uri("/").getPort())) {
      OutputStream out = socket.getOutputStream();
      String request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
      out.write(request.getBytes(StandardCharsets.ISO_8859_1));
      out.flush();
      answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
    assertThat(answer)
        .matches("(?s)HTTP/1.1 40[04] .*")
        .doesNotContain("root:", "openapi\"", "color-scheme", "Exception");
  }
}
