package org.spiritlm.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
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
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ServeCommandTest {
  @TempDir Path folder;

  @Test
  void itServesUntilItIsStopped() throws Exception {
    Path keys = Files.writeString(folder.resolve("keys"), "# for tests\n\n the-key \n");
    PipedInputStream printed = new PipedInputStream();
    PrintStream out = new PrintStream(new PipedOutputStream(printed), true, StandardCharsets.UTF_8);
    PrintStream err =
        new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
    String[] words =
        Parity.words(
            "base",
            "serve",
            "--port",
            "0",
            "--json",
            "--name",
            "it",
            "--api-key-file",
            keys.toString());
    AtomicInteger code = new AtomicInteger(-1);
    Thread command = new Thread(() -> code.set(App.run(words, out, err)));
    command.start();
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(printed, StandardCharsets.UTF_8));
    JsonNode ready = new ObjectMapper().readTree(lines.readLine());
    assertThat(ready.get("model").asText()).isEqualTo("it");
    URI models = URI.create(ready.get("address").asText() + "/v1/models");
    HttpClient client = HttpClient.newHttpClient();
    assertThat(
            client
                .send(
                    HttpRequest.newBuilder(models).build(), HttpResponse.BodyHandlers.discarding())
                .statusCode())
        .isEqualTo(401);
    HttpResponse<String> answer =
        client.send(
            HttpRequest.newBuilder(models).header("Authorization", "Bearer the-key").build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(answer.body()).contains("\"it\"");
    command.interrupt();
    command.join();
    assertThat(code).hasValue(0);
  }

  @Test
  void mistakesAreTold() throws Exception {
    Path empty = Files.writeString(folder.resolve("empty"), "# nothing\n");
    for (String[] wrong :
        new String[][] {
          {"--host", "0.0.0.0"},
          {"--host", "no.such.host.invalid"},
          {"--port", "70000"},
          {"--api-key-file", empty.toString()},
          {"--api-key-file", folder.resolve("missing").toString()},
          {"--tls-key", empty.toString()},
          {"--tls-store", empty.toString()},
          {"--tls-certificate", empty.toString(), "--tls-key", empty.toString()},
          {"--max-batch", "0"},
          {"--cache-memory", "0"},
          {"--max-body", "-1"},
          {"--timeout", "0"}
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
