package org.spiritlm.text;

import ai.djl.sentencepiece.jni.LibUtils;
import ai.djl.sentencepiece.jni.SentencePieceLibrary;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import org.spiritlm.text.SentencePieceModel.Piece;
import org.spiritlm.text.SentencePieceModel.PieceType;
import org.spiritlm.text.TokenizerConfig.AddedToken;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.InputException;

/**
 * A SentencePiece model with the rules of Hugging Face's {@code LlamaTokenizer} around it: tokens
 * that stand beside the model, {@code legacy} blanks, special tokens in a text.
 *
 * <p>Speech tokens may be pieces of the model (as in the released checkpoints) or added tokens of
 * {@code tokenizer_config.json}. In the first form decoding gives the encoded text back; in the
 * second it puts a blank around each added token, as the reference does.
 *
 * <p>Differs from the reference: padding ids decode to nothing, where it fails; text is never
 * cleaned up ({@code clean_up_tokenization_spaces}).
 */
public final class SentencePieceTokenizer implements TextTokenizer {
  /** What stands for a blank in a piece. */
  static final String BLANK = "▁";

  private final NativeHandle model;
  private final List<Piece> pieces;
  private final Map<String, Integer> ids = new HashMap<>();
  private final SentencePieceModel source;
  private final TokenizerConfig config;

  /** Tokens that are cut out of a text before the model sees it. */
  private final AddedTokens cutOut;

  private final Set<Integer> special = new HashSet<>();

  /** Ids of the added tokens that are not special. */
  private final Set<Integer> added = new HashSet<>();

  /** How many ids {@code <unk>} becomes when it is read as text. */
  private final int unknownLength;

  SentencePieceTokenizer(SentencePieceModel file, TokenizerConfig config) {
    this.source = config.legacy() ? file : file.withoutLeadingBlank();
    this.model = load(source);
    this.config = config;
    this.pieces = new ArrayList<>(source.pieces());
    for (int id = 0; id < pieces.size(); id++) {
      ids.putIfAbsent(pieces.get(id).text(), id);
    }
    Map<String, AddedToken> tokens = new HashMap<>(config.addedTokens());
    tokens.entrySet().stream()
        .sorted(Comparator.comparingInt(token -> token.getValue().id()))
        .forEach(token -> add(file, token.getKey(), token.getValue().id()));
    for (String text : config.specialTokens()) {
      int id = ids.computeIfAbsent(text, unseen -> pieces.size());
      if (id == pieces.size()) {
        pieces.add(new Piece(text, PieceType.CONTROL));
      }
      special.add(id);
      tokens.putIfAbsent(text, new AddedToken(id, false, false));
    }
    tokens.values().forEach(token -> added.add(token.id()));
    added.removeAll(special);
    this.cutOut = new AddedTokens(tokens);
    this.unknownLength = model(config.unknownToken()).length;
  }

  /** Takes in an added token: one of the model's own, or the next one after all so far. */
  private void add(SentencePieceModel file, String text, int id) {
    boolean known = 0 <= id && id < pieces.size();
    if (known ? !pieces.get(id).text().equals(text) : id != pieces.size()) {
      throw new CheckpointException(
          file.file().resolveSibling("tokenizer_config.json")
              + ": added token "
              + text
              + " has id "
              + id
              + (known ? ", which belongs to " + pieces.get(id).text() : "")
              + "; expected one id after the other from "
              + file.pieces().size()
              + ", the size of tokenizer.model");
    }
    if (!known) {
      pieces.add(new Piece(text, PieceType.USER_DEFINED));
      ids.put(text, id);
    }
  }

  private static NativeHandle load(SentencePieceModel model) {
    NativeTokenizers.prepare();
    try {
      LibUtils.loadLibrary();
      SentencePieceLibrary library = SentencePieceLibrary.LIB;
      NativeHandle handle =
          new NativeHandle(
              library.createSentencePieceProcessor(), library::deleteSentencePieceProcessor);
      handle.call(
          pointer -> {
            library.loadModelFromBytes(pointer, model.bytes());
            return pointer;
          });
      return handle;
    } catch (IllegalStateException | UnsatisfiedLinkError e) {
      throw new InputException(
          "The SentencePiece library cannot be loaded: "
              + e.getMessage()
              + "; its cache folder must be writable (environment variable DJL_CACHE_DIR)",
          e);
    } catch (RuntimeException e) { // EngineException
      throw new CheckpointException(
          model.file() + ": no usable SentencePiece model: " + e.getMessage(), e);
    }
  }

  @Override
  public int[] encode(String text, boolean special) {
    IntStream.Builder result = IntStream.builder();
    if (special && !Boolean.FALSE.equals(config.addStart())) {
      start().ifPresent(result::add);
    }
    Arrays.stream(config.legacy() ? parts(text) : partsWithoutBlanks(text)).forEach(result::add);
    if (special && Boolean.TRUE.equals(config.addEnd())) {
      end().ifPresent(result::add);
    }
    return result.build().toArray();
  }

