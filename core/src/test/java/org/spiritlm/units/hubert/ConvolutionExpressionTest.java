package org.spiritlm.units.hubert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.NumericChars;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config.ConvolutionLayer;

class ConvolutionExpressionTest {
  private static final ConvolutionLayer A = new ConvolutionLayer(512, 10, 5);
  private static final ConvolutionLayer B = new ConvolutionLayer(32, 3, 2);

  @Test
  void readsSumsProductsAndBrackets() {
    assertThat(ConvolutionExpression.parse("[(512,10,5)] + [(32,3,2)] * 4"))
        .containsExactly(A, B, B, B, B);
    assertThat(ConvolutionExpression.parse("2*[(512, 10, 5), (32, 3, 2),]\n"))
        .containsExactly(A, B, A, B);
    assertThat(ConvolutionExpression.parse("([(512,10,5)]+[(32,3,2,)])*2*1"))
        .containsExactly(A, B, A, B);
  }

  @Property
  void readsWhatPythonPrints(
      @ForAll @Size(min = 1, max = 8) List<@IntRange(min = 1, max = 9999) Integer> channels,
      @ForAll @IntRange(min = 1, max = 8) int times) {
    List<ConvolutionLayer> layers =
        channels.stream().map(c -> new ConvolutionLayer(c, c + 1, c + 2)).toList();
    String list =
        layers.stream()
            .map(l -> "(%d, %d, %d)".formatted(l.channels(), l.kernel(), l.stride()))
            .collect(Collectors.joining(", ", "[", "]"));

    assertThat(ConvolutionExpression.parse(list)).isEqualTo(layers);
    assertThat(ConvolutionExpression.parse(list + " * " + times))
        .isEqualTo(Collections.nCopies(times, layers).stream().flatMap(List::stream).toList());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "[(1,2)]",
        "[(1,2,3)",
        "[(0,2,3)]",
        "[(-1,2,3)]",
        "[(1,2,3)] * 0",
        "[(1,2,3)] * 100000000000",
        "[(1,2,3)] * 60 * 60",
        "[(1,2,3)] + ",
        "[(1,2,3)] [(1,2,3)]",
        "__import__('os').system('true')",
        "[(1,2,3)] if True else []",
        "[(1.5,2,3)]"
      })
  void refusesEverythingElse(String text) {
    assertThatThrownBy(() -> ConvolutionExpression.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageMatching("expected .+ at character \\d+");
  }

  @Test
  void refusesDeepNestingWithoutOverflow() {
    assertThatThrownBy(() -> ConvolutionExpression.parse("(".repeat(100_000)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Property
  void neverFailsInAnotherWay(
      @ForAll
          @StringLength(max = 40)
          @NumericChars
          @AlphaChars
          @CharRange(from = '(', to = '+')
          @Chars({'[', ']', ','})
          String text) {
    try {
      assertThat(ConvolutionExpression.parse(text)).isNotEmpty();
    } catch (IllegalArgumentException e) {
      assertThat(e).hasMessageStartingWith("expected ");
    }
  }
}
