package org.spiritlm.server;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.spiritlm.torch.InputException;

/**
 * A certificate with its key, by which a server is known.
 *
 * @param keys holds both
 * @param password of the key in it
 */
public record Tls(KeyStore keys, String password) {
  private static final Pattern KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");

  /** As OpenSSL wrote them before PKCS#8, or under a password. */
  private static final Pattern OTHER_KEY =
      Pattern.compile("-----BEGIN (?:[A-Z]+ )PRIVATE KEY-----");

  private static final List<String> KINDS = List.of("RSA", "EC", "EdDSA");

  /**
   * Reads a key store (PKCS#12, or Java's own).
   *
   * @throws InputException if it cannot be read, as with another password
   */
  public static Tls ofStore(Path file, String password) {
    try {
      KeyStore keys = KeyStore.getInstance(file.toFile(), password.toCharArray());
      return new Tls(keys, password);
    } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
      throw new InputException(
          file + ": not a key store that the password opens: " + e.getMessage(), e);
    }
  }

  /**
   * Reads PEM files.
   *
   * @param certificate the server's certificate, and those that vouch for it
   * @param key its private key, unencrypted (PKCS#8)
   * @throws InputException if one of them cannot be read
   */
  public static Tls ofPem(Path certificate, Path key) {
    try {
      KeyStore keys = KeyStore.getInstance("PKCS12");
      keys.load(null, null);
      keys.setKeyEntry("server", key(key), new char[0], chain(certificate));
      return new Tls(keys, "");
    } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
      throw new InputException(
          certificate + ", " + key + ": no certificate with its key: " + e.getMessage(), e);
    }
  }

  private static Certificate[] chain(Path file) throws IOException, GeneralSecurityException {
    try (InputStream stream = Files.newInputStream(file)) {
      Certificate[] chain =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(stream)
              .toArray(new Certificate[0]);
      if (chain.length == 0) {
        throw new InputException(
            file + ": no certificate; expected '-----BEGIN CERTIFICATE-----' and what follows");
      }
      return chain;
    }
  }

  private static PrivateKey key(Path file) throws IOException, GeneralSecurityException {
    String text = Files.readString(file);
    Matcher matcher = KEY.matcher(text);
    if (!matcher.find()) {
      Matcher other = OTHER_KEY.matcher(text);
      if (other.find()) {
        throw new InputException(
            file
                + ": expected a key in PKCS#8, unencrypted ('-----BEGIN PRIVATE KEY-----'), found '"
                + other.group()
                + "'; convert it by: openssl pkcs8 -topk8 -nocrypt -in "
                + file
                + " -out key.pem");
      }
      throw new InputException(
          file
              + ": no private key; expected '-----BEGIN PRIVATE KEY-----' (PKCS#8, unencrypted) and"
              + " what follows");
    }
    byte[] bytes = Base64.getMimeDecoder().decode(matcher.group(1));
    InvalidKeySpecException last = null;
    for (String kind : KINDS) {
      try {
        return KeyFactory.getInstance(kind).generatePrivate(new PKCS8EncodedKeySpec(bytes));
      } catch (InvalidKeySpecException e) {
        last = e;
      }
    }
    throw new InputException(file + ": a private key of an unknown kind", last);
  }
}
