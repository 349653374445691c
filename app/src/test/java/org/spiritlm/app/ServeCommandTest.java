package org.spiritlm.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ServeCommandTest {
  @TempDir Path folder;

  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  /** The command on a thread of its own, until it is stopped. */
  private static final class Serving {
    private final AtomicInteger code = new AtomicInteger(-1);
    private final Thread command;
    final String line;

    Serving(String... words) throws IOException {
      PipedInputStream printed = new PipedInputStream();
      PrintStream out =
          new PrintStream(new PipedOutputStream(printed), true, StandardCharsets.UTF_8);
      PrintStream err =
          new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
      command = new Thread(() -> code.set(App.run(words, out, err)));
      command.start();
      line = new BufferedReader(new InputStreamReader(printed, StandardCharsets.UTF_8)).readLine();
    }

    JsonNode ready() throws IOException {
      return new ObjectMapper().readTree(line);
    }

    int stop() throws InterruptedException {
      command.interrupt();
      command.join();
      return code.get();
    }
  }

  private static HttpResponse<String> models(String address, String... headers) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(address + "/v1/models"));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private static List<String> names(String address) throws Exception {
    return new ObjectMapper().readTree(models(address).body()).findValuesAsText("id");
  }

  @Test
  void itServesUntilItIsStopped() throws Exception {
    Path keys = Files.writeString(folder.resolve("keys"), "# for tests\n\n the-key \n");
    Serving serving =
        new Serving(
            Parity.words(
                "base",
                "serve",
                "--port",
                "0",
                "--json",
                "--name",
                "it",
                "--api-key-file",
                keys.toString(),
                "--cors-origin",
                "https://one.example",
                "--cors-origin",
                "http://localhost:3000"));
    assertThat(serving.ready().get("model").asText()).isEqualTo("it");
    String address = serving.ready().get("address").asText();
    assertThat(models(address).statusCode()).isEqualTo(401);
    assertThat(models(address, "Authorization", "Bearer the-key").body()).contains("\"it\"");
    for (String origin : List.of("https://one.example", "http://localhost:3000")) {
      HttpResponse<String> shared =
          models(address, "Authorization", "Bearer the-key", "Origin", origin);
      assertThat(shared.headers().firstValue("Access-Control-Allow-Origin")).hasValue(origin);
    }
    assertThat(serving.stop()).isZero();
  }

  /** One of the two models in our own layout, in a directory of this name. */
  private Path own(String variant, String name) {
    Path directory = folder.resolve(name);
    Run run =
        Run.of(
            "convert",
            Parity.checkpoints(),
            "--variant",
            variant,
            "--dtype",
            "fp32",
            "-o",
            directory.toString());
    assertThat(run.code()).as(run.err()).isZero();
    return directory;
  }

  @Test
  void severalAreServedTogether() throws Exception {
    String vivid = own("expressive", "vivid").toString();
    Serving serving =
        new Serving(
            Parity.words("base", "serve", "--port", "0", "--name", "plain", "--also", vivid));
    assertThat(serving.line).startsWith("plain, vivid are served at http://127.0.0.1:");
    String address = serving.line.substring(serving.line.indexOf("http"));
    assertThat(names(address)).containsExactly("plain", "vivid");
    assertThat(serving.stop()).isZero();
    Run twice = Parity.run("base", "serve", "--port", "0", "--also", vivid, "--also", vivid);
    assertThat(twice.code()).isEqualTo(2);
    assertThat(twice.err()).contains("two models are called 'vivid'").contains("--name");
  }

  @Test
  void bothModelsOfOneDirectoryAreServed() throws Exception {
    String both = Parity.checkpoints();
    Serving serving =
        new Serving(Parity.words("base", "serve", "--port", "0", "--also", both + ":expressive"));
    String address = serving.line.substring(serving.line.indexOf("http"));
    assertThat(names(address)).containsExactly("checkpoints", "checkpoints-expressive");
    assertThat(serving.stop()).isZero();
    Run unclear = Parity.run("base", "serve", "--port", "0", "--also", both);
    assertThat(unclear.code()).isEqualTo(2);
    assertThat(unclear.err()).contains("holds both").contains("DIR:expressive");
  }

  /** As for who unpacks the program and starts it. */
  @Test
  void bothBundledModelsAreServedWhereNoneIsNamed() throws Exception {
    String home = "spiritlm.home";
    String before = System.getProperty(home, "");
    Files.createDirectories(folder.resolve("models"));
    own("base", "models/tiny-base");
    own("expressive", "models/tiny-expressive");
    System.setProperty(home, folder.toString());
    try {
      Serving serving = new Serving("serve", "--port", "0", "--json");
      assertThat(serving.ready().get("model").asText()).isEqualTo("tiny-expressive");
      List<String> told = new ArrayList<>();
      serving.ready().get("models").forEach(each -> told.add(each.asText()));
      assertThat(told).containsExactly("tiny-expressive", "tiny-base");
      assertThat(names(serving.ready().get("address").asText())).isEqualTo(told);
      assertThat(serving.stop()).isZero();
    } finally {
      if (before.isEmpty()) {
        System.clearProperty(home);
      } else {
        System.setProperty(home, before);
      }
    }
  }

  @Test
  void mistakesAreTold() throws Exception {
    Path empty = Files.writeString(folder.resolve("empty"), "# nothing\n");
    for (String[] wrong :
        new String[][] {
          {"--host", "0.0.0.0"},
          {"--host", "no.such.host.invalid"},
          {"--port", "70000"},
          {"--cors-origin", "*"},
          {"--api-key-file", empty.toString()},
          {"--api-key-file", folder.resolve("missing").toString()},
          {"--tls-key", empty.toString()},
          {"--tls-store", empty.toString()},
          {"--tls-certificate", empty.toString(), "--tls-key", empty.toString()},
          {"--max-batch", "0"},
          {"--cache-memory", "0"},
          {"--max-body", "-1"},
          {"--timeout", "0"},
          {"--also", folder.resolve("missing").toString()}
        }) {
      String[] words = new String[wrong.length + 1];
      words[0] = "serve";
      System.arraycopy(wrong, 0, words, 1, wrong.length);
      Run run = Parity.run("base", words);
      assertThat(run.code()).as(String.join(" ", wrong)).isEqualTo(2);
      assertThat(run.out()).isEmpty();
      assertThat(run.err()).startsWith("spiritlm serve: ");
    }
  }
}
