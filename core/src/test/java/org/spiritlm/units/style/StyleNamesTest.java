package org.spiritlm.units.style;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.InputException;

class StyleNamesTest {
  private static StyleNames read(String json) {
    return StyleNames.read(ConfigFile.parse("style/config.json", json), 2);
  }

  @Property(tries = 50)
  void whatIsWrittenIsRead(
      @ForAll @Size(min = 1, max = 12) List<@AlphaChars @StringLength(min = 1, max = 2) String> all,
      @ForAll @IntRange(max = 11) int example) {
    StyleNames written = StyleNames.of(all);
    TreeMap<String, List<Integer>> tokens = new TreeMap<>(written.tokens());
    String name = all.get(example % all.size());
    // any of them may be the best example; the others are in their order
    List<Integer> moved = new ArrayList<>(tokens.get(name));
    Integer best = example % all.size();
    moved.remove(best);
    moved.add(0, best);
    tokens.put(name, moved);
    written = new StyleNames(all.size(), tokens);
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    written.write(json);
    assertThat(read(json.toString())).isEqualTo(written);
  }

  @Test
  void labelsOfTheLibraryAreNoNames() {
    StyleNames names = read("{\"id2label\":{\"0\":\"LABEL_0\",\"1\":\"calm\",\"2\":\"LABEL_2\"}}");
    assertThat(names.names()).containsExactly("calm");
    assertThat(names.count()).isEqualTo(3);
    assertThat(names.token("calm")).isEqualTo(1);
    assertThat(names.token("2")).isEqualTo(2);
    assertThat(read("{}")).isEqualTo(StyleNames.unnamed(2));
    assertThatThrownBy(() -> read("{\"id2label\":{}}"))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("one entry for each class");
  }

  @Test
  void anUnknownStyleIsToldWhatThereIs() {
    assertThatThrownBy(() -> StyleNames.of(List.of("calm", "loud")).token("2"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("'2'")
        .hasMessageContaining("calm, loud, or the number of a style token from 0 to 1");
    assertThatThrownBy(() -> StyleNames.unnamed(100).token("calm"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("from 0 to 99; those of this model have no names");
  }

  /**
   * Token 0 is pure, 1 mostly loud, 2 nobody's by half, 3 never heard, 4 heard as often in both.
   */
  @Test
  void tokensAreNamedByWhereTheyAreHeard() {
    StyleNames names =
        StyleNames.counted(
            Map.of(
                "calm", new long[] {9, 1, 3, 0, 2},
                "loud", new long[] {0, 12, 3, 0, 2},
                "slow", new long[] {0, 0, 4, 0, 0}));
    assertThat(names.tokens()).isEqualTo(Map.of("calm", List.of(0, 4), "loud", List.of(1)));
    assertThat(names.count()).isEqualTo(5);
  }
}
