package org.spiritlm.prompt;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.spiritlm.Golden;
import org.spiritlm.text.TextTokenizer;
import org.spiritlm.text.Vocabulary;

/** Prompts are built, and generated ids read, as in the reference's whole runs. */
class GenerationGoldenTest {
  private static final Golden LM = Golden.load("lm");
  private static final Golden AUDIO = Golden.load("audio");
  private static final Map<String, TextTokenizer> TOKENIZERS =
      Map.of(
          "base", StringsGoldenTest.tokenizer("base"),
          "expressive", StringsGoldenTest.tokenizer("expressive"));

  @TestFactory
  Stream<DynamicTest> promptsAreTheReferences() {
    return runs((model, run) -> checkPrompt(model, run));
  }

  private static void checkPrompt(String model, JsonNode run) {
    OutputModality output = OutputModality.valueOf(run.get("output_modality").asText());
    Vocabulary vocabulary = StringsGoldenTest.vocabulary(model);
    Prompt prompt;
    if (run.get("prompt_given").isNull()) {
      List<Part> parts = new ArrayList<>();
      for (JsonNode input : run.get("inputs")) {
        String content = input.get(1).asText();
        parts.add(
            input.get(0).asText().equals("text")
                ? new Part.Text(content)
                : new Part.Speech(SpeechTokens.parse(encoded(content, model))));
      }
      prompt = Prompt.of(parts, output);
    } else {
      prompt = Prompt.parse(run.get("prompt_given").asText(), vocabulary);
    }
    assertThat(prompt).hasToString(run.get("float32").get("prompt").asText());
    assertThat(prompt.ids(TOKENIZERS.get(model)))
        .containsExactly(ints(run.get("float32").get("prompt_ids")));
  }

  /** The audio golden's token string of a file. */
  private static String encoded(String file, String model) {
    return StreamSupport.stream(AUDIO.at("entries").spliterator(), false)
        .filter(entry -> entry.get("file").asText().equals(file))
        .filter(entry -> entry.path("encode_string_" + model).isTextual())
        .findFirst()
        .orElseThrow(() -> new AssertionError(file))
        .get("encode_string_" + model)
        .asText();
  }

  @TestFactory
  Stream<DynamicTest> outputsAreTheReferences() {
    return runs((model, run) -> checkOutput(model, run));
  }

  private static void checkOutput(String model, JsonNode run) {
    JsonNode golden = run.get("float32");
    String prompt = golden.get("prompt").asText();
    List<Part> parts =
        OutputReader.read(
            TOKENIZERS.get(model),
            StringsGoldenTest.vocabulary(model),
            ints(golden.get("prompt_ids")),
            ints(golden.get("new_ids")));
    String answer = golden.get("decoded").asText().substring(prompt.length());
    assertThat(parts)
        .isEqualTo(TokenString.split(answer).stream().map(run1 -> part(run1)).toList());

    OutputModality output = OutputModality.valueOf(run.get("output_modality").asText());
    List<String> expected = outputs(golden.get("outputs"));
    switch (output) {
      case TEXT -> {
        assertThat(parts).singleElement().isInstanceOf(Part.Text.class);
        assertThat(((Part.Text) parts.get(0)).text().strip()).isEqualTo(expected.get(0));
      }
      case SPEECH -> {
        assertThat(parts).anyMatch(Part.Speech.class::isInstance);
        assertThat(expected).containsExactly("speech");
      }
      case ARBITRARY -> {
        boolean speechBefore = new Prompt(prompt).endsWithSpeech();
        assertThat(
                OutputReader.withoutShortSpeech(parts, speechBefore).stream()
                    .map(part -> part instanceof Part.Text text ? text.text() : "speech"))
            .containsExactlyElementsOf(expected);
      }
    }
  }

  private static Part part(TokenString.Run run) {
    return run.isSpeech()
        ? new Part.Speech(SpeechTokens.parse(run.content()))
        : new Part.Text(run.content());
  }

  /** The contents of texts, and "speech". */
  private static List<String> outputs(JsonNode outputs) {
    return StreamSupport.stream(outputs.spliterator(), false)
        .map(o -> o.get("type").asText().equals("TEXT") ? o.get("content").asText() : "speech")
        .toList();
  }

  private interface Check {
    void run(String model, JsonNode run);
  }

  private static Stream<DynamicTest> runs(Check check) {
    return Stream.of("base", "expressive")
        .flatMap(
            model ->
                StreamSupport.stream(LM.at("models", model, "generation").spliterator(), false)
                    .filter(run -> !Golden.isException(run.get("float32")))
                    .map(
                        run ->
                            DynamicTest.dynamicTest(
                                model + " " + run.get("output_modality") + " " + run.get("name"),
                                () -> check.run(model, run))));
  }

  private static int[] ints(JsonNode node) {
    return StreamSupport.stream(node.spliterator(), false).mapToInt(JsonNode::intValue).toArray();
  }
}
