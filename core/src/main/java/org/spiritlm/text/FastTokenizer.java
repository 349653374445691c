package org.spiritlm.text;

import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.InputException;

/**
 * A {@code tokenizer.json} of Hugging Face's tokenizers library, as most language models have.
 *
 * <p>Differs from that library: where byte tokens are no UTF-8, only the bytes that are none become
 * U+FFFD, not every byte beside them; so text that was streamed need not be taken back.
 */
public final class FastTokenizer implements TextTokenizer {
  private static final char REPLACEMENT = '\uFFFD';

  private final NativeHandle tokenizer;
  private final TokenizerConfig config;
  private final List<@Nullable String> pieces;
  private final Map<String, Integer> ids;
  private final Set<Integer> special = new HashSet<>();

  private FastTokenizer(NativeHandle tokenizer, TokenizerConfig config, Map<String, Integer> ids) {
    this.tokenizer = tokenizer;
    this.config = config;
    this.ids = ids;
    this.pieces = new ArrayList<>();
    ids.forEach(
        (piece, id) -> {
          while (pieces.size() <= id) {
            pieces.add(null);
          }
          pieces.set(id, piece);
        });
    for (String token : config.specialTokens()) {
      id(token).ifPresent(special::add);
    }
  }

  static FastTokenizer read(Path file, TokenizerConfig config) {
    String text;
    JsonNode json;
    try {
      text = Files.readString(file);
      json = new ObjectMapper().readTree(text);
    } catch (IOException e) {
      throw new CheckpointException(file + ": no readable JSON: " + e.getMessage(), e);
    }
    Map<String, Integer> ids = new HashMap<>();
    JsonNode vocabulary = json.path("model").path("vocab");
    if (vocabulary.isArray()) { // Unigram: [piece, score] in the order of the ids
      for (int id = 0; id < vocabulary.size(); id++) {
        ids.put(vocabulary.get(id).path(0).asText(), id);
      }
    } else {
      vocabulary.properties().forEach(e -> put(file, ids, e.getKey(), e.getValue()));
    }
    json.path("added_tokens")
        .forEach(token -> put(file, ids, token.path("content").asText(), token.path("id")));
    if (ids.isEmpty()) {
      throw new CheckpointException(
          file + ": expected a tokenizer with a vocabulary at model.vocab, found none");
    }
    return new FastTokenizer(load(file, text), config, ids);
  }

  private static void put(Path file, Map<String, Integer> ids, String piece, JsonNode id) {
    int limit = 1 << 24; // far more than any vocabulary, far less than memory
    if (!id.canConvertToInt() || id.intValue() < 0 || id.intValue() >= limit) {
      throw new CheckpointException(
          file + ": token \"" + piece + "\": expected an id from 0 up, found " + id);
    }
    ids.put(piece, id.intValue());
  }

  private static NativeHandle load(Path file, String json) {
    NativeTokenizers.prepare();
    TokenizersLibrary library = TokenizersLibrary.LIB;
    try {
      LibUtils.checkStatus();
    } catch (RuntimeException e) { // EngineException
      throw new InputException(
          "The tokenizers library cannot be loaded: "
              + e.getMessage()
              + "; its cache folder must be writable (environment variable DJL_CACHE_DIR)",
          e);
    }
    try {
      NativeHandle handle =
          new NativeHandle(library.createTokenizerFromString(json), library::deleteTokenizer);
      return handle.call(
          pointer -> {
            library.disableTruncation(pointer);
            library.disablePadding(pointer);
            return handle;
          });
    } catch (RuntimeException e) {
      throw new CheckpointException(file + ": no usable tokenizer: " + e.getMessage(), e);
    }
  }

  @Override
  public int[] encode(String text, boolean special) {
    if (!special || config.addStart() == null) {
      return tokens(text, special);
    }
    IntStream.Builder result = IntStream.builder();
    if (config.addStart()) {
      start().ifPresent(result::add);
    }
    Arrays.stream(tokens(text, false)).forEach(result::add);
    if (Boolean.TRUE.equals(config.addEnd())) {
      end().ifPresent(result::add);
    }
    return result.build().toArray();
  }

  private int[] tokens(String text, boolean special) {
    TokenizersLibrary library = TokenizersLibrary.LIB;
    return tokenizer.call(
        pointer -> {
          long encoding = library.encode(pointer, text, special);
          try {
            return Arrays.stream(library.getTokenIds(encoding))
                .mapToInt(Math::toIntExact)
                .toArray();
          } finally {
            library.deleteEncoding(encoding);
          }
        });
  }

  private String text(long[] ids) {
    return tokenizer.call(pointer -> TokenizersLibrary.LIB.decode(pointer, ids, false));
  }

  private boolean isText(int id) {
    if (id < 0) {
      throw new InputException("No token has id " + id);
    }
    return id < pieces.size() && !special.contains(id);
  }

  @Override
  public TextDecoder decoder(int... context) {
    Decoder decoder = new Decoder();
    for (int id : context) {
      decoder.accept(id);
    }
    return decoder;
  }

  @Override
  public String piece(int id) {
    String piece = id < 0 || id >= pieces.size() ? null : pieces.get(id);
    if (piece == null) {
      throw new InputException(
          "No token has id " + id + "; the tokenizer has ids 0 to " + (pieces.size() - 1));
    }
    return piece;
  }

  @Override
  public OptionalInt id(String piece) {
    Integer id = ids.get(piece);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  @Override
  public int size() {
    return pieces.size();
  }

  @Override
  public OptionalInt start() {
    return id(config.startToken());
  }

  @Override
  public OptionalInt end() {
    return id(config.endToken());
  }

  /**
   * Decodes a window of the last ids twice, without and with the newest, and returns the
   * difference: what stands before the window has no influence on it.
   */
  private final class Decoder implements TextDecoder {
    private final List<Long> window = new ArrayList<>();

    /** Ids at the window's begin whose text was returned. */
    private int returned;

    @Override
    public String accept(int id) {
      if (!isText(id)) {
        return "";
      }
      window.add((long) id);
      String whole = text(window.size());
      if (whole.isEmpty() || whole.charAt(whole.length() - 1) == REPLACEMENT) {
        return ""; // perhaps the begin of a character
      }
      return forward(whole);
    }

    @Override
    public String finish() {
      return forward(text(window.size()));
    }

    private String forward(String whole) {
      String text = whole.substring(Math.min(text(returned).length(), whole.length()));
      window.subList(0, returned).clear();
      returned = window.size();
      return text;
    }

    private String text(int size) {
      return FastTokenizer.this.text(
          window.subList(0, size).stream().mapToLong(Long::longValue).toArray());
    }
  }
}