  private int[] parts(String text) {
    return cutOut.split(text).stream()
        .flatMapToInt(
            part -> part.id() >= 0 ? IntStream.of(part.id()) : Arrays.stream(model(part.text())))
        .toArray();
  }

  /** {@code legacy: false}: one blank before the whole text, none after an added token. */
  private int[] partsWithoutBlanks(String text) {
    if (text.isEmpty()) {
      return new int[0];
    }
    String plain = text.replace(BLANK, " ");
    int[] result =
        cutOut.split(config.addPrefixBlank() ? BLANK + plain : plain).stream()
            .flatMapToInt(
                part ->
                    part.id() >= 0
                        ? IntStream.of(part.id())
                        : Arrays.stream(modelKeepingBlanks(part.text())))
            .toArray();
    boolean onlyBlank =
        result.length > 1
            && pieces.get(result[0]).text().equals(BLANK)
            && special.contains(result[1]);
    return onlyBlank ? Arrays.copyOfRange(result, 1, result.length) : result;
  }

  /** The model drops a leading blank of some texts; behind another token it keeps it. */
  private int[] modelKeepingBlanks(String text) {
    if (!text.startsWith(BLANK) && !text.startsWith(" ")) {
      return model(text);
    }
    int[] result = model(config.unknownToken() + text);
    return Arrays.copyOfRange(result, Math.min(unknownLength, result.length), result.length);
  }

  private int[] model(String text) {
    return text.isEmpty()
        ? new int[0]
        : model.call(pointer -> SentencePieceLibrary.LIB.encode(pointer, text));
  }

  @Override
  public TextDecoder decoder(int... context) {
    Decoder decoder = new Decoder();
    for (int id : context) {
      decoder.accept(id);
    }
    decoder.separate = false;
    return decoder;
  }

  @Override
  public String piece(int id) {
    if (id < 0 || id >= pieces.size()) {
      throw new InputException(
          "No token has id " + id + "; the tokenizer has ids 0 to " + (pieces.size() - 1));
    }
    return pieces.get(id).text();
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

  /** Text is decoded in parts, which added tokens separate. */
  private final class Decoder implements TextDecoder {
    private final Utf8Bytes bytes = new Utf8Bytes();

    /** Whether a blank goes before what comes next: something came before this part. */
    private boolean separate;

    /** Whether the part has tokens, and whether it has text. */
    private boolean partHasTokens;

    private boolean partHasText;

    /** Whether the model's own leading blank was dropped. */
    private boolean blankDropped;

    @Override
    public String accept(int id) {
      if (id < 0) {
        throw new InputException("No token has id " + id);
      }
      if (id >= pieces.size() || special.contains(id)) {
        return "";
      }
      StringBuilder text = new StringBuilder();
      if (added.contains(id)) {
        endOfBytes(text);
        text.append(separate ? " " : "").append(pieces.get(id).text());
        separate = true;
        partHasTokens = false;
        partHasText = false;
        blankDropped = false;
        return text.toString();
      }
      Piece piece = pieces.get(id);
      if (piece.type() == PieceType.BYTE) {
        StringBuilder characters = new StringBuilder();
        bytes.accept(piece.value(), characters);
        append(characters, text);
      } else {
        endOfBytes(text);
        append(surface(piece), text);
      }
      partHasTokens = true;
      return text.toString();
    }

    @Override
    public String finish() {
      StringBuilder text = new StringBuilder();
      endOfBytes(text);
      // A last part of tokens without text still gets its blank.
      if (partHasTokens && !partHasText && separate) {
        text.append(' ');
      }
      return text.toString();
    }

    private void endOfBytes(StringBuilder text) {
      StringBuilder characters = new StringBuilder();
      bytes.end(characters);
      append(characters, text);
    }

    private String surface(Piece piece) {
      if (piece.type() == PieceType.CONTROL) {
        return "";
      }
      String surface = piece.text();
      if (!partHasTokens && config.addPrefixBlank() && surface.startsWith(BLANK)) {
        surface = surface.substring(1);
      }
      boolean drops = source.dropsBlanks() || (source.leadingBlank() && !blankDropped);
      if (drops && !partHasText && surface.startsWith(BLANK)) {
        surface = surface.substring(1);
        blankDropped = true;
      }
      return surface.replace(BLANK, " ");
    }

    private void append(CharSequence part, StringBuilder text) {
      if (part.isEmpty()) {
        return;
      }
      if (!partHasText && separate) {
        text.append(' ');
      }
      partHasText = true;
      separate = true;
      text.append(part);
    }
  }
}
