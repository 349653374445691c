package org.spiritlm.interleaving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.corpus.PreparedUtterance;
import org.spiritlm.corpus.WordFrames;
import org.spiritlm.json.JsonLine;
import org.spiritlm.prompt.OutputModality;
import org.spiritlm.prompt.Prompt;
import org.spiritlm.prompt.TokenLayout;
import org.spiritlm.text.TextTokenizer;
import org.spiritlm.text.Vocabulary;
import org.spiritlm.torch.InputException;
import org.spiritlm.units.SpeechUnits;

/** Cases that one can follow by hand, and other tokenizers. */
final class InterleaverTest {
  private static PreparedUtterance utterance(SpeechUnits units, WordFrames... words) {
    return new PreparedUtterance(
        "u", null, null, null, 1, units, List.of(words), null, null, "m", "c");
  }

  private static String string(PreparedUtterance utterance, List<Span> spans) {
    return Prompt.of(
            new Interleaving(spans).parts(utterance, TokenLayout.SPIRIT_LM),
            OutputModality.ARBITRARY)
        .string();
  }

  private static List<String> strings(PreparedUtterance utterance, Strategy strategy) {
    Interleaver interleaver = new Interleaver(strategy, SpanLengths.PAPER);
    List<String> strings = new ArrayList<>();
    for (int epoch = 0; epoch < 40; epoch++) {
      strings.add(string(utterance, interleaver.draw(utterance, 1, epoch).spans()));
    }
    return strings.stream().distinct().sorted().toList();
  }

  private static final PreparedUtterance CAT =
      utterance(
          new SpeechUnits(
              new int[] {9, 3, 3, 7, 7, 7, 8, 9}, new int[] {1, 1, 2, 2}, new int[] {5}),
          new WordFrames("the", 1, 3),
          new WordFrames("cat", 4, 7));

  @Test
  void twoWordsAreCutBetweenThem() {
    // the frame between them goes to "cat", and its 7s are merged where the span begins
    assertThat(strings(CAT, Strategy.INTERLEAVED))
        .containsExactly(
            "[Speech][St5][Pi1][Hu3][Text]cat", "[Text]the[Speech][St5][Pi1][Hu7][Pi2][Hu8]");
  }

  @Test
  void otherStrategies() {
    String speech = "[Speech][St5][Pi1][Hu9][Hu3][Hu7][Pi2][Hu8][Hu9]";
    assertThat(strings(CAT, Strategy.SPEECH)).containsExactly(speech);
    assertThat(strings(CAT, Strategy.TEXT)).containsExactly("[Text]the cat");
    assertThat(strings(CAT, Strategy.UNIMODAL)).containsExactly(speech, "[Text]the cat");
    assertThat(strings(CAT, Strategy.PAIRS))
        .containsExactly(speech + "[Text]the cat", "[Text]the cat" + speech);
    assertThat(strings(CAT, Strategy.WORDS))
        .containsExactly(
            "[Speech][St5][Pi1][Hu3][Text]the[Speech][St5][Pi1][Hu7][Pi2][Hu8][Text]cat");
  }

  @Test
  void oneWordIsSpokenOrWritten() {
    PreparedUtterance one =
        utterance(new SpeechUnits(new int[] {4, 4, 5}, null, null), new WordFrames("hi", 0, 2));
    assertThat(strings(one, Strategy.INTERLEAVED)).containsExactly("[Speech][Hu4]", "[Text]hi");
  }

  @Test
  void wordsWithoutFramesAreWritten() {
    SpeechUnits units = new SpeechUnits(new int[] {1, 2, 3, 4}, null, null);
    PreparedUtterance silent =
        utterance(units, new WordFrames("no", 2, 2), new WordFrames("sound", 2, 2));
    assertThat(strings(silent, Strategy.INTERLEAVED)).containsExactly("[Text]no sound");
    assertThat(strings(silent, Strategy.WORDS)).containsExactly("[Text]no sound");
    PreparedUtterance end =
        utterance(units, new WordFrames("a", 0, 2), new WordFrames("sound", 2, 2));
    assertThat(strings(end, Strategy.INTERLEAVED))
        .containsExactly("[Speech][Hu1][Hu2][Text]sound", "[Text]a sound");
  }

  @Test
  void withoutWordsThereIsSpeechAndWithoutFramesText() {
    PreparedUtterance speech = utterance(new SpeechUnits(new int[] {1, 1}, null, null));
    PreparedUtterance text =
        utterance(new SpeechUnits(new int[0], null, null), new WordFrames("a", 0, 0));
    PreparedUtterance nothing = utterance(new SpeechUnits(new int[0], null, null));
    for (Strategy strategy : Strategy.values()) {
      assertThat(strings(speech, strategy)).containsExactly("[Speech][Hu1]");
      assertThat(strings(text, strategy)).containsExactly("[Text]a");
      assertThat(strings(nothing, strategy)).containsExactly("");
    }
  }

