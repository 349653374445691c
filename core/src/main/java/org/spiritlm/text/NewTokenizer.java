package org.spiritlm.text;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.spiritlm.text.SentencePieceModel.Piece;
import org.spiritlm.text.SentencePieceModel.PieceType;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.InputException;

/**
 * The text tokenizer of a new model: pieces for text, then the speech tokens as pieces that are cut
 * out of a text first, in the order of the released models.
 */
public final class NewTokenizer {
  private static final String UNKNOWN = "<unk>";
  private static final String START = "<s>";
  private static final String END = "</s>";

  /** How many of these there are. */
  private static final int SPECIAL = 3;

  private static final int BYTES = 256;

  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  /**
   * What is merged first in the small vocabulary: frequent letters and words of English, each from
   * two pieces that stand before it. Other text costs a token for each letter, and letters outside
   * ASCII one for each byte.
   */
  private static final String MERGES =
      """
      th he in er an re on at en nd st es or ed it is ar ou al ll se te le ve of hi to ha me ch sh
      wh ow ay ea ly ck om id
      ▁t ▁a ▁s ▁w ▁o ▁b ▁c ▁m ▁f ▁p ▁d ▁h ▁l ▁i ▁I ▁n ▁g ▁e ▁r ▁y ▁u ▁k ▁j ▁v
      ▁th ▁he ▁in ▁re ▁on ▁an ▁at ▁st ▁or ▁it ▁is ▁se ▁of ▁hi ▁to ▁ha ▁me ▁sh ▁wh ▁be ▁we ▁as ▁no ▁so
      ▁do ▁if ▁up ▁by ▁go ▁my ▁de ▁ex ▁un ▁co ▁fo ▁wa ▁wi ▁sa ▁ti ▁yo ▁ar ▁al ▁bu ▁ou ▁ca ▁ho ▁ne ▁fr
      ing ent ion and ere hen
      ▁the ▁and ▁his ▁him ▁her ▁she ▁for ▁was ▁not ▁you ▁are ▁all ▁but ▁had ▁has ▁one ▁out ▁who ▁can
      ▁our ▁how ▁now ▁new ▁con
      ▁that ▁this ▁they ▁them ▁then ▁there ▁with ▁have ▁from ▁were ▁what ▁when ▁will ▁said ▁some
      ▁your ▁time
      """;

  private final byte[] model;

  private NewTokenizer(byte[] model) {
    this.model = model;
  }

  /**
   * A small vocabulary for text, mostly English; any text can be written, what is not in it as
   * bytes.
   */
  public static NewTokenizer small(List<String> speechTokens) {
    List<String> pieces = new ArrayList<>(List.of(MERGES.strip().split("\\s+")));
    pieces.add(SentencePieceTokenizer.BLANK);
    for (char letter = '!'; letter <= '~'; letter++) {
      pieces.add(String.valueOf(letter));
    }
    return of(pieces, speechTokens);
  }

  /**
   * A vocabulary for texts of any language, learnt from words by byte-pair encoding: single
   * characters, the most frequent first, and what is merged of them. Any text can be written, what
   * is not in it as bytes.
   *
   * @param size pieces for text, special ones and bytes among them; fewer where the words have no
   *     more
   * @throws InputException if the size leaves no room for a piece, or there is no word
   */
  public static NewTokenizer learnt(WordCounts words, int size, List<String> speechTokens) {
    int room = size - SPECIAL - BYTES;
    if (room < 2) {
      throw new InputException(
          "a vocabulary of "
              + size
              + " pieces has no room for text beside its "
              + (SPECIAL + BYTES)
              + " special pieces and bytes; ask for more, such as 1000");
    }
    if (words.characters().isEmpty()) {
      throw new InputException("the text is empty; a vocabulary is learnt from words");
    }
    List<String> characters =
        words.characters().entrySet().stream()
            .sorted(
                Map.Entry.<Integer, Long>comparingByValue()
                    .reversed()
                    .thenComparing(Map.Entry.comparingByKey()))
            .limit(room / 2) // rare ones, as of Chinese, cost their bytes
            .map(entry -> Character.toString(entry.getKey()))
            .toList();
    Set<String> known = Set.copyOf(characters);
    List<String> pieces =
        new ArrayList<>(BytePairs.learn(words.written(known), room - characters.size()));
    pieces.addAll(characters);
    return of(pieces, speechTokens);
  }

  /** A vocabulary of pieces in the order in which they are merged. */
  private static NewTokenizer of(List<String> pieces, List<String> speechTokens) {
    SentencePieceWriter writer = new SentencePieceWriter(new byte[0], 0);
    writer.piece(UNKNOWN, PieceType.UNKNOWN, 0);
    writer.piece(START, PieceType.CONTROL, 0);
    writer.piece(END, PieceType.CONTROL, 0);
    for (int value = 0; value < BYTES; value++) {
      writer.piece(String.format("<0x%02X>", value), PieceType.BYTE, 0);
    }
    for (int rank = 0; rank < pieces.size(); rank++) {
      writer.piece(pieces.get(rank), PieceType.NORMAL, -rank);
    }
    writer.userDefined(speechTokens);
    writer.llama();
    return new NewTokenizer(writer.finish());
  }

  /**
   * An existing SentencePiece model with the speech tokens that it does not have behind its pieces.
   *
   * @param path a {@code tokenizer.model}, or a directory that holds one; what else is beside it is
   *     not read
   * @throws CheckpointException if it is no SentencePiece model, or has no {@code <unk>}, {@code
   *     <s>} and {@code </s>} as Llama's has
   */
  public static NewTokenizer extending(Path path, List<String> speechTokens) {
    Path file = Files.isDirectory(path) ? path.resolve("tokenizer.model") : path;
    SentencePieceModel model = SentencePieceModel.read(file);
    Set<String> known = model.pieces().stream().map(Piece::text).collect(Collectors.toSet());
    for (String special : List.of(UNKNOWN, START, END)) {
      if (!known.contains(special)) {
        throw new CheckpointException(
            file + ": has no piece " + special + "; expected a tokenizer.model such as Llama's");
      }
    }
    SentencePieceWriter writer = new SentencePieceWriter(model.bytes(), model.pieces().size());
    writer.userDefined(speechTokens.stream().filter(token -> !known.contains(token)).toList());
    return new NewTokenizer(writer.finish());
  }

  /**
   * Writes {@code tokenizer.model}, and {@code tokenizer_config.json} and {@code
   * special_tokens_map.json} for Hugging Face's {@code LlamaTokenizer}.
   *
   * @param context the most tokens that the model reads
   */
  public void write(Path directory, int context) throws IOException {
    Files.write(directory.resolve("tokenizer.model"), model);
    ObjectNode special = MAPPER.createObjectNode();
    special.put("bos_token", START).put("eos_token", END).put("unk_token", UNKNOWN);
    json(directory.resolve("special_tokens_map.json"), special);
    ObjectNode config = special.deepCopy();
    config.put("tokenizer_class", "LlamaTokenizer");
    config.put("add_bos_token", true).put("add_eos_token", false);
    config.put("clean_up_tokenization_spaces", false);
    config.put("model_max_length", context);
    json(directory.resolve("tokenizer_config.json"), config);
  }

  private static void json(Path file, ObjectNode json) throws IOException {
    Files.writeString(file, MAPPER.writeValueAsString(json) + "\n");
  }
}
