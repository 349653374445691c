package org.spiritlm.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.Golden;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.InputException;

/**
 * What goes beyond the goldens; tokenizers/expected.json is tools/golden/tokenizers_fixture.py's.
 */
class TextTokenizerTest {
  private static final Path FIXTURES = Golden.path("").resolveSibling("tokenizers");
  private static final String EXPRESSIVE = "spiritlm_model/spirit-lm-expressive-7b";
  private static final JsonNode EXPECTED = expected();

  @TempDir Path folder;

  private static JsonNode expected() {
    try {
      return new ObjectMapper().readTree(FIXTURES.resolve("expected.json").toFile());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  static List<JsonNode> fastTokenizers() {
    return StreamSupport.stream(EXPECTED.get("fast").spliterator(), false).toList();
  }

  static List<JsonNode> sentencePieceTokenizers() {
    return StreamSupport.stream(EXPECTED.get("sentencepiece").spliterator(), false).toList();
  }

  @ParameterizedTest
  @MethodSource("fastTokenizers")
  void fastTokenizerIsThePythonLibrarys(JsonNode expected) {
    TextTokenizer tokenizer = TextTokenizer.open(FIXTURES.resolve(expected.get("folder").asText()));
    assertThat(tokenizer.size()).isEqualTo(expected.get("size").intValue());
    checkBothWays(tokenizer, expected, expected.get("folder").asText().equals("llama"));
    Vocabulary vocabulary = Vocabulary.of(tokenizer, 512);
    assertThat(vocabulary.hubert().size()).isEqualTo(20);
    assertThat(vocabulary.pitch().size()).isEqualTo(4);
    assertThat(vocabulary.style().size()).isEqualTo(3);
    assertThat(vocabulary.padding()).isEqualTo(new IdRange(tokenizer.size(), 512));
  }

  @ParameterizedTest
  @MethodSource("sentencePieceTokenizers")
  void sentencePieceTokenizerIsThePythonLibrarys(JsonNode expected) throws IOException {
    checkBothWays(sentencePiece(expected), expected, false);
  }

  private TextTokenizer sentencePiece(JsonNode expected) throws IOException {
    copy(
        Golden.path("checkpoints/" + expected.get("folder").asText()),
        "{\"legacy\": " + expected.get("legacy") + ",");
    return TextTokenizer.open(folder);
  }

  /**
   * @param replacesWholeRuns whether the library makes every byte of a run U+FFFD if one is wrong
   */
  private static void checkBothWays(
      TextTokenizer tokenizer, JsonNode expected, boolean replacesWholeRuns) {
    assertThat(expected.get("encode")).isNotEmpty();
    for (JsonNode pair : expected.get("encode")) {
      assertThat(tokenizer.encode(pair.get(0).asText()))
          .as(pair.get(0).toString())
          .containsExactly(ints(pair.get(1)));
    }
    assertThat(expected.get("decode")).isNotEmpty();
    for (JsonNode pair : expected.get("decode")) {
      int[] ids = ints(pair.get(0));
      String text = tokenizer.decode(ids);
      assertThat(streamed(tokenizer.decoder(), ids)).as(pair.toString()).isEqualTo(text);
      if (replacesWholeRuns && text.contains("\uFFFD")) {
        assertThat(pair.get(1).asText()).contains("\uFFFD");
      } else {
        assertThat(text).isEqualTo(pair.get(1).asText());
      }
    }
  }

  private static String streamed(TextDecoder decoder, int[] ids) {
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      text.append(decoder.accept(id));
    }
    return text + decoder.finish();
  }

  @Test
  void charactersOfSeveralBytesComeWhole() {
    TextTokenizer tokenizer = TextTokenizer.open(Golden.path("checkpoints/" + EXPRESSIVE));
    TextDecoder decoder = tokenizer.decoder();
    int[] ids = tokenizer.encode("a😀é", false);
    List<String> pieces = Arrays.stream(ids).mapToObj(decoder::accept).toList();
    assertThat(pieces).endsWith("", "", "", "😀", "", "é");
    assertThat(String.join("", pieces)).isEqualTo("a😀é");
    assertThat(decoder.finish()).isEmpty();
  }

  @Test
  void bytesThatAreNoCharacterComeAsReplacements() {
    TextTokenizer tokenizer = TextTokenizer.open(Golden.path("checkpoints/" + EXPRESSIVE));
    int first = tokenizer.id("<0x00>").orElseThrow();
    // a lone trail byte; a surrogate; an overlong slash; a lead byte before a letter; one at the
    // end
    int[] ids = {
      first + 0x80, first + 0xED, first + 0xA0, first + 0x80, first + 0xC0, first + 0xAF
    };
    assertThat(tokenizer.decode(ids)).isEqualTo("\uFFFD".repeat(6));
    int letter = tokenizer.id("a").orElseThrow();
    assertThat(tokenizer.decode(first + 0xF0, first + 0x9F, letter)).isEqualTo("\uFFFD\uFFFDa");
    assertThat(tokenizer.decode(letter, first + 0xE2)).isEqualTo("a\uFFFD");
    TextDecoder decoder = tokenizer.decoder();
    assertThat(decoder.accept(first + 0xE2)).isEmpty();
    assertThat(decoder.accept(letter)).isEqualTo("\uFFFDa");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3, 5, 8})
  void decoderContinuesAfterAPrompt(int promptLength) {
    TextTokenizer tokenizer = TextTokenizer.open(Golden.path("checkpoints/" + EXPRESSIVE));
    int[] ids = tokenizer.encode("[Text]One 😀[Speech][Hu7][Text] and more");
    int[] prompt = Arrays.copyOf(ids, promptLength);
    String rest =
        streamed(tokenizer.decoder(prompt), Arrays.copyOfRange(ids, promptLength, ids.length));
    assertThat(tokenizer.decode(ids)).endsWith(rest);
    assertThat(rest).endsWith("[Hu7][Text] and more");
  }

