package org.spiritlm.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.DType;

/** Models, configurations and beam searches are those of Hugging Face's transformers. */
class LlamaVariantsTest {
  private static final double LOGITS = 2e-4;
  private static final double SCORE = 1e-4;
  static final List<String> VARIANTS = LlamaVariant.NAMES;

  @ParameterizedTest
  @FieldSource("VARIANTS")
  void logitsAreThose(String name) {
    LlamaVariant variant = LlamaVariant.of(name);
    LlamaModels.assertClose(
        LlamaModels.logits(variant.model(), variant.ids()), variant.logits(), LOGITS);
  }

  /** One id after another, as an answer is made. */
  @ParameterizedTest
  @FieldSource("VARIANTS")
  void logitsAreThoseOneByOne(String name) {
    LlamaVariant variant = LlamaVariant.of(name);
    int[] ids = variant.ids();
    float[][] expected = variant.logits();
    try (KvCache cache = variant.model().cache(ids.length)) {
      for (int i = 0; i < ids.length; i++) {
        float[][] found = LlamaModels.read(variant.model(), cache, ids[i]);
        LlamaModels.assertClose(found, new float[][] {expected[i]}, LOGITS);
      }
    }
  }

  @ParameterizedTest
  @FieldSource("VARIANTS")
  void allWaysToWriteAConfigurationAreOne(String name) {
    LlamaVariant variant = LlamaVariant.of(name);
    LlamaConfig config = variant.config();
    assertThat(variant.configs()).hasSizeGreaterThan(3);
    for (ConfigFile way : variant.configs()) {
      assertThat(LlamaConfig.read(way)).as(way.node().toString()).isEqualTo(config);
    }
    String written = config.json().toString();
    assertThat(LlamaConfig.read(ConfigFile.parse("written", written))).isEqualTo(config);
  }

  /** So that the comparisons above would show a mistake in any of these. */
  @ParameterizedTest
  @CsvSource({
    "biased, rope_theta, 10000",
    "linear, rope_scaling, null",
    "llama3, rope_scaling, null",
    "llama3, rope_scaling, '{\"rope_type\": \"linear\", \"factor\": 8}'",
    "grouped_tied, rms_norm_eps, 0.1"
  })
  void eachSettingMatters(String name, String key, String other) {
    LlamaVariant variant = LlamaVariant.of(name);
    ObjectNode json = variant.config().json();
    json.set(key, ConfigFile.parse("other", "{\"value\": " + other + "}").node("value"));
    LlamaConfig changed = LlamaConfig.read(ConfigFile.parse("changed", json.toString()));
    assertThat(changed).isNotEqualTo(variant.config());
    LlamaModel model = new LlamaModel(variant.weights().as(DType.F32), changed);
    double difference =
        LlamaModels.difference(LlamaModels.logits(model, variant.ids()), variant.logits());
    assertThat(difference).isGreaterThan(100 * LOGITS);
  }

  @Test
  void theVariantsAreWhatTheirNamesSay() {
    LlamaConfig grouped = LlamaVariant.of("grouped_tied").config();
    assertThat(grouped.tied()).isTrue();
    assertThat(grouped.heads()).isEqualTo(2 * grouped.keyValueHeads());
    LlamaConfig biased = LlamaVariant.of("biased").config();
    assertThat(biased.attentionBias() && biased.feedForwardBias()).isTrue();
    assertThat(biased.headWidth()).isNotEqualTo(biased.width() / biased.heads());
    assertThat(biased.ropeBase()).isEqualTo(100_000);
    assertThat(LlamaVariant.of("linear").config().ropeScaling())
        .isEqualTo(new RopeScaling.Linear(4));
    RopeScaling.Llama3 scaling = new RopeScaling.Llama3(8, 1, 4, 32);
    assertThat(LlamaVariant.of("llama3").config().ropeScaling()).isEqualTo(scaling);
    assertThat(LlamaVariant.of("llama3").ids()).hasSizeGreaterThan(3 * scaling.originalContext());
    // a frequency of each kind: left, between, divided
    assertThat(scaling.scale(1)).isEqualTo(1);
    assertThat(scaling.scale(0.3)).isBetween(0.3 / 8 + 0.01, 0.3 - 0.01);
    assertThat(scaling.scale(0.01)).isEqualTo(0.01 / 8);
  }

