package org.spiritlm.shards;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.EnumMap;
import java.util.Map;
import org.spiritlm.json.Json;

/**
 * What went into shards.
 *
 * @param kinds counts of each kind
 * @param rejected items that could not be used
 */
public record ShardSummary(Map<ShardKind, Counts> kinds, long rejected) {
  /**
   * Counts of one kind.
   *
   * @param shards files
   * @param items texts or utterances
   * @param seconds of speech
   * @param words with known frames
   * @param speechTokens ids of the speech, given as a whole, without markers
   * @param textTokens ids of the text, given as a whole, without markers
   * @param bytes of the files
   */
  public record Counts(
      int shards,
      long items,
      double seconds,
      long words,
      long speechTokens,
      long textTokens,
      long bytes) {
    static final Counts NONE = new Counts(0, 0, 0, 0, 0, 0, 0);

    Counts plus(Counts more) {
      return new Counts(
          shards + more.shards,
          items + more.items,
          seconds + more.seconds,
          words + more.words,
          speechTokens + more.speechTokens,
          textTokens + more.textTokens,
          bytes + more.bytes);
    }
  }

  public ShardSummary {
    kinds = new EnumMap<>(kinds);
  }

  /** Counts of a kind. */
  public Counts of(ShardKind kind) {
    return kinds.getOrDefault(kind, Counts.NONE);
  }

  /** As one object. */
  public ObjectNode toJson() {
    ObjectNode object = Json.object();
    for (ShardKind kind : ShardKind.values()) {
      Counts counts = of(kind);
      ObjectNode node = object.putObject(kind.key());
      node.put("shards", counts.shards()).put("items", counts.items());
      if (kind != ShardKind.TEXT) {
        node.put("seconds", counts.seconds()).put("speech_tokens", counts.speechTokens());
      }
      if (kind == ShardKind.ALIGNED) {
        node.put("words", counts.words());
      }
      if (kind != ShardKind.SPEECH) {
        node.put("text_tokens", counts.textTokens());
      }
      node.put("bytes", counts.bytes());
    }
    return object.put("rejected", rejected);
  }
}
