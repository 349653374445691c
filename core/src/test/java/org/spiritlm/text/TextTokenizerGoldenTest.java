package org.spiritlm.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.Golden;

/** The tokenizer gives the reference's ids, pieces and text, in both forms and both modes. */
class TextTokenizerGoldenTest {
  private static final Golden TOKENIZER = Golden.load("tokenizer");
  private static final Golden LM = Golden.load("lm");
  private static final Map<String, TextTokenizer> RELEASED = new ConcurrentHashMap<>();

  @TempDir Path temporary;

  @TestFactory
  Stream<DynamicTest> idsPiecesAndTextAreTheReferences() {
    return TOKENIZER.at("sets").properties().stream()
        .flatMap(
            set -> {
              TextTokenizer tokenizer = open(set.getKey(), set.getValue());
              return Stream.concat(
                  Stream.of(
                      DynamicTest.dynamicTest(
                          set.getKey() + " ids of tokens",
                          () -> checkIds(tokenizer, set.getValue().get("id_of")))),
                  stream(set.getValue().get("cases"))
                      .map(
                          c ->
                              DynamicTest.dynamicTest(
                                  set.getKey() + " " + c.get("text"), () -> check(tokenizer, c))));
            });
  }

  private static void checkIds(TextTokenizer tokenizer, JsonNode expected) {
    int unknown = tokenizer.id("<unk>").orElseThrow();
    expected
        .properties()
        .forEach(
            entry ->
                assertThat(tokenizer.id(entry.getKey()).orElse(unknown))
                    .as(entry.getKey())
                    .isEqualTo(entry.getValue().intValue()));
  }

  private static void check(TextTokenizer tokenizer, JsonNode golden) {
    String text = golden.get("text").asText();
    int[] ids = tokenizer.encode(text);
    assertThat(ids).containsExactly(ints(golden.get("ids")));
    assertThat(Arrays.stream(ids).mapToObj(tokenizer::piece))
        .containsExactlyElementsOf(stream(golden.get("pieces")).map(JsonNode::asText).toList());
    String decoded = golden.get("decoded_skip_special").asText();
    assertThat(tokenizer.decode(ids)).isEqualTo(decoded);
    assertThat(decoded.equals(text)).isEqualTo(golden.get("decoded_equals_text").booleanValue());
    assertThat(tokenizer.encode(text, false)).isEqualTo(Arrays.copyOfRange(ids, 1, ids.length));
  }

  @TestFactory
  Stream<DynamicTest> generatedIdsDecodeToTheReferencesText() {
    return Stream.of("base", "expressive")
        .flatMap(
            model ->
                stream(LM.at("models", model, "generation"))
                    .map(
                        c ->
                            DynamicTest.dynamicTest(
                                model + " " + c.get("output_modality") + " " + c.get("name"),
                                () -> checkGeneration(released(model), c.get("float32")))));
  }

  private static void checkGeneration(TextTokenizer tokenizer, JsonNode run) {
    int[] prompt = ints(run.get("prompt_ids"));
    int[] added = ints(run.get("new_ids"));
    String promptText = run.get("prompt").asText();
    String decoded = run.get("decoded").asText();
    assertThat(tokenizer.encode(promptText)).isEqualTo(prompt);
    assertThat(tokenizer.decode(join(prompt, added))).isEqualTo(decoded);
    TextDecoder decoder = tokenizer.decoder(prompt);
    StringBuilder answer = new StringBuilder();
    Arrays.stream(added).forEach(id -> answer.append(decoder.accept(id)));
    assertThat(answer + decoder.finish()).isEqualTo(decoded.substring(promptText.length()));
  }

  @TestFactory
  Stream<DynamicTest> continuationsHaveNoStartToken() {
    return Stream.of("base", "expressive")
        .flatMap(
            model ->
                stream(LM.at("models", model, "scores"))
                    .map(
                        c ->
                            DynamicTest.dynamicTest(
                                model + c.get("continuation"),
                                () ->
                                    assertThat(
                                            released(model)
                                                .encode(c.get("continuation").asText(), false))
                                        .containsExactly(ints(c.get("continuation_ids"))))));
  }

  /** The golden's folder; the mode that its file does not say is written into a copy. */
  private TextTokenizer open(String name, JsonNode set) {
    Path folder = Golden.path("checkpoints/" + set.get("folder").asText());
    if (name.endsWith("legacy_true")) {
      return TextTokenizer.open(folder);
    }
    try {
      Path copy = Files.createDirectories(temporary.resolve(name));
      Files.copy(folder.resolve("tokenizer.model"), copy.resolve("tokenizer.model"));
      String config = Files.readString(folder.resolve("tokenizer_config.json"));
      Files.writeString(
          copy.resolve("tokenizer_config.json"), config.replaceFirst("\\{", "{\"legacy\": false,"));
      return TextTokenizer.open(copy);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static TextTokenizer released(String model) {
    return RELEASED.computeIfAbsent(
        model,
        name ->
            TextTokenizer.open(
                Golden.path("checkpoints/spiritlm_model/spirit-lm-" + name + "-7b")));
  }

  private static int[] join(int[] a, int[] b) {
    return IntStream.concat(Arrays.stream(a), Arrays.stream(b)).toArray();
  }

  private static int[] ints(JsonNode node) {
    return stream(node).mapToInt(JsonNode::intValue).toArray();
  }

  private static Stream<JsonNode> stream(JsonNode node) {
    return StreamSupport.stream(node.spliterator(), false);
  }
}