  @Test
  void paddingDecodesToNothingAndNegativeIdsAreErrors() {
    for (String name : List.of("llama", "bytelevel")) {
      checkEdges(TextTokenizer.open(FIXTURES.resolve(name)));
    }
    checkEdges(TextTokenizer.open(Golden.path("checkpoints/" + EXPRESSIVE)));
  }

  private static void checkEdges(TextTokenizer tokenizer) {
    int[] ids = tokenizer.encode("the dog", false);
    int[] padded =
        IntStream.concat(IntStream.of(ids), IntStream.of(tokenizer.size() + 3)).toArray();
    assertThat(tokenizer.decode(padded)).isEqualTo("the dog");
    assertThatThrownBy(() -> tokenizer.decode(-1)).isInstanceOf(InputException.class);
    assertThatThrownBy(() -> tokenizer.piece(tokenizer.size()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("0 to " + (tokenizer.size() - 1));
    for (int id = 0; id < tokenizer.size(); id += 7) {
      assertThat(tokenizer.id(tokenizer.piece(id))).hasValue(id);
    }
  }

  @Test
  void unpairedSurrogatesDoNotBreakIt() {
    for (Path path : List.of(FIXTURES.resolve("llama"), Golden.path("checkpoints/" + EXPRESSIVE))) {
      TextTokenizer tokenizer = TextTokenizer.open(path);
      String text = tokenizer.decode(tokenizer.encode("a\ud83d b"));
      assertThat(text).startsWith("a").endsWith(" b");
    }
  }

  @Test
  void manyThreadsMayUseOne() {
    for (Path path : List.of(FIXTURES.resolve("llama"), Golden.path("checkpoints/" + EXPRESSIVE))) {
      TextTokenizer tokenizer = TextTokenizer.open(path);
      List<String> texts =
          IntStream.range(0, 400)
              .mapToObj(i -> "[Text]the dog " + i + " é[Hu" + i % 20 + "]")
              .toList();
      List<int[]> alone = texts.stream().map(tokenizer::encode).toList();
      List<int[]> together = texts.parallelStream().map(tokenizer::encode).toList();
      for (int i = 0; i < texts.size(); i++) {
        assertThat(together.get(i)).isEqualTo(alone.get(i));
        assertThat(tokenizer.decode(alone.get(i))).contains("dog " + i);
      }
    }
  }

  @Test
  void aFolderWithoutTokenizerIsAnError() {
    assertThatThrownBy(() -> TextTokenizer.open(folder))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining(folder.toString())
        .hasMessageContaining("tokenizer.model");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 100, 10_000, 400_000})
  void aCutOffModelIsAnError(int length) throws IOException {
    byte[] model =
        Files.readAllBytes(Golden.path("checkpoints/" + EXPRESSIVE + "/tokenizer.model"));
    Files.write(folder.resolve("tokenizer.model"), Arrays.copyOf(model, length));
    assertThatThrownBy(() -> TextTokenizer.open(folder))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("tokenizer.model");
  }

  @Test
  void somethingElseThanAModelIsAnError() throws IOException {
    for (String content :
        List.of("version https://git-lfs", "<html>Not found</html>", "{}", "\0\0\0")) {
      Files.writeString(folder.resolve("tokenizer.model"), content);
      assertThatThrownBy(() -> TextTokenizer.open(folder))
          .isInstanceOf(CheckpointException.class)
          .hasMessageContaining("tokenizer.model");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{",
        "[]",
        "{\"added_tokens_decoder\": {\"x\": {\"content\": \"[Text]\"}}}",
        "{\"added_tokens_decoder\": {\"32000\": {\"content\": \"\"}}}",
        "{\"added_tokens_decoder\": {\"5\": {\"content\": \"[New]\"}}}",
        "{\"added_tokens_decoder\": {\"999999999\": {\"content\": \"[New]\"}}}",
        "{\"added_tokens_decoder\": {\"32668\": {\"content\": \"[New]\"},"
            + "\"0\": {\"content\": \"<unk>\"}}}",
        "{\"added_tokens_decoder\": {\"32667\": {\"content\": \"[New]\", \"single_word\": true}}}"
      })
  void aWrongConfigurationIsAnError(String json) throws IOException {
    Path released = Golden.path("checkpoints/" + EXPRESSIVE);
    Files.copy(released.resolve("tokenizer.model"), folder.resolve("tokenizer.model"));
    Files.writeString(folder.resolve("tokenizer_config.json"), json);
    assertThatThrownBy(() -> TextTokenizer.open(folder))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("tokenizer_config.json");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{",
        "{}",
        "{\"model\": {\"vocab\": {\"a\": -1}}}",
        "{\"model\": {\"vocab\": {\"a\": 2000000000}}}",
        "{\"model\": {\"vocab\": {\"a\": \"b\"}}}",
        "{\"model\": {\"type\": \"Unheard\", \"vocab\": {\"a\": 0}}}"
      })
  void aWrongFastTokenizerIsAnError(String json) throws IOException {
    Files.writeString(folder.resolve("tokenizer.json"), json);
    assertThatThrownBy(() -> TextTokenizer.open(folder))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("tokenizer.json");
  }

  @Test
  void startAndEndTokensAreAddedAsConfigured() throws IOException {
    copy(Golden.path("checkpoints/" + EXPRESSIVE), "{\"x\": 0,");
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        "{\"add_bos_token\": false, \"add_eos_token\": true, \"bos_token\": \"\"}");
    TextTokenizer tokenizer = TextTokenizer.open(folder);
    int[] ids = tokenizer.encode("dog");
    assertThat(ids).endsWith(2).doesNotContain(1);
    assertThat(tokenizer.encode("dog", false)).isEqualTo(Arrays.copyOf(ids, ids.length - 1));

    Files.delete(folder.resolve("tokenizer_config.json"));
    assertThat(TextTokenizer.open(folder).encode("dog")).startsWith(1).doesNotContain(2);

    Path fast = Files.createDirectories(folder.resolve("fast"));
    Files.copy(FIXTURES.resolve("llama/tokenizer.json"), fast.resolve("tokenizer.json"));
    Files.writeString(
        fast.resolve("tokenizer_config.json"),
        "{\"add_bos_token\": false, \"add_eos_token\": true}");
    assertThat(TextTokenizer.open(fast).encode("dog")).endsWith(2).doesNotContain(1);
  }

  @Test
  void tokensMayStandInAddedTokensJson() throws IOException {
    Path added = Golden.path("checkpoints/extra/tokenizer_added_tokens/base");
    Files.copy(added.resolve("tokenizer.model"), folder.resolve("tokenizer.model"));
    Files.writeString(
        folder.resolve("added_tokens.json"),
        "{\"[Hu0]\": 32002, \"[Text]\": 32000, \"[Speech]\": 32001}");
    TextTokenizer tokenizer = TextTokenizer.open(folder);
    assertThat(tokenizer.size()).isEqualTo(32003);
    assertThat(tokenizer.encode("[Text][Hu0]")).containsExactly(1, 32000, 32002);
    assertThat(Vocabulary.of(tokenizer, 32064).hubert()).isEqualTo(new IdRange(32002, 32003));
  }

  private void copy(Path from, String configBegin) throws IOException {
    Files.copy(from.resolve("tokenizer.model"), folder.resolve("tokenizer.model"));
    String config = Files.readString(from.resolve("tokenizer_config.json"));
    Files.writeString(
        folder.resolve("tokenizer_config.json"), config.replaceFirst("\\{", configBegin));
  }

  private static int[] ints(JsonNode node) {
    return StreamSupport.stream(node.spliterator(), false).mapToInt(JsonNode::intValue).toArray();
  }
}
