package org.spiritlm.shards;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.regex.Pattern;
import org.spiritlm.json.Json;
import org.spiritlm.json.JsonLine;
import org.spiritlm.torch.InputException;

/**
 * What the list of shards says of one.
 *
 * @param file its name in the directory
 * @param items how many items it has
 * @param bytes its length
 * @param crc32c its checksum (CRC-32C of all bytes)
 */
record ShardRecord(String file, ShardKind kind, int items, long bytes, long crc32c) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,200}");

  ObjectNode toJson() {
    ObjectNode object = Json.object();
    object.put("file", file).put("kind", kind.key()).put("items", items).put("bytes", bytes);
    return object.put("crc32c", String.format("%08x", crc32c));
  }

  /**
   * What {@link #toJson} gave.
   *
   * @throws InputException if something is missing or wrong
   */
  static ShardRecord read(JsonLine json) {
    String file = json.text("file");
    if (!NAME.matcher(file).matches()) {
      throw json.wrong("file", "the name of a file in this directory");
    }
    String key = json.text("kind");
    for (ShardKind kind : ShardKind.values()) {
      if (kind.key().equals(key)) {
        return new ShardRecord(
            file,
            kind,
            (int) whole(json, "items", Integer.MAX_VALUE),
            whole(json, "bytes", Long.MAX_VALUE),
            checksum(json));
      }
    }
    throw json.wrong("kind", "text, speech, aligned or transcribed");
  }

  private static long whole(JsonLine json, String key, long most) {
    double value = json.number(key);
    if (value < 0 || value != Math.rint(value) || value > most) {
      throw json.wrong(key, "a whole number");
    }
    return json.object().get(key).longValue();
  }

  private static long checksum(JsonLine json) {
    String text = json.text("crc32c");
    if (!text.matches("[0-9a-f]{8}")) {
      throw json.wrong("crc32c", "eight hexadecimal digits");
    }
    return Long.parseLong(text, 16);
  }
}
