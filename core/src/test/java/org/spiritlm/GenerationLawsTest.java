package org.spiritlm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import org.spiritlm.prompt.OutputModality;
import org.spiritlm.prompt.Prompt;

/** What holds for every model, prompt and options. */
class GenerationLawsTest {
  private static final double CLOSE = 1e-4;
  private static final int FEW = 5;

  /** What is asked, of which model. */
  record Asked(String variant, String prompt, GenerationOptions options) {
    SpiritLm model() {
      return FacadeModels.parity(variant);
    }

    Prompt parsed() {
      return model().parse(prompt);
    }

    @Override
    public String toString() {
      return variant
          + " "
          + prompt
          + " "
          + options.output()
          + " "
          + options.sampling()
          + " "
          + options.stopStrings()
          + " "
          + options.maxSeconds()
          + " "
          + options.maxNewTokens();
    }
  }

  @Property(tries = 60, shrinking = ShrinkingMode.OFF)
  void whatIsHeardIsTheWhole(@ForAll("asked") Asked asked) {
    Generation whole = asked.model().generate(asked.parsed(), asked.options());
    Heard heard = new Heard();
    Generation streamed = asked.model().stream(asked.parsed(), asked.options(), heard);
    heard.assertIsAll(streamed);
    assertSame(streamed, whole);
  }

  /**
   * Sums are rounded in another order when several are computed together, so a draw is made among
   * few tokens: it would have to fall within 1e-5 between two of them.
   */
  @Property(tries = 20, shrinking = ShrinkingMode.OFF)
  void aBatchIsItsSingles(@ForAll("asked") Asked asked) {
    GenerationOptions options = asked.options().withTopK(FEW);
    List<Prompt> prompts = new ArrayList<>();
    for (String prompt : List.of(PROMPTS.get(0), asked.prompt(), PROMPTS.get(3))) {
      prompts.add(asked.model().parse(prompt));
    }
    List<List<Generation>> batch = asked.model().batch(prompts, options);
    for (int i = 0; i < prompts.size(); i++) {
      assertThat(batch.get(i)).hasSize(1);
      assertSame(batch.get(i).get(0), asked.model().generate(prompts.get(i), options));
    }
  }

  @Property(tries = 15, shrinking = ShrinkingMode.OFF)
  void severalAnswersAreThoseOfTheSeedsThatFollow(@ForAll("asked") Asked asked) {
    GenerationOptions options = asked.options().withTemperature(1.1).withTopK(FEW);
    long seed = options.sampling().seed();
    List<Generation> answers = asked.model().answers(asked.parsed(), options.withAnswers(3));
    assertThat(answers).hasSize(3);
    for (int i = 0; i < 3; i++) {
      assertSame(
          answers.get(i), asked.model().generate(asked.parsed(), options.withSeed(seed + i)));
    }
  }

  @Property(tries = 30, shrinking = ShrinkingMode.OFF)
  void answersKeepToWhatWasAskedFor(@ForAll("asked") Asked asked) {
    GenerationOptions options = asked.options();
    Generation answer = asked.model().generate(asked.parsed(), options);
    assertThat(answer.outputIds().length).isBetween(1, options.maxNewTokens());
    if (answer.endReason() == EndReason.LENGTH) {
      assertThat(answer.outputIds()).hasSize(options.maxNewTokens());
    }
    for (String stop : options.stopStrings()) {
      assertThat(answer.text()).doesNotContain(stop);
    }
    double seconds = 0;
    for (Segment segment : answer.segments()) {
      if (segment instanceof Segment.Speech speech && speech.audio() != null) {
        seconds += speech.audio().seconds();
      }
      if (options.output() != OutputModality.ARBITRARY) {
        assertThat(segment)
            .isInstanceOf(
                options.output() == OutputModality.TEXT
                    ? Segment.Text.class
                    : Segment.Speech.class);
      }
    }
    assertThat(seconds).isLessThanOrEqualTo(options.maxSeconds());
  }

  private static void assertSame(Generation actual, Generation expected) {
    assertThat(actual.prompt()).isEqualTo(expected.prompt());
    assertThat(actual.promptIds()).containsExactly(expected.promptIds());
    assertThat(actual.outputIds()).containsExactly(expected.outputIds());
    assertThat(actual.endReason()).isEqualTo(expected.endReason());
    assertThat(actual.segments()).hasSameSizeAs(expected.segments());
    for (int i = 0; i < actual.segments().size(); i++) {
      Segment expectedSegment = expected.segments().get(i);
      if (expectedSegment instanceof Segment.Speech speech) {
        assertThat(actual.segments().get(i)).isInstanceOf(Segment.Speech.class);
        assertSame((Segment.Speech) actual.segments().get(i), speech);
      } else {
        assertThat(actual.segments().get(i)).isEqualTo(expectedSegment);
      }
    }
  }

  private static void assertSame(Segment.Speech actual, Segment.Speech expected) {
    assertThat(actual.tokens()).isEqualTo(expected.tokens());
    if (expected.audio() == null) {
      assertThat(actual.audio()).isNull();
      return;
    }
    Waves.assertClose(actual.audio(), expected.audio(), CLOSE);
  }

  private static final List<String> PROMPTS =
      List.of(
          "[Text]The largest country in the world is",
          "[Speech][Hu99][Hu49][Hu38][Hu149][Hu71][Hu423]",
          "[Text]He said[Speech][Hu12][Hu13][Hu44][Text] and then",
          "[Text]hm[Speech]",
          "");

  @Provide
  Arbitrary<Asked> asked() {
    return Combinators.combine(
            Arbitraries.of("base", "expressive"),
            Arbitraries.of(PROMPTS),
            Arbitraries.of(OutputModality.class),
            Arbitraries.integers().between(1, 70),
            Arbitraries.longs().between(0, 1000),
            Arbitraries.of(0.0, 0.7, 1.0, 1.5),
            Arbitraries.of(
                List.<String>of(), List.of("e", "in"), List.of("at", "o"), List.of("qqq")),
            Arbitraries.of(Double.POSITIVE_INFINITY, 0.5, 1.3, 2.0))
        .as(GenerationLawsTest::asked);
  }

  private static Asked asked(
      String variant,
      String prompt,
      OutputModality output,
      int tokens,
      long seed,
      double temperature,
      List<String> stops,
      double seconds) {
    GenerationOptions options =
        GenerationOptions.of(output)
            .withMaxNewTokens(tokens)
            .withSeed(seed)
            .withTemperature(temperature);
    if (output != OutputModality.SPEECH) {
      options = options.withStopStrings(stops.toArray(String[]::new));
    }
    if (output != OutputModality.TEXT) {
      options = options.withMaxSeconds(seconds);
    }
    return new Asked(variant, prompt, options);
  }
}
