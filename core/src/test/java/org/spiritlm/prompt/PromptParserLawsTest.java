package org.spiritlm.prompt;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What holds for the fuzz test's strings holds for what is nearly a prompt. */
class PromptParserLawsTest {
  @Property(tries = 5000)
  void anythingIsReadOrRefused(@ForAll("nearlyPrompts") String prompt) {
    PromptFuzz.fuzz(prompt);
  }

  @Provide
  Arbitrary<String> nearlyPrompts() {
    return Arbitraries.oneOf(
            Arbitraries.of(
                "[Text]",
                "[Speech]",
                "[Hu",
                "[Pi",
                "[St",
                "[",
                "]",
                "1",
                "501",
                "99999999999",
                "x",
                " ",
                "\n",
                "[Hu5]",
                "[Pi63]",
                "[St7]",
                "[text]",
                "\u00e9",
                "\ud83d"),
            Arbitraries.strings().ofMaxLength(3))
        .list()
        .ofMaxSize(14)
        .map(parts -> String.join("", parts));
  }
}
