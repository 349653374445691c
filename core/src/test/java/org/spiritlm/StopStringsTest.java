package org.spiritlm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class StopStringsTest {
  /** However the text is cut, what comes is all of it before the stop, and never more. */
  @Property
  void textEndsBeforeTheStopThatIsCompleteFirst(
      @ForAll("texts") List<String> pieces, @ForAll("stops") List<String> stops) {
    String text = String.join("", pieces);
    StopStrings filter = new StopStrings(stops);
    StringBuilder out = new StringBuilder();
    String expected = before(text, stops);
    for (String piece : pieces) {
      out.append(filter.accept(piece));
      assertThat(expected).startsWith(out);
    }
    out.append(filter.finish());
    assertThat(out).hasToString(expected);
    assertThat(filter.found()).isEqualTo(stops.stream().anyMatch(text::contains));
  }

  /** The text up to the shortest head that ends with a stop, without the longest such stop. */
  private static String before(String text, List<String> stops) {
    for (int end = 0; end <= text.length(); end++) {
      String head = text.substring(0, end);
      int longest = stops.stream().filter(head::endsWith).mapToInt(String::length).max().orElse(0);
      if (longest > 0) {
        return head.substring(0, end - longest);
      }
    }
    return text;
  }

  /** What could still become a stop is all that is held back. */
  @Property
  void nothingIsHeldBackWithoutNeed(
      @ForAll("texts") List<String> pieces, @ForAll("stops") List<String> stops) {
    StopStrings filter = new StopStrings(stops);
    StringBuilder in = new StringBuilder();
    StringBuilder out = new StringBuilder();
    for (String piece : pieces) {
      in.append(piece);
      out.append(filter.accept(piece));
      if (filter.found()) {
        return;
      }
      String held = in.substring(out.length());
      assertThat(held.isEmpty() || stops.stream().anyMatch(stop -> stop.startsWith(held)))
          .as("'%s' is held back", held)
          .isTrue();
    }
  }

  @Provide
  Arbitrary<List<String>> texts() {
    return word(0, 6).list().ofMaxSize(8);
  }

  @Provide
  Arbitrary<List<String>> stops() {
    return word(1, 5).list().ofMaxSize(4);
  }

  private static Arbitrary<String> word(int least, int most) {
    return Arbitraries.strings().withChars("ab").ofMinLength(least).ofMaxLength(most);
  }
}
