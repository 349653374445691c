package org.spiritlm.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.spiritlm.Golden;
import org.spiritlm.text.EditCounts;

/** The measures have the values that other implementations of their definitions give. */
final class MetricsGoldenTest {
  private final Golden golden = Golden.load("metrics");

  @Test
  void errorRates() {
    Offset<Double> tolerance = tolerance("error_rates", "max_abs");
    EditCounts words = EditCounts.NONE;
    EditCounts characters = EditCounts.NONE;
    for (JsonNode pair : golden.at("error_rates", "pairs")) {
      String reference = pair.get("reference").textValue();
      String hypothesis = pair.get("hypothesis").textValue();
      EditCounts counts = EditCounts.words(reference, hypothesis);
      JsonNode expected = pair.get("word_counts");
      assertThat(counts.rate()).isEqualTo(pair.get("wer").doubleValue(), tolerance);
      assertThat(counts.edits())
          .isEqualTo(
              expected.get("substitutions").asLong()
                  + expected.get("insertions").asLong()
                  + expected.get("deletions").asLong());
      assertThat(EditCounts.characters(reference, hypothesis).rate())
          .isEqualTo(pair.get("cer").doubleValue(), tolerance);
      words = words.plus(counts);
      characters = characters.plus(EditCounts.characters(reference, hypothesis));
    }
    assertThat(words.referenceLength()).isGreaterThan(20);
    assertThat(words.rate())
        .isEqualTo(golden.at("error_rates", "corpus_wer").doubleValue(), tolerance);
    assertThat(characters.rate())
        .isEqualTo(golden.at("error_rates", "corpus_cer").doubleValue(), tolerance);
  }

  @Test
  void pitchErrors() {
    Offset<Double> tolerance = tolerance("pitch_errors", "max_abs");
    long frames = 0;
    for (JsonNode pair : golden.at("pitch_errors", "cases")) {
      PitchErrors errors =
          PitchErrors.of(
              golden.values(pair.get("reference_f0")).floats(),
              golden.values(pair.get("hypothesis_f0")).floats());
      assertThat(errors.grossPitchError()).isEqualTo(pair.get("GPE").doubleValue(), tolerance);
      assertThat(errors.voicingDecisionError()).isEqualTo(pair.get("VDE").doubleValue(), tolerance);
      assertThat(errors.frameError()).isEqualTo(pair.get("FFE").doubleValue(), tolerance);
      frames += errors.frames();
    }
    assertThat(frames).isEqualTo(533);
  }

  @Test
  void perplexities() {
    double relative = golden.at("perplexity", "tolerance", "rel").doubleValue();
    Perplexity pooled = Perplexity.NONE;
    for (JsonNode text : golden.at("perplexity", "cases")) {
      Perplexity one = Perplexity.of(golden.values(text.get("logprobs")).data());
      double expected = text.get("perplexity").doubleValue();
      assertThat(one.value()).isEqualTo(expected, within(relative * expected));
      pooled = pooled.plus(one);
    }
    double corpus = golden.at("perplexity", "corpus").doubleValue();
    assertThat(pooled.tokens()).isEqualTo(62);
    assertThat(pooled.value()).isEqualTo(corpus, within(relative * corpus));
  }

  private Offset<Double> tolerance(String part, String key) {
    return within(golden.at(part, "tolerance", key).doubleValue());
  }
}
