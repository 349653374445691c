package org.spiritlm.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.spiritlm.torch.CheckpointException;

/**
 * The text tokenizer of a language model with tokens behind its own: a {@code tokenizer.model} gets
 * pieces, a {@code tokenizer.json} added tokens.
 */
public final class ExtendedTokenizer {
  private static final String MODEL = "tokenizer.model";
  private static final String JSON = "tokenizer.json";
  private static final String CONFIG = "tokenizer_config.json";
  private static final String SPECIAL = "special_tokens_map.json";
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private ExtendedTokenizer() {}

  /**
   * Writes the tokenizer of a directory with more tokens.
   *
   * @param from a Hugging Face directory; {@code tokenizer.model} is preferred
   * @param tokens those that it does not have are added, in this order
   * @param context the most tokens that the model reads
   * @return how many were added; they are the last ids
   * @throws CheckpointException if there is no tokenizer, or none that can be extended
   */
  public static int write(Path from, Path to, List<String> tokens, int context) throws IOException {
    TextTokenizer before = TextTokenizer.open(from);
    List<String> added = tokens.stream().filter(token -> before.id(token).isEmpty()).toList();
    int first;
    if (Files.exists(from.resolve(MODEL))) {
      first = SentencePieceModel.read(from.resolve(MODEL)).pieces().size();
      NewTokenizer.extending(from, tokens).write(to, context);
    } else {
      first = before.size();
      extendJson(from, to, added, first);
    }
    check(from, TextTokenizer.open(to), added, first);
    return added.size();
  }

  private static void extendJson(Path from, Path to, List<String> added, int first)
      throws IOException {
    ObjectNode tokenizer = read(from.resolve(JSON));
    ArrayNode list = tokenizer.withArray("added_tokens");
    ObjectNode config =
        Files.exists(from.resolve(CONFIG)) ? read(from.resolve(CONFIG)) : MAPPER.createObjectNode();
    JsonNode listed = config.get("added_tokens_decoder");
    for (int i = 0; i < added.size(); i++) {
      ObjectNode token = MAPPER.createObjectNode();
      token.put("content", added.get(i));
      for (String flag : List.of("single_word", "lstrip", "rstrip", "normalized", "special")) {
        token.put(flag, false);
      }
      if (listed instanceof ObjectNode byId) {
        byId.set(Integer.toString(first + i), token);
      }
      list.add(MAPPER.createObjectNode().put("id", first + i).setAll(token));
    }
    Files.writeString(to.resolve(JSON), MAPPER.writeValueAsString(tokenizer));
    Files.writeString(to.resolve(CONFIG), MAPPER.writeValueAsString(config) + "\n");
    if (Files.exists(from.resolve(SPECIAL))) {
      Files.copy(from.resolve(SPECIAL), to.resolve(SPECIAL));
    }
  }

  private static ObjectNode read(Path file) throws IOException {
    if (MAPPER.readTree(file.toFile()) instanceof ObjectNode object) {
      return object;
    }
    throw new CheckpointException(file + ": expected a JSON object");
  }

  /** Each new token is one id in a text, the one that was meant. */
  private static void check(Path from, TextTokenizer written, List<String> added, int first) {
    int[] expected = new int[added.size()];
    Arrays.setAll(expected, i -> first + i);
    int[] found = added.stream().mapToInt(token -> written.id(token).orElse(-1)).toArray();
    int[] read = written.encode(String.join("", added), false);
    // a tokenizer may put a blank before a text
    int[] last = Arrays.copyOfRange(read, Math.max(0, read.length - added.size()), read.length);
    if (!Arrays.equals(found, expected)
        || !Arrays.equals(last, expected)
        || read.length > added.size() + 1) {
      throw new CheckpointException(
          from
              + ": its tokenizer cannot be extended: the tokens that were added are not read as ids"
              + " from "
              + first);
    }
  }
}
