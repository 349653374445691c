package org.spiritlm.alignment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.ConfigFile;

/** Which labels a transcript's characters have. */
final class AlphabetTest {
  private static final List<String> LOWER =
      List.of("<pad>", "<s>", "</s>", "<unk>", "|", "a", "b", "e", "f", "i", "s", "'", "-");

  @TempDir Path directory;

  /** Labels are written as their names, a wildcard as an asterisk. */
  @ParameterizedTest
  @CsvSource({
    "a bee, a | b e e",
    "A BEE, a | b e e",
    "'  bee\ta\u00a0a ', b e e | a | a",
    "beé, b e e",
    "be\u0301, b e",
    "ﬁfe, f i f e",
    "saß, s a s s",
    "\"be’s\", b e ' s",
    "'a, be!', a | b e",
    "be-be, b e - b e",
    "be — be, b e | b e",
    "'a 25 be', a | * | b e",
    "a3b, a * b",
    "3ab4, * a b *",
    "日本 be, * | b e",
    "50% b, * | b",
    "€5 a, * | a",
    "b&b, b * b",
    "a/b, a b",
    "azb, a * b",
    "<s> |, s",
  })
  void charactersBecomeLabels(String text, String expected) throws IOException {
    write(LOWER, "{}", 0);
    Alphabet alphabet = read(LOWER.size());
    assertThat(shown(alphabet.labels(text.replace("\"", "")), LOWER)).isEqualTo(expected);
  }

  @Test
  void wordsAreThoseBetweenSpacesWithTheirLabels() throws IOException {
    write(LOWER, "{}", 0);
    Alphabet alphabet = read(LOWER.size());
    Transcript transcript = alphabet.labels(" Be, — 7 as! ");
    assertThat(transcript.words())
        .containsExactly(
            new Transcript.Word("Be,", 0, 2),
            new Transcript.Word("—", 2, 2),
            new Transcript.Word("7", 3, 4),
            new Transcript.Word("as!", 5, 7));
    assertThat(transcript.words().stream().map(transcript::isKnown))
        .containsExactly(true, false, false, true);
    assertThat(transcript.isAlignable()).isTrue();
    assertThat(alphabet.labels("7 — 日本").isAlignable()).isFalse();
    assertThat(alphabet.labels(" ").words()).isEmpty();
  }

  @Test
  void upperCaseLettersServeForLowerCaseText() throws IOException {
    List<String> upper = List.of("<pad>", "|", "A", "B", "É");
    write(upper, "{}", 0);
    Alphabet alphabet = read(upper.size());
    assertThat(shown(alphabet.labels("aBé"), upper)).isEqualTo("A B É");
  }

  /** The MMS aligner has a blank beside the padding label, and no delimiter. */
  @Test
  void blankAndDelimiterAreFound() throws IOException {
    List<String> mms = List.of("<blank>", "<pad>", "</s>", "<unk>", "a", "i");
    write(mms, "{}", 1);
    Alphabet alphabet = read(mms.size());
    assertThat(alphabet.blank()).isZero();
    assertThat(alphabet.spoken()).containsExactly(4, 5);
    assertThat(shown(alphabet.labels("a ia 1"), mms)).isEqualTo("a i a *");

    List<String> named = List.of("a", "[PAD]", "[UNK]", " ");
    write(
        named,
        "{\"pad_token\":\"[PAD]\",\"unk_token\":{\"content\":\"[UNK]\"},\"word_delimiter_token\":\" \"}",
        1);
    alphabet = read(named.size());
    assertThat(alphabet.blank()).isEqualTo(1);
    assertThat(alphabet.spoken()).containsExactly(0);
    assertThat(alphabet.labels("a a").labels()).containsExactly(0, 3, 0);
  }

  @Property(tries = 200)
  void everyTextBecomesWordsWhoseLabelsFollowEachOther(@ForAll String text) throws IOException {
    Path folder = Files.createTempDirectory("alphabet");
    try {
      write(folder, LOWER, "{}", 0);
      Alphabet alphabet = Alphabet.read(folder, config(folder, LOWER.size()));
      Transcript transcript = alphabet.labels(text);
      int end = 0;
      for (Transcript.Word word : transcript.words()) {
        assertThat(word.text()).isNotBlank();
        assertThat(word.from()).isBetween(end, end + 1);
        assertThat(word.to()).isGreaterThanOrEqualTo(word.from());
        end = word.to();
      }
      assertThat(transcript.labels()).hasSize(end);
      for (int label : transcript.labels()) {
        assertThat(label).isBetween(4, alphabet.wildcard());
      }
    } finally {
      for (String name : List.of("vocab.json", "tokenizer_config.json", "config.json")) {
        Files.delete(folder.resolve(name));
      }
      Files.delete(folder);
    }
  }

  @Test
  void contradictionsAreRefused() throws IOException {
    write(LOWER, "{}", 0);
    assertRefused(LOWER.size() + 1, "names 13 labels, but the model has 14");
    assertRefused(LOWER.size() - 1, "'-' must be one of the model's 12 labels", "found 12");
    Files.writeString(directory.resolve("vocab.json"), "{\"a\":0,\"b\":0}");
    assertRefused(2, "'b' must be a label of its own");
    Files.writeString(directory.resolve("vocab.json"), "{\"eng\":{\"a\":0}}");
    assertRefused(2, "several languages ('eng')");
    Files.writeString(directory.resolve("vocab.json"), "{\"<pad>\":0,\"ab\":1}");
    assertRefused(2, "no label of one letter");
    Files.writeString(directory.resolve("vocab.json"), "[]");
    assertRefused(2, "expected a JSON object");
    Files.delete(directory.resolve("vocab.json"));
    assertRefused(2, "vocab.json", "missing");
  }

  @Test
  void addedTokensCountWhereTheModelHasThem() throws IOException {
    write(LOWER, "{}", 0);
    Files.writeString(directory.resolve("added_tokens.json"), "{\"<more>\":13,\"<other>\":14}");
    assertThat(read(14).wildcard()).isEqualTo(14);
  }

  private void assertRefused(int labels, String... messages) {
    assertThatThrownBy(() -> read(labels))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContainingAll(messages);
  }

  private Alphabet read(int labels) {
    return Alphabet.read(directory, config(directory, labels));
  }

  private static CtcConfig config(Path folder, int labels) {
    ConfigFile file = ConfigFile.read(folder.resolve("config.json"));
    CtcConfig read = CtcConfig.read(file);
    return new CtcConfig(read.family(), read.encoder(), labels, 1, read.padding(), read.margins());
  }

  private void write(List<String> names, String tokenizer, int padding) throws IOException {
    write(directory, names, tokenizer, padding);
  }

  private static void write(Path folder, List<String> names, String tokenizer, int padding)
      throws IOException {
    List<String> entries = new ArrayList<>();
    for (String name : names) {
      entries.add("\"" + name + "\":" + entries.size());
    }
    Files.writeString(folder.resolve("vocab.json"), "{" + String.join(",", entries) + "}");
    Files.writeString(folder.resolve("tokenizer_config.json"), tokenizer);
    Files.writeString(
        folder.resolve("config.json"),
        "{\"model_type\":\"wav2vec2\",\"vocab_size\":"
            + names.size()
            + ",\"pad_token_id\":"
            + padding
            + "}");
  }

  private static String shown(Transcript transcript, List<String> names) {
    List<String> shown = new ArrayList<>();
    for (int label : transcript.labels()) {
      shown.add(label == transcript.wildcard() ? "*" : names.get(label));
    }
    return String.join(" ", shown);
  }
}
