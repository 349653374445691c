package org.spiritlm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GoldenTest {
  @ParameterizedTest
  @ValueSource(strings = {"audio", "fcpe", "lm", "resample", "strings", "tokenizer", "vocoder"})
  void everyPointerLeadsToAnArrayOfTheShapeItNames(String name) {
    Golden golden = Golden.load(name);
    List<JsonNode> pointers = new ArrayList<>();
    collect(golden.json(), pointers);
    for (JsonNode pointer : pointers) {
      Golden.Values values = golden.values(pointer);
      assertThat(values.shape()).isEqualTo(golden.values(pointer.get("shape")).longs());
      assertThat(Arrays.stream(values.shape()).reduce(1, (a, b) -> a * b))
          .isEqualTo(values.data().length);
    }
  }

  @Test
  void missingPlacesAreErrors() {
    Golden golden = Golden.load("strings");
    assertThatThrownBy(() -> golden.at("no", "such", "place"))
        .hasMessageContaining("[no, such, place]");
    assertThatThrownBy(() -> Golden.path("nothing")).hasMessageContaining("parity/nothing");
  }

  private static void collect(JsonNode node, List<JsonNode> pointers) {
    if (node.has("array") && node.get("array").isTextual()) {
      pointers.add(node);
    }
    node.forEach(child -> collect(child, pointers));
  }
}
