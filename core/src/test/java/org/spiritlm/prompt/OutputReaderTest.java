package org.spiritlm.prompt;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.spiritlm.Golden;
import org.spiritlm.text.TextTokenizer;
import org.spiritlm.text.Vocabulary;

class OutputReaderTest {
  private static final TextTokenizer TOKENIZER = StringsGoldenTest.tokenizer("expressive");
  private static final Vocabulary VOCABULARY = StringsGoldenTest.vocabulary("expressive");
  private static final TextTokenizer ADDED =
      TextTokenizer.open(Golden.path("checkpoints/extra/tokenizer_added_tokens/expressive"));

  /** Reading ids is splitting the decoded string, as long as no words look like tokens. */
  @Property
  void idsAndStringsGiveTheSame(@ForAll("generated") int[] ids) {
    int[] prompt = TOKENIZER.encode("[Text]He said");
    String decoded =
        TOKENIZER.decode(IntStream.concat(IntStream.of(prompt), IntStream.of(ids)).toArray());
    String answer = decoded.substring("[Text]He said".length());
    List<Part> expected =
        TokenString.split(answer).stream()
            .map(
                run ->
                    run.isSpeech()
                        ? new Part.Speech(SpeechTokens.parse(run.content()))
                        : new Part.Text(run.content()))
            .map(Part.class::cast)
            .toList();
    assertThat(OutputReader.read(TOKENIZER, VOCABULARY, prompt, ids)).isEqualTo(expected);
  }

  /** Ids of every kind, but no piece with a bracket. */
  @Provide
  Arbitrary<int[]> generated() {
    return Arbitraries.frequencyOf(
            Tuple.of(3, Arbitraries.integers().between(3, 258)),
            Tuple.of(3, Arbitraries.integers().between(259, 31999)),
            Tuple.of(4, Arbitraries.integers().between(32002, 32666)),
            Tuple.of(1, Arbitraries.of(0, 1, 2, 32000, 32001, 32667, 32767)))
        .filter(id -> id >= TOKENIZER.size() || !isBracket(TOKENIZER.piece(id)))
        .array(int[].class)
        .ofMaxSize(20);
  }

  private static boolean isBracket(String piece) {
    return !piece.matches("\\[(Text|Speech|Hu[0-9]+|Pi[0-9]+|St[0-9]+)\\]")
        && (piece.contains("[")
            || piece.contains("]")
            || piece.equals("<0x5B>")
            || piece.equals("<0x5D>"));
  }

  @Example
  void wordsThatLookLikeTokensStayWords() {
    int[] ids = TOKENIZER.encode("[Huge news] today", false);
    assertThat(OutputReader.read(TOKENIZER, VOCABULARY, new int[] {1, 32000}, ids))
        .containsExactly(new Part.Text(" [Huge news] today"));
  }

  @Example
  void piecesComeAsSoonAsTheyCan() {
    int[] prompt = TOKENIZER.encode("[Speech][Hu1]");
    OutputReader reader = new OutputReader(TOKENIZER, VOCABULARY, prompt);
    List<List<Part>> parts = new ArrayList<>();
    int first = TOKENIZER.id("<0x00>").orElseThrow();
    for (int id : new int[] {32004, 32000, first + 0xC3, first + 0xA9, first + 0xC3, 32003, 2}) {
      parts.add(reader.accept(id));
    }
    parts.add(reader.finish());
    assertThat(parts)
        .containsExactly(
            List.of(speech("[Hu2]")),
            List.of(),
            List.of(),
            List.of(new Part.Text("é")),
            List.of(),
            List.of(new Part.Text("\uFFFD"), speech("[Hu1]")),
            List.of(),
            List.of());
  }

  /** The blanks that decoding puts around added tokens are not part of the text. */
  @Example
  void addedTokensLeaveNoBlanks() {
    int[] prompt = ADDED.encode("[Text]the dog");
    int[] ids = ADDED.encode("[Speech][Hu1][Hu2][Text]sleeps here[Speech][Hu3]", false);
    assertThat(OutputReader.read(ADDED, VOCABULARY, prompt, ids))
        .containsExactly(speech("[Hu1][Hu2]"), new Part.Text("sleeps here"), speech("[Hu3]"));
  }

  @Example
  void shortSpeechIsDroppedAsInTheReference() {
    Part text = new Part.Text("x");
    Part shortOne = speech("[Hu1]".repeat(23));
    Part longOne = speech("[St1][Pi2]" + "[Hu1]".repeat(24));
    List<Part> parts = List.of(shortOne, text, shortOne, text, longOne);
    assertThat(OutputReader.withoutShortSpeech(parts, false))
        .containsExactly(shortOne, text, text, longOne);
    assertThat(OutputReader.withoutShortSpeech(parts, true)).containsExactly(text, text, longOne);
  }

  private static Part speech(String tokens) {
    return new Part.Speech(SpeechTokens.parse(tokens));
  }
}
