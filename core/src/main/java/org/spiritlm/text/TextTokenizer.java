package org.spiritlm.text;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.InputException;

/**
 * Text to token ids and back, speech tokens such as {@code [Hu12]} included. Safe for concurrent
 * use; never touches the network.
 */
public sealed interface TextTokenizer permits SentencePieceTokenizer, FastTokenizer {
  /**
   * Reads a directory with {@code tokenizer.model} (SentencePiece, preferred) or {@code
   * tokenizer.json} (Hugging Face's fast tokenizers), and {@code tokenizer_config.json} where there
   * is one.
   *
   * @throws CheckpointException if neither is there, or one is damaged
   */
  static TextTokenizer open(Path directory) {
    Path model = directory.resolve("tokenizer.model");
    Path json = directory.resolve("tokenizer.json");
    TokenizerConfig config = TokenizerConfig.read(directory);
    if (Files.exists(model)) {
      return new SentencePieceTokenizer(SentencePieceModel.read(model), config);
    }
    if (Files.exists(json)) {
      return FastTokenizer.read(json, config);
    }
    throw new CheckpointException(
        directory
            + ": no text tokenizer; expected tokenizer.model or tokenizer.json, the files that come"
            + " with the language model");
  }

  /** The ids of a text, with the start (and end) token where the configuration adds it. */
  default int[] encode(String text) {
    return encode(text, true);
  }

  /**
   * The ids of a text. Tokens written out in it, {@code [Hu12]} or {@code </s>}, become that token.
   *
   * @param special whether the start (and end) token of the configuration is added; false for a
   *     continuation
   */
  int[] encode(String text, boolean special);

  /** The text of these ids; start, end and other special tokens and padding ids give nothing. */
  default String decode(int... ids) {
    TextDecoder decoder = decoder();
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      text.append(decoder.accept(id));
    }
    return text.append(decoder.finish()).toString();
  }

  /**
   * A decoder of the ids that follow {@code context}, which it does not repeat: it knows from it
   * whether a leading blank is the tokenizer's or the text's, and holds a character begun there.
   */
  TextDecoder decoder(int... context);

  /**
   * The piece of text that an id stands for, as the vocabulary writes it: {@code ▁the}, {@code
   * <0x0A>}, {@code [Hu12]}.
   *
   * @throws InputException if the id is negative or not below {@link #size()}
   */
  String piece(int id);

  /** The id of a piece, if it is in the vocabulary. */
  OptionalInt id(String piece);

  /** Number of ids; the model's vocabulary may be larger, padded. */
  int size();

  /** The id that starts a sequence, {@code <s>}. */
  OptionalInt start();

  /** The id that ends a sequence, {@code </s>}. */
  OptionalInt end();
}
