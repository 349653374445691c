package org.spiritlm.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.ConfigFile;

/**
 * What {@code tokenizer_config.json}, {@code special_tokens_map.json} and {@code added_tokens.json}
 * (Hugging Face) say beyond the vocabulary; all of them may be absent.
 *
 * @param startToken {@code bos_token}
 * @param endToken {@code eos_token}
 * @param unknownToken {@code unk_token}
 * @param otherSpecialTokens {@code pad_token}, {@code additional_special_tokens} and the like
 * @param addStart whether {@code startToken} is put before a text; null if not said
 * @param addEnd whether {@code endToken} is put after a text; null if not said
 * @param legacy whether each part of a text between added tokens gets its own leading blank
 * @param addPrefixBlank {@code add_prefix_space}
 * @param addedTokens tokens that are not in the vocabulary file, and their ids
 */
record TokenizerConfig(
    String startToken,
    String endToken,
    String unknownToken,
    Set<String> otherSpecialTokens,
    @Nullable Boolean addStart,
    @Nullable Boolean addEnd,
    boolean legacy,
    boolean addPrefixBlank,
    Map<String, AddedToken> addedTokens) {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /**
   * @param stripLeft whether blanks before it are dropped
   * @param stripRight whether blanks after it are dropped
   */
  record AddedToken(int id, boolean stripLeft, boolean stripRight) {}

  /** All tokens that decoding leaves out. */
  Set<String> specialTokens() {
    Set<String> special = new LinkedHashSet<>(otherSpecialTokens);
    special.add(startToken);
    special.add(endToken);
    special.add(unknownToken);
    return special;
  }

  /**
   * @throws CheckpointException if one of the files is damaged or asks for what is not supported
   */
  static TokenizerConfig read(Path directory) {
    Path file = directory.resolve("tokenizer_config.json");
    JsonNode config = json(file);
    JsonNode map = json(directory.resolve("special_tokens_map.json"));
    Map<String, AddedToken> added = new LinkedHashMap<>();
    Set<String> other = new LinkedHashSet<>();
    json(directory.resolve("added_tokens.json"))
        .properties()
        .forEach(e -> added.put(e.getKey(), new AddedToken(e.getValue().asInt(-1), false, false)));
    for (Map.Entry<String, JsonNode> entry : config.path("added_tokens_decoder").properties()) {
      JsonNode token = entry.getValue();
      String content = content(token, "");
      if (content.isEmpty() || !entry.getKey().matches("[0-9]{1,9}")) {
        throw new CheckpointException(
            file
                + ": added_tokens_decoder: expected ids with their tokens, found \""
                + entry.getKey()
                + "\": "
                + token);
      }
      if (token.path("single_word").asBoolean()) {
        throw new CheckpointException(
            file + ": added token " + content + ": single_word is not supported; set it to false");
      }
      added.put(
          content,
          new AddedToken(
              Integer.parseInt(entry.getKey()),
              token.path("lstrip").asBoolean(),
              token.path("rstrip").asBoolean()));
    }
    for (String name : new String[] {"pad_token", "cls_token", "sep_token", "mask_token"}) {
      String content = content(config.path(name), content(map.path(name), ""));
      if (!content.isEmpty()) {
        other.add(content);
      }
    }
    for (JsonNode token : config.path("additional_special_tokens")) {
      other.add(content(token, ""));
    }
    other.remove("");
    return new TokenizerConfig(
        content(config.path("bos_token"), content(map.path("bos_token"), "<s>")),
        content(config.path("eos_token"), content(map.path("eos_token"), "</s>")),
        content(config.path("unk_token"), content(map.path("unk_token"), "<unk>")),
        Set.copyOf(other),
        flag(config.path("add_bos_token")),
        flag(config.path("add_eos_token")),
        !Boolean.FALSE.equals(flag(config.path("legacy"))),
        !Boolean.FALSE.equals(flag(config.path("add_prefix_space"))),
        Map.copyOf(added));
  }

  /** A token is written as a string or as an object. */
  private static String content(JsonNode token, String otherwise) {
    String content = token.isTextual() ? token.asText() : token.path("content").asText();
    return content.isEmpty() ? otherwise : content;
  }

  private static @Nullable Boolean flag(JsonNode node) {
    return node.isBoolean() ? node.booleanValue() : null;
  }

  private static JsonNode json(Path file) {
    if (!Files.exists(file)) {
      return MAPPER.createObjectNode();
    }
    try {
      JsonNode node = MAPPER.readTree(Files.readAllBytes(file));
      if (!node.isObject()) {
        throw new CheckpointException(file + ": expected a JSON object, found " + node);
      }
      return node;
    } catch (JsonProcessingException e) {
      throw new CheckpointException(
          file
              + ": no valid JSON at line "
              + (e.getLocation() == null ? 1 : e.getLocation().getLineNr())
              + ": "
              + ConfigFile.fault(e),
          e);
    } catch (IOException e) {
      throw new CheckpointException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }
}
