package org.spiritlm.text;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.spiritlm.torch.CheckpointException;

/**
 * Which ids mean what, as the tokenizer's pieces say. In the released models: text 0 to 31999,
 * {@code [Text]} 32000, {@code [Speech]} 32001, {@code [Hu0]} to {@code [Hu500]} from 32002, {@code
 * [Pi0]} to {@code [Pi63]} from 32503, {@code [St0]} to {@code [St99]} from 32567.
 *
 * @param text all other ids of the tokenizer, start and end among them
 * @param textMarker {@code [Text]}
 * @param speechMarker {@code [Speech]}
 * @param hubert {@code [Hu0]} and up
 * @param pitch {@code [Pi0]} and up, empty for a BASE model
 * @param style {@code [St0]} and up, empty for a BASE model
 * @param padding ids of the model that the tokenizer does not have
 * @param start {@code <s>}
 * @param end {@code </s>}
 */
public record Vocabulary(
    List<IdRange> text,
    int textMarker,
    int speechMarker,
    IdRange hubert,
    IdRange pitch,
    IdRange style,
    IdRange padding,
    OptionalInt start,
    OptionalInt end) {

  /**
   * The vocabulary of a tokenizer and a model.
   *
   * @param modelSize rows of the model's embedding, at least the tokenizer's size
   * @throws CheckpointException if the tokenizer has no speech tokens, has them out of order, or is
   *     larger than the model
   */
  public static Vocabulary of(TextTokenizer tokenizer, int modelSize) {
    if (modelSize < tokenizer.size()) {
      throw new CheckpointException(
          "The language model has "
              + modelSize
              + " ids and its tokenizer "
              + tokenizer.size()
              + "; they do not belong together");
    }
    int textMarker = required(tokenizer, "[Text]");
    int speechMarker = required(tokenizer, "[Speech]");
    IdRange hubert = units(tokenizer, "Hu");
    if (hubert.isEmpty()) {
      throw missing("[Hu0]");
    }
    IdRange pitch = units(tokenizer, "Pi");
    IdRange style = units(tokenizer, "St");
    List<IdRange> text = new ArrayList<>();
    int from = 0;
    List<IdRange> others =
        Stream.of(single(textMarker), single(speechMarker), hubert, pitch, style)
            .filter(range -> !range.isEmpty())
            .sorted(Comparator.comparingInt(IdRange::from))
            .toList();
    for (IdRange other : others) {
      if (from < other.from()) {
        text.add(new IdRange(from, other.from()));
      }
      from = other.to();
    }
    if (from < tokenizer.size()) {
      text.add(new IdRange(from, tokenizer.size()));
    }
    return new Vocabulary(
        List.copyOf(text),
        textMarker,
        speechMarker,
        hubert,
        pitch,
        style,
        new IdRange(tokenizer.size(), modelSize),
        tokenizer.start(),
        tokenizer.end());
  }

  /** The speech tokens of a tokenizer, in the order of the released models. */
  public static List<String> tokens(int hubert, int pitch, int style) {
    List<String> tokens = new ArrayList<>(List.of("[Text]", "[Speech]"));
    IntStream.range(0, hubert).forEach(unit -> tokens.add("[Hu" + unit + "]"));
    IntStream.range(0, pitch).forEach(code -> tokens.add("[Pi" + code + "]"));
    IntStream.range(0, style).forEach(code -> tokens.add("[St" + code + "]"));
    return tokens;
  }

  /** The first of the ids of speech and markers; behind the text's in the released models. */
  public int firstAdded() {
    int first = Math.min(Math.min(textMarker, speechMarker), hubert.from());
    for (IdRange range : List.of(pitch, style)) {
      first = range.isEmpty() ? first : Math.min(first, range.from());
    }
    return first;
  }

  /** Whether the model knows pitch and style. */
  public boolean isExpressive() {
    return !pitch.isEmpty() || !style.isEmpty();
  }

  /** Whether the id is a HuBERT, pitch or style token. */
  public boolean isSpeech(int id) {
    return hubert.contains(id) || pitch.contains(id) || style.contains(id);
  }

  /** Whether the id is {@code [Text]} or {@code [Speech]}. */
  public boolean isMarker(int id) {
    return id == textMarker || id == speechMarker;
  }

  private static IdRange single(int id) {
    return new IdRange(id, id + 1);
  }

  private static int required(TextTokenizer tokenizer, String piece) {
    return tokenizer.id(piece).orElseThrow(() -> missing(piece));
  }

  private static CheckpointException missing(String piece) {
    return new CheckpointException(
        "The tokenizer has no token "
            + piece
            + "; expected [Text], [Speech] and [Hu0] and up (with [Pi0], [St0] and up for an"
            + " expressive model) as pieces of tokenizer.model or as added tokens");
  }

  private static IdRange units(TextTokenizer tokenizer, String kind) {
    OptionalInt first = tokenizer.id("[" + kind + "0]");
    if (first.isEmpty()) {
      return IdRange.EMPTY;
    }
    int count = 0;
    OptionalInt id = first;
    while (id.isPresent()) {
      if (id.getAsInt() != first.getAsInt() + count) {
        throw new CheckpointException(
            "The tokenizer gives token ["
                + kind
                + count
                + "] the id "
                + id.getAsInt()
                + "; expected "
                + (first.getAsInt() + count)
                + ", right after the one before");
      }
      count++;
      id = tokenizer.id("[" + kind + count + "]");
    }
    return new IdRange(first.getAsInt(), first.getAsInt() + count);
  }
}
