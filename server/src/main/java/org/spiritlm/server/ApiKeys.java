package org.spiritlm.server;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The keys by which clients are known; only their hashes are kept. */
final class ApiKeys {
  private static final String BEARER = "Bearer ";

  private final List<byte[]> hashes;

  /**
   * @param keys none where anybody may come
   */
  ApiKeys(List<String> keys) {
    this.hashes = keys.stream().map(ApiKeys::hash).toList();
  }

  private static byte[] hash(String key) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  /**
   * Who shows this; it takes as long whichever key it is, or none of them.
   *
   * @param authorization the header, or null
   * @param address who it is where no keys are needed
   * @return a name that says nothing of the key
   * @throws ApiException if a key is needed, and this is none
   */
  String client(@Nullable String authorization, String address) {
    if (hashes.isEmpty()) {
      return address;
    }
    String shown =
        authorization != null && authorization.startsWith(BEARER)
            ? authorization.substring(BEARER.length()).strip()
            : "";
    byte[] hash = hash(shown);
    int found = -1;
    for (int i = 0; i < hashes.size(); i++) {
      found = MessageDigest.isEqual(hash, hashes.get(i)) ? i : found;
    }
    if (found < 0) {
      throw ApiException.wrong(
          401,
          "invalid_api_key",
          null,
          shown.isEmpty()
              ? "a key is needed: send the header 'Authorization: Bearer KEY'"
              : "this key is not known here");
    }
    return "key " + (found + 1);
  }
}
