package org.spiritlm.checkpoint;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Tells models apart by what makes units of speech and ids of text. */
public final class TokenizerChecksum {
  private static final Set<Part> PARTS = Set.of(Part.LM, Part.HUBERT, Part.PITCH, Part.STYLE);

  private static final Set<String> TEXT_TOKENIZER =
      Set.of(
          "tokenizer.model",
          "tokenizer.json",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json");

  private TokenizerChecksum() {}

  /**
   * A SHA-256 over the files of the speech tokenizer and the text tokenizer, in hexadecimal digits.
   * Checksums that {@code spiritlm.json} has are believed; other files are read.
   *
   * @throws org.spiritlm.torch.CheckpointException if a file cannot be read
   */
  public static String of(ModelDirectory model) {
    ModelLayout layout = model.layout();
    Map<String, ModelRecord.FileRecord> known =
        layout instanceof OwnLayout own ? own.description().files() : Map.of();
    Map<String, String> sums = new TreeMap<>();
    for (Part part : layout.parts()) {
      if (!PARTS.contains(part)) {
        continue;
      }
      for (Path file : layout.files(part)) {
        String name = file.getFileName().toString();
        if (part != Part.LM || TEXT_TOKENIZER.contains(name)) {
          String place = model.path().relativize(file).toString().replace('\\', '/');
          ModelRecord.FileRecord record = known.get(place);
          sums.put(
              part.key() + "/" + name, record == null ? Directories.sha256(file) : record.sha256());
        }
      }
    }
    return HexFormat.of()
        .formatHex(sha256().digest(sums.toString().getBytes(StandardCharsets.UTF_8)));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JVM has it
    }
  }
}
