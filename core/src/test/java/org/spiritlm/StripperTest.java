package org.spiritlm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class StripperTest {
  @Property
  void theWholeIsStrippedHoweverItIsCut(@ForAll("pieces") List<String> pieces) {
    Stripper stripper = new Stripper();
    StringBuilder out = new StringBuilder();
    for (String piece : pieces) {
      out.append(stripper.accept(piece));
      assertThat(out).doesNotMatch("(?s).*\\s");
    }
    assertThat(out).hasToString(String.join("", pieces).strip());
  }

  @Provide
  Arbitrary<List<String>> pieces() {
    return Arbitraries.strings().withChars("a \n").ofMaxLength(5).list().ofMaxSize(6);
  }

  @Example
  void blanksBeforeSomethingElseStay() {
    Stripper stripper = new Stripper();
    assertThat(stripper.accept(" a ")).isEqualTo("a");
    assertThat(stripper.interrupt()).isEqualTo(" ");
    assertThat(stripper.accept(" b")).isEqualTo(" b");
  }

  /** The blanks of Python's {@code strip}. */
  @Example
  void blanksArePythons() {
    String blanks =
        "\t\n\u000b\f\r\u001c\u001d\u001e\u001f \u0085\u00a0\u1680\u2000\u2007\u200a\u2028\u2029"
            + "\u202f\u205f\u3000";
    assertThat(new Stripper().accept(blanks)).isEmpty();
    for (String other : List.of("\u200b", "\u0000", "\ufeff", "\u180e")) {
      assertThat(new Stripper().accept(other)).isEqualTo(other);
    }
  }
}
