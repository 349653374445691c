package org.spiritlm.corpus.alignment;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.spiritlm.json.Json;

/**
 * What the result of a run depends on, so that only the same run is gone on with.
 *
 * @param items lines of the manifest that are not blank
 * @param json the rest: checksums and settings
 */
record RunIdentity(long items, ObjectNode json) {
  private static final int BUFFER_BYTES = 1 << 16;

  /** Takes the bytes of a file. */
  private interface Bytes {
    void take(byte[] buffer, int count);
  }

  static RunIdentity of(Path manifest, Path aligner, double leastScore) throws IOException {
    MessageDigest digest = sha256();
    LineCount lines = new LineCount();
    read(
        manifest,
        (buffer, count) -> {
          digest.update(buffer, 0, count);
          lines.take(buffer, count);
        });
    ObjectNode json = Json.object();
    json.put("manifest", HexFormat.of().formatHex(digest.digest()));
    json.put("aligner", checksum(aligner));
    json.put("least_score", leastScore);
    return new RunIdentity(lines.total(), json);
  }

  private static String checksum(Path directory) throws IOException {
    MessageDigest digest = sha256();
    List<Path> files;
    try (Stream<Path> list = Files.list(directory)) {
      files = list.filter(Files::isRegularFile).sorted().toList();
    }
    for (Path file : files) {
      digest.update(String.valueOf(file.getFileName()).getBytes(StandardCharsets.UTF_8));
      read(file, (buffer, count) -> digest.update(buffer, 0, count));
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static void read(Path file, Bytes bytes) throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    try (InputStream stream = Files.newInputStream(file)) {
      for (int count = stream.read(buffer); count >= 0; count = stream.read(buffer)) {
        bytes.take(buffer, count);
      }
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JVM has it
    }
  }

  /** Counts lines that are not blank. */
  private static final class LineCount implements Bytes {
    private long lines;
    private boolean blank = true;

    @Override
    public void take(byte[] buffer, int count) {
      for (int i = 0; i < count; i++) {
        if (buffer[i] == '\n') {
          lines += blank ? 0 : 1;
          blank = true;
        } else if (buffer[i] != ' ' && buffer[i] != '\t' && buffer[i] != '\r') {
          blank = false;
        }
      }
    }

    long total() {
      return lines + (blank ? 0 : 1);
    }
  }
}
