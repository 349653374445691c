package org.spiritlm.alignment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.StreamSupport;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.SafetensorsFile;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;

/** Against {@code torchaudio.functional.forced_align}, and what cannot be aligned. */
final class CtcAlignmentTest {
  private static final Path GOLDENS = Fixtures.folder("/parity/goldens");

  @Test
  void pathScoresAndSpansAreTheReferences() throws IOException {
    JsonNode golden = new ObjectMapper().readTree(GOLDENS.resolve("align.json").toFile());
    SafetensorsFile arrays = SafetensorsFile.open(GOLDENS.resolve("align.safetensors"));
    assertThat(golden.get("cases")).hasSize(3);
    for (JsonNode each : golden.get("cases")) {
      Emissions emissions = emissions(arrays, each.get("log_probs"));

      CtcAlignment alignment =
          CtcAlignment.of(emissions, ints(each.get("targets")), each.get("blank").intValue());

      assertThat(alignment.path()).containsExactly(ints(each.get("path")));
      assertThat(alignment.scores())
          .usingComparatorWithPrecision(1e-6f)
          .containsExactly(floats(arrays, each.get("scores")));
      assertThat(alignment.score())
          .isEqualTo(each.get("score_sum").doubleValue(), Offset.offset(1e-4));
      List<LabelSpan> expected = new ArrayList<>();
      for (JsonNode span : each.get("spans")) {
        expected.add(
            new LabelSpan(
                span.get("token").intValue(),
                span.get("start").intValue(),
                span.get("end").intValue(),
                span.get("score").doubleValue()));
      }
      assertThat(alignment.spans())
          .usingRecursiveFieldByFieldElementComparator(
              org.assertj.core.api.recursive.comparison.RecursiveComparisonConfiguration.builder()
                  .withComparatorForType(
                      (a, b) -> Math.abs(a - b) <= 1e-6 ? 0 : Double.compare(a, b), Double.class)
                  .build())
          .containsExactlyElementsOf(expected);
    }
  }

  @Test
  void fewerFramesThanLabelsAreRefused() throws IOException {
    JsonNode golden = new ObjectMapper().readTree(GOLDENS.resolve("align.json").toFile());
    JsonNode tooShort = golden.get("too_short");
    assertThat(tooShort.get("result").has("exception")).isTrue();
    int frames = tooShort.get("frames").intValue();
    int[] targets = ints(tooShort.get("targets"));
    assertThat(CtcAlignment.leastFrames(targets)).isEqualTo(frames + 1);
    assertThatThrownBy(() -> CtcAlignment.of(uniform(frames, 4), targets, 0))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("3 frames")
        .hasMessageContaining("at least 4");
    assertThat(CtcAlignment.of(uniform(frames + 1, 4), targets, 0).path())
        .containsExactly(1, 0, 1, 2);
  }

  @Test
  void whatHasNoProbabilityIsRefused() {
    float[] values = new float[12];
    Arrays.fill(values, -1);
    for (int t = 0; t < 4; t++) {
      values[t * 3 + 2] = Float.NEGATIVE_INFINITY;
    }
    Emissions emissions = new Emissions(values, 4, 3);
    assertThat(CtcAlignment.of(emissions, new int[] {1}, 0).spans()).hasSize(1);
    assertThatThrownBy(() -> CtcAlignment.of(emissions, new int[] {1, 2}, 0))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("probability 0");
    values[7] = Float.NaN;
    assertThatThrownBy(() -> CtcAlignment.of(emissions, new int[] {1}, 0))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("NaN");
  }

  @Test
  void labelsOutsideAreAFaultOfTheCaller() {
    for (int wrong : new int[] {-1, 0, 4}) {
      assertThatThrownBy(() -> CtcAlignment.of(uniform(9, 4), new int[] {1, wrong}, 0))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> new Emissions(new float[5], 2, 3))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void nothingToSayIsBlanks() {
    CtcAlignment alignment = CtcAlignment.of(uniform(3, 2), new int[0], 0);
    assertThat(alignment.path()).containsExactly(0, 0, 0);
    assertThat(alignment.spans()).isEmpty();
    assertThatThrownBy(() -> CtcAlignment.of(uniform(0, 2), new int[0], 0))
        .isInstanceOf(InputException.class);
  }

  private static Emissions uniform(int frames, int labels) {
    float[] values = new float[frames * labels];
    Arrays.fill(values, (float) -Math.log(labels));
    return new Emissions(values, frames, labels);
  }

  private static Emissions emissions(SafetensorsFile arrays, JsonNode pointer) {
    JsonNode shape = pointer.get("shape");
    return new Emissions(floats(arrays, pointer), shape.get(0).intValue(), shape.get(1).intValue());
  }

  private static float[] floats(SafetensorsFile arrays, JsonNode pointer) {
    try (Scope scope = Scope.open()) {
      return Tensors.floats(arrays.load(pointer.get("array").textValue()));
    }
  }

  private static int[] ints(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false).mapToInt(JsonNode::intValue).toArray();
  }
}