  @ParameterizedTest
  @CsvSource({
    "rope_scaling, '{\"rope_type\": \"yarn\", \"factor\": 2}', rope_type",
    "rope_scaling, '{\"rope_type\": \"linear\", \"factor\": 0.5}', factor",
    "rope_scaling, '{\"rope_type\": \"linear\"}', factor",
    "rope_scaling, '{\"rope_type\": \"llama3\", \"factor\": 8}', low_freq_factor",
    "rope_scaling, 7, rope_scaling",
    "rope_parameters, '{\"rope_theta\": 1}', rope_theta",
    "rope_parameters, '{\"partial_rotary_factor\": 0.5}', partial_rotary_factor",
    "partial_rotary_factor, 0.5, partial_rotary_factor",
    "rope_theta, -3, rope_theta",
    "num_key_value_heads, 3, num_key_value_heads",
    "head_dim, 7, head_dim",
    "hidden_act, '\"gelu\"', hidden_act",
    "model_type, '\"gpt2\"', model_type",
    "vocab_size, 0, vocab_size"
  })
  void whatIsNotBuiltHereIsNamed(String key, String value, String named) {
    ObjectNode json = LlamaVariant.of("grouped_tied").config().json();
    json.set(key, ConfigFile.parse("other", "{\"value\": " + value + "}").node("value"));
    assertThatThrownBy(() -> LlamaConfig.read(ConfigFile.parse("the file", json.toString())))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("the file")
        .hasMessageContaining("'" + named + "'");
  }

  @TestFactory
  Stream<DynamicTest> beamSearches() {
    return VARIANTS.stream()
        .flatMap(
            name -> {
              LlamaVariant variant = LlamaVariant.of(name);
              Stream.Builder<DynamicTest> tests = Stream.builder();
              for (JsonNode search : variant.searches()) {
                String title = name + " " + search.get("num_beams") + " " + search.get("ends");
                tests.add(DynamicTest.dynamicTest(title, () -> check(variant.model(), search)));
              }
              return tests.build();
            });
  }

  private static void check(LlamaModel model, JsonNode search) {
    BitSet forbidden = new BitSet();
    Arrays.stream(LlamaVariant.ints(search.get("forbidden"))).forEach(forbidden::set);
    Set<Integer> ends =
        Arrays.stream(LlamaVariant.ints(search.get("ends"))).boxed().collect(Collectors.toSet());
    Request request =
        Request.greedy(
                LlamaVariant.ints(search.get("prompt")), search.get("max_new_tokens").intValue())
            .with(
                Sampling.greedy()
                    .withRepetitionPenalty(search.get("repetition_penalty").doubleValue()))
            .without(forbidden)
            .until(ends);
    List<Answer.Candidate> found =
        new BeamSearch(
                model,
                search.get("num_beams").intValue(),
                search.get("length_penalty").doubleValue())
            .search(request);
    JsonNode expected = search.get("answers");
    assertThat(found).hasSize(expected.size());
    for (int i = 0; i < found.size(); i++) {
      int[] ids = LlamaVariant.ints(expected.get(i));
      assertThat(found.get(i).ids()).as("answer %d", i).containsExactly(ids);
      assertThat(found.get(i).reason())
          .isEqualTo(ends.contains(ids[ids.length - 1]) ? FinishReason.END : FinishReason.LENGTH);
      double score = search.get("scores").get(i).doubleValue();
      assertThat(found.get(i).score()).isCloseTo(score, within(SCORE * (1 + Math.abs(score))));
    }
  }
}
