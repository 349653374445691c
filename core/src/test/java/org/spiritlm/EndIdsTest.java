package org.spiritlm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.DType;

/** The ids that end an answer are those that the model's files name. */
class EndIdsTest {
  private static final Golden LM = Golden.load("lm");
  private static final String CONFIG = "config.json";
  private static final String GENERATION_CONFIG = "generation_config.json";

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "base       | generation_config.json | END",
        "expressive | generation_config.json | END",
        "base       | generation_config.json | [5, END]",
        "base       | config.json            | END"
      })
  void theFirstFileThatNamesThemCounts(String variant, String file, String ends)
      throws IOException {
    JsonNode golden = LM.at("models", variant, "stop_token");
    String end = ends.replace("END", golden.get("eos_token_id").asText());
    if (file.equals(GENERATION_CONFIG)) {
      copy(variant, GENERATION_CONFIG, "{\"eos_token_id\": " + end + "}");
    } else {
      String config =
          Files.readString(languageModel(Golden.path("checkpoints"), variant).resolve(CONFIG));
      copy(
          variant, CONFIG, config.replaceAll("\"eos_token_id\": \\d+", "\"eos_token_id\": " + end));
    }
    Generation answer =
        load(variant)
            .generate(
                List.of(Segment.text("The largest country in the world is")),
                GenerationOptions.text().greedy().withMaxNewTokens(40));
    assertThat(answer.outputIds()).containsExactly(LM.values(golden.get("new_ids")).ints());
    assertThat(answer.endReason()).isEqualTo(EndReason.END);
    assertThat(answer.text())
        .doesNotEndWith(load(variant).tokenizer().piece(golden.get("eos_token_id").intValue()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"x\"", "-1", "40000", "[2, \"x\"]", "1.5"})
  void whatIsNoIdIsNamed(String ends) throws IOException {
    copy("base", GENERATION_CONFIG, "{\"eos_token_id\": " + ends + "}");
    assertThatThrownBy(
            () -> load("base").generate(List.of(Segment.text("a")), GenerationOptions.text()))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("eos_token_id");
  }

  private SpiritLm load(String variant) {
    return SpiritLm.load(
        directory, LoadOptions.standard().withVariant(variant).withDtype(DType.F32));
  }

  /**
   * A model like the parity set's but for one file; without the other where this is config.json.
   */
  private void copy(String variant, String file, String content) throws IOException {
    Path model = Files.createDirectories(languageModel(directory, variant));
    try (Stream<Path> files = Files.list(languageModel(Golden.path("checkpoints"), variant))) {
      for (Path each : files.toList()) {
        String name = each.getFileName().toString();
        if (!name.equals(file) && !(file.equals(CONFIG) && name.equals(GENERATION_CONFIG))) {
          Files.copy(each, model.resolve(name));
        }
      }
    }
    Files.writeString(model.resolve(file), content);
  }

  private static Path languageModel(Path checkpoints, String variant) {
    return checkpoints.resolve("spiritlm_model").resolve("spirit-lm-" + variant + "-7b");
  }
}
