package org.spiritlm.app;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.spiritlm.SpiritLm;
import org.spiritlm.json.Json;
import org.spiritlm.lm.EngineLimits;
import org.spiritlm.server.RequestLimits;
import org.spiritlm.server.ServerOptions;
import org.spiritlm.server.SpiritServer;
import org.spiritlm.server.Tls;
import org.spiritlm.torch.InputException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code spiritlm serve}: models over HTTP. */
@Command(
    name = "serve",
    description = {
      "Serve one or several models over HTTP with OpenAI's protocol, and the commands' own JSON.",
      "",
      "Prints its address when it is ready, then a line of JSON for each request on standard"
          + " error. Stop it by Ctrl-C: answers that are being made may end.",
      "",
      "Where no model is named and tiny-expressive and tiny-base are bundled, both are served.",
    },
    customSynopsis = "spiritlm serve [--host H] [--port P] [--model M] [--also M]... [OPTIONS]",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  spiritlm serve --model my-model",
      "  spiritlm serve --model my-model --also my-other-model",
      "  spiritlm serve --model meta --variant base --also meta:expressive",
      "  spiritlm serve --model my-model --host 0.0.0.0 --api-key-file keys.txt",
      "  spiritlm serve --model my-model --port 8443 --tls-certificate cert.pem --tls-key key.pem",
    })
final class ServeCommand implements Runnable {
  private static final String STORE = "--tls-store";

  private final Console console;

  @Option(
      names = "--host",
      paramLabel = "H",
      description = "Where to listen (default: ${DEFAULT-VALUE}, this machine alone).")
  String host = "127.0.0.1";

