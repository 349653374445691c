package org.spiritlm.checkpoint;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Tells models apart by what makes units of speech and ids of text. */
public final class TokenizerChecksum {
  private static final List<Part> SPEECH = List.of(Part.HUBERT, Part.PITCH, Part.STYLE);

  private static final Set<String> TEXT_TOKENIZER =
      Set.of(
          "tokenizer.model",
          "tokenizer.json",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json");

  /** Digits of a part's checksum in that of units: enough to tell models apart. */
  private static final int DIGITS = 16;

  private TokenizerChecksum() {}

  /**
   * A SHA-256 over the files of the speech tokenizer and the text tokenizer, in hexadecimal digits.
   * Checksums that {@code spiritlm.json} has are believed; other files are read.
   *
   * @throws org.spiritlm.torch.CheckpointException if a file cannot be read
   */
  public static String of(ModelDirectory model) {
    Map<String, String> sums = new TreeMap<>(sums(model, Part.LM));
    SPEECH.forEach(part -> sums.putAll(sums(model, part)));
    return sha256(sums);
  }

  /**
   * Checksums of the speech tokenizer alone, of 16 digits for each part that the model has: HuBERT,
   * pitch, style, with {@code -} between them. So that of a BASE model begins that of an EXPRESSIVE
   * one with the same HuBERT.
   *
   * @throws org.spiritlm.torch.CheckpointException if a file cannot be read
   */
  public static String ofUnits(ModelDirectory model) {
    return SPEECH.stream()
        .map(part -> sums(model, part))
        .filter(sums -> !sums.isEmpty())
        .map(sums -> sha256(sums).substring(0, DIGITS))
        .collect(Collectors.joining("-"));
  }

  /** The files of a part that matter, with the SHA-256 of each; none where it has no such part. */
  private static SortedMap<String, String> sums(ModelDirectory model, Part part) {
    ModelLayout layout = model.layout();
    SortedMap<String, String> sums = new TreeMap<>();
    if (!layout.parts().contains(part)) {
      return sums;
    }
    Map<String, ModelRecord.FileRecord> known =
        layout instanceof OwnLayout own ? own.description().files() : Map.of();
    Path directory = model.path().toAbsolutePath();
    for (Path file : layout.files(part)) {
      String name = file.getFileName().toString();
      if (part != Part.LM || TEXT_TOKENIZER.contains(name)) {
        String place = directory.relativize(file.toAbsolutePath()).toString().replace('\\', '/');
        ModelRecord.FileRecord record = known.get(place);
        sums.put(
            part.key() + "/" + name, record == null ? Directories.sha256(file) : record.sha256());
      }
    }
    return sums;
  }

  private static String sha256(Map<String, String> sums) {
    try {
      byte[] all = sums.toString().getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(all));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JVM has it
    }
  }
}
