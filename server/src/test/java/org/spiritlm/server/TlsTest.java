package org.spiritlm.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.torch.InputException;

class TlsTest {
  private static final String PASSWORD = "changeit";

  @TempDir Path folder;

  /** A store with a certificate of this machine, of its own. */
  private Path store(String kind) throws Exception {
    Path store = folder.resolve(kind + ".p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "server",
                "-keyalg",
                kind,
                "-dname",
                "CN=localhost",
                "-ext",
                "san=dns:localhost,ip:127.0.0.1",
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD)
            .redirectErrorStream(true)
            .start();
    String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(keytool.waitFor()).as(said).isZero();
    return store;
  }

  private static String pem(String what, byte[] bytes) {
    return "-----BEGIN "
        + what
        + "-----\n"
        + Base64.getMimeEncoder().encodeToString(bytes)
        + "\n-----END "
        + what
        + "-----\n";
  }

  @ParameterizedTest
  @ValueSource(strings = {"RSA", "EC"})
  void aCertificateIsShown(String kind) throws Exception {
    Path store = store(kind);
    KeyStore keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
    Path certificate = folder.resolve("certificate.pem");
    Path key = folder.resolve("key.pem");
    Key secret = keys.getKey("server", PASSWORD.toCharArray());
    Files.writeString(certificate, pem("CERTIFICATE", keys.getCertificate("server").getEncoded()));
    Files.writeString(key, pem("PRIVATE KEY", secret.getEncoded()));
    for (Tls tls : List.of(Tls.ofStore(store, PASSWORD), Tls.ofPem(certificate, key))) {
      try (Served served = new Served("base", ServerOptions.standard().withTls(tls))) {
        assertThat(served.server.address()).startsWith("https://127.0.0.1:");
        HttpResponse<String> response =
            trusting(keys)
                .send(
                    HttpRequest.newBuilder(URI.create(served.server.address() + "/v1/models"))
                        .build(),
                    HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).contains(Served.NAME);
      }
    }
  }

  private static HttpClient trusting(KeyStore keys) throws Exception {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("server", keys.getCertificate("server"));
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, factory.getTrustManagers(), null);
    return HttpClient.newBuilder().sslContext(context).build();
  }

  @Test
  void whatIsNoCertificateIsRefused() throws Exception {
    Path store = store("EC");
    Path nonsense = Files.writeString(folder.resolve("x.pem"), "nonsense");
    Path missing = folder.resolve("missing.pem");
    for (Runnable wrong :
        List.<Runnable>of(
            () -> Tls.ofStore(store, "another"),
            () -> Tls.ofStore(nonsense, PASSWORD),
            () -> Tls.ofStore(missing, PASSWORD),
            () -> Tls.ofPem(nonsense, nonsense),
            () -> Tls.ofPem(missing, nonsense))) {
      assertThatThrownBy(wrong::run).isInstanceOf(InputException.class);
    }
  }

  /** Forms that Java does not read: it is said how to convert them. */
  @Test
  void otherFormsOfKeysAreTold() throws Exception {
    Path certificate = folder.resolve("not-looked-at.pem");
    Path key = folder.resolve("key.pem");
    for (String kind : List.of("EC", "RSA", "DSA", "ENCRYPTED")) {
      String parameters = pem("EC PARAMETERS", new byte[9]); // as openssl ecparam writes them
      Files.writeString(key, parameters + pem(kind + " PRIVATE KEY", new byte[9]));
      assertThatThrownBy(() -> Tls.ofPem(certificate, key))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("found '-----BEGIN " + kind + " PRIVATE KEY-----'")
          .hasMessageContaining("openssl pkcs8 -topk8 -nocrypt -in " + key + " -out ");
    }
    Files.writeString(key, "-----BEGIN PRIVATE KEY-----\nA\n-----END PRIVATE KEY-----\n");
    assertThatThrownBy(() -> Tls.ofPem(certificate, key)).isInstanceOf(InputException.class);
  }

  @Test
  void aTakenPortIsTold() {
    try (Served first = Served.of("base")) {
      int port = first.uri("/").getPort();
      assertThatThrownBy(
              () ->
                  SpiritServer.start(
                      "x", Served.model("base"), ServerOptions.standard().withPort(port)))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("port " + port);
    }
  }
}