  @Option(
      names = "--port",
      paramLabel = "P",
      description = "The port; 0 takes any that is free (default: ${DEFAULT-VALUE}).")
  int port = 8080;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "What clients call the model (default: its directory's name).")
  @Nullable String name;

  @Option(
      names = "--also",
      paramLabel = "M",
      description =
          "Another model to serve beside it, called as its directory is; DIR:base or"
              + " DIR:expressive where that holds both; may be given again.")
  List<String> also = List.of();

  @Option(
      names = "--api-key-file",
      paramLabel = "FILE",
      description = "Keys, one a line, of which clients must show one.")
  @Nullable Path keys;

  @Option(names = "--insecure", description = "Let in others than this machine without a key.")
  boolean insecure;

  @Option(
      names = "--cors-origin",
      paramLabel = "ORIGIN",
      description =
          "Let pages of another site use it, such as https://example.org; may be given again.")
  List<String> origins = List.of();

  @Option(
      names = "--tls-certificate",
      paramLabel = "FILE.pem",
      description = "Serve over TLS with this certificate.")
  @Nullable Path certificate;

  @Option(
      names = "--tls-key",
      paramLabel = "FILE.pem",
      description = "Its private key (PKCS#8, unencrypted).")
  @Nullable Path key;

  @Option(
      names = STORE,
      paramLabel = "FILE.p12",
      description = "Serve over TLS with the certificate in a key store.")
  @Nullable Path store;

  @Option(
      names = "--tls-password-file",
      paramLabel = "FILE",
      description = "The key store's password.")
  @Nullable Path password;

  @Option(
      names = "--max-batch",
      paramLabel = "N",
      description = "The most answers that a model makes at once (default: ${DEFAULT-VALUE}).")
  int batch = EngineLimits.standard().sequences();

  @Option(
      names = "--max-waiting",
      paramLabel = "N",
      description =
          "The most that wait for a model; more are told to come again (default:"
              + " ${DEFAULT-VALUE}).")
  int waiting = EngineLimits.standard().waiting();

  @Option(
      names = "--cache-memory",
      paramLabel = "MIB",
      description =
          "Memory for the caches of all answers, shared equally by the models (default:"
              + " ${DEFAULT-VALUE}).")
  int cacheMemory = (int) (EngineLimits.standard().cacheBytes() >> 20);

  @Option(
      names = "--max-body",
      paramLabel = "MIB",
      description = "The longest request (default: ${DEFAULT-VALUE}).")
  int body = (int) (RequestLimits.standard().bodyBytes() >> 20);

  @Option(
      names = "--max-audio",
      paramLabel = "S",
      description = "The longest recording, and speech, in seconds (default: ${DEFAULT-VALUE}).")
  double audio = RequestLimits.standard().audioSeconds();

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      description = "The most tokens of an answer (default: ${DEFAULT-VALUE}).")
  int tokens = RequestLimits.standard().newTokens();

  @Option(
      names = "--timeout",
      paramLabel = "S",
      description = "The most time for a request, in seconds (default: ${DEFAULT-VALUE}).")
  int timeout = (int) RequestLimits.standard().time().toSeconds();

  @Mixin LookAheadOption lookAhead = new LookAheadOption();

  @Option(
      names = "--grace",
      paramLabel = "S",
      description = "How long answers may go on when it is stopped (default: ${DEFAULT-VALUE}).")
  int grace = 10;

  @Mixin ModelOptions model = new ModelOptions();
  @Mixin CommonOptions common = new CommonOptions();

  ServeCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    ServerOptions options = options();
    Map<String, SpiritLm> models = named(model.openWith(also));
    SpiritServer server = SpiritServer.start(models, options);
    Thread stop = new Thread(server::close, "spiritlm-stop");
    Runtime.getRuntime().addShutdownHook(stop);
    say(List.copyOf(models.keySet()), server.address());
    try {
      new CountDownLatch(1).await(); // until the process is told to end
    } catch (InterruptedException e) {
      Runtime.getRuntime().removeShutdownHook(stop);
      server.close();
    }
  }

  /** Models by what clients call them, the first by {@code --name} where that is given. */
  private Map<String, SpiritLm> named(List<ModelOptions.Named> models) {
    Map<String, SpiritLm> named = new LinkedHashMap<>();
    for (ModelOptions.Named each : models) {
      String called = named.isEmpty() && name != null ? name : each.name();
      SpiritLm other = named.putIfAbsent(called, each.model());
      if (other != null) {
        throw new InputException(
            "two models are called '"
                + called
                + "': "
                + other.directory().path()
                + " and "
                + each.model().directory().path()
                + "; give the first another name by --name, or rename a directory");
      }
    }
    return named;
  }

  private void say(List<String> called, String address) {
    if (common.json) {
      ObjectNode object = Json.object();
      object.put("model", called.get(0));
      called.forEach(object.putArray("models")::add);
      object.put("address", address);
      console.json(object);
    } else {
      String are = called.size() == 1 ? " is" : " are";
      console.print(String.join(", ", called) + are + " served at " + address);
    }
  }

  private ServerOptions options() {
    requirePositive("--max-body", body);
    requirePositive("--max-tokens", tokens);
    requirePositive("--timeout", timeout);
    requirePositive("--cache-memory", cacheMemory);
    requirePositive("--max-audio", audio);
    return new ServerOptions(
        host,
        port,
        keys == null ? List.of() : keys(keys),
        tls(),
        insecure,
        origins,
        new EngineLimits(batch, (long) cacheMemory << 20, waiting),
        RequestLimits.standard()
            .withBodyBytes((long) body << 20)
            .withAudioSeconds(audio)
            .withNewTokens(tokens)
            .withTime(Duration.ofSeconds(timeout)),
        lookAhead.frames(),
        Duration.ofSeconds(Math.max(0, grace)),
        console::say);
  }

  private static void requirePositive(String option, double value) {
    if (!(value > 0 && value < Integer.MAX_VALUE)) {
      throw new InputException(option + " must be above 0, found " + value);
    }
  }

  private static List<String> keys(Path file) {
    List<String> keys = lines(file).stream().filter(line -> !line.startsWith("#")).toList();
    if (keys.isEmpty()) {
      throw new InputException(file + ": no key; expected one a line");
    }
    return keys;
  }

  /** The lines of a file that hold something. */
  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file).stream()
          .map(String::strip)
          .filter(line -> !line.isEmpty())
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private @Nullable Tls tls() {
    if ((certificate == null) != (key == null)) {
      throw new InputException("--tls-certificate and --tls-key go together; give both");
    }
    if ((store == null) != (password == null)) {
      throw new InputException(STORE + " and --tls-password-file go together; give both");
    }
    if (store != null && certificate != null) {
      throw new InputException("give either " + STORE + " or --tls-certificate");
    }
    if (certificate != null && key != null) {
      return Tls.ofPem(certificate, key);
    }
    return store == null || password == null
        ? null
        : Tls.ofStore(store, String.join("", lines(password)));
  }
}