  @Test
  void aWordThatOverlapsSharesItsFrames() {
    WordCuts cuts = WordCuts.of(List.of(new WordFrames("a", 0, 6), new WordFrames("b", 4, 9)));
    assertThat(new int[] {cuts.at(0), cuts.at(1), cuts.at(2)}).containsExactly(0, 5, 9);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "parity/checkpoints/spiritlm_model/spirit-lm-base-7b",
        "parity/checkpoints/spiritlm_model/spirit-lm-expressive-7b",
        "parity/checkpoints/extra/tokenizer_added_tokens/base",
        "parity/checkpoints/extra/tokenizer_added_tokens/expressive",
        "tokenizers/bytelevel",
      })
  void idsAreThoseOfThePromptWithAnyTokenizer(String path) {
    TextTokenizer tokenizer =
        TextTokenizer.open(Path.of("..", "core", "src", "test", "resources").resolve(path));
    Vocabulary vocabulary = Vocabulary.of(tokenizer, tokenizer.size());
    SequenceTokens tokens = SequenceTokens.of(tokenizer, vocabulary, TokenLayout.SPIRIT_LM);
    SequenceWriter writer = new SequenceWriter(tokens);
    WordTokenizer words = new WordTokenizer(tokenizer);
    boolean expressive = vocabulary.isExpressive();
    for (int i = 0; i < 60; i++) {
      PreparedUtterance utterance =
          small(Utterances.random("u" + i, i, 40, expressive), vocabulary);
      assertThat(words.agrees(utterance.words().stream().map(WordFrames::word).toList())).isTrue();
      Interleaving drawn =
          new Interleaver(Strategy.INTERLEAVED, new SpanLengths(1, 6, 1, 6)).draw(utterance, 1, i);
      Prompt prompt =
          Prompt.of(drawn.parts(utterance, TokenLayout.SPIRIT_LM), OutputModality.ARBITRARY);
      int[] ids = tokenizer.encode(prompt.string(), true);
      assertThat(writer.ids(utterance, drawn, words)).isEqualTo(ids);
    }
    JsonLine json = new JsonLine("file", tokens.toJson());
    assertThat(SequenceTokens.read(json)).usingRecursiveComparison().isEqualTo(tokens);
  }

  @Test
  void aTokenizerWhosePiecesCrossBlanksIsFoundOut() {
    TextTokenizer tokenizer =
        TextTokenizer.open(
            Path.of("..", "core", "src", "test", "resources", "tokenizers", "llama"));
    WordTokenizer words = new WordTokenizer(tokenizer);
    assertThat(words.agrees(List.of("over", "the", "lazy"))).isFalse();
  }

  /** The same with units that the vocabulary has. */
  private static PreparedUtterance small(PreparedUtterance of, Vocabulary vocabulary) {
    SpeechUnits units = of.units();
    return new PreparedUtterance(
        of.id(),
        null,
        null,
        null,
        of.seconds(),
        new SpeechUnits(
            modulo(units.hubert(), vocabulary.hubert().size()),
            units.pitch() == null ? null : modulo(units.pitch(), vocabulary.pitch().size()),
            units.style() == null ? null : modulo(units.style(), vocabulary.style().size())),
        of.words(),
        of.text(),
        null,
        "m",
        "c");
  }

  private static int[] modulo(int[] values, int size) {
    return Arrays.stream(values).map(value -> value / 100 % size).toArray();
  }

  @Test
  void unitsThatTheModelLacksAreRefused() {
    TextTokenizer tokenizer = Utterances.expressive();
    SequenceTokens tokens =
        SequenceTokens.of(tokenizer, Vocabulary.of(tokenizer, 32768), TokenLayout.SPIRIT_LM);
    PreparedUtterance strange = utterance(new SpeechUnits(new int[] {501}, null, null));
    assertThatThrownBy(
            () ->
                new SequenceWriter(tokens)
                    .ids(
                        strange,
                        Interleaver.PAPER.draw(strange, 0, 0),
                        new WordTokenizer(tokenizer)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("[Hu501]");
    assertThatThrownBy(() -> new SpanLengths(0, 3, 1, 2)).isInstanceOf(InputException.class);
    assertThatThrownBy(() -> new SpanLengths(1, 3, 3, 2)).isInstanceOf(InputException.class);
  }
}
