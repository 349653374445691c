package org.spiritlm.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.junit.jupiter.api.Test;
import org.spiritlm.text.EditCounts;
import org.spiritlm.text.TranscriptNormalizer;
import org.spiritlm.torch.InputException;

/** What holds for measures of any input. */
final class MeasureTest {
  @Provide
  Arbitrary<List<Integer>> sequences() {
    return Arbitraries.integers().between(0, 3).list().ofMaxSize(7);
  }

  /** Fewest edits, by trying every one. */
  private static long fewest(List<Integer> reference, List<Integer> hypothesis) {
    if (reference.isEmpty() || hypothesis.isEmpty()) {
      return (long) reference.size() + hypothesis.size();
    }
    List<Integer> restOfReference = reference.subList(1, reference.size());
    List<Integer> restOfHypothesis = hypothesis.subList(1, hypothesis.size());
    long paired =
        fewest(restOfReference, restOfHypothesis)
            + (reference.get(0).equals(hypothesis.get(0)) ? 0 : 1);
    return Math.min(
        paired,
        1 + Math.min(fewest(restOfReference, hypothesis), fewest(reference, restOfHypothesis)));
  }

  @Property(tries = 200)
  void editsAreAsFewAsCanBe(
      @ForAll("sequences") List<Integer> reference, @ForAll("sequences") List<Integer> hypothesis) {
    EditCounts counts = EditCounts.of(reference, hypothesis);
    assertThat(counts.edits()).isEqualTo(fewest(reference, hypothesis));
    assertThat(counts.referenceLength()).isEqualTo(reference.size());
    assertThat(counts.hits() + counts.substitutions() + counts.insertions())
        .isEqualTo(hypothesis.size());
    assertThat(EditCounts.of(hypothesis, reference).edits()).isEqualTo(counts.edits());
  }

  @Property(tries = 100)
  void pitchErrorsOfPartsAreThoseOfTheWhole(@ForAll("tracks") List<float[]> frames) {
    List<PitchErrors> parts = new ArrayList<>();
    float[] reference = new float[frames.size()];
    float[] hypothesis = new float[frames.size()];
    for (int i = 0; i < reference.length; i++) {
      reference[i] = frames.get(i)[0];
      hypothesis[i] = frames.get(i)[1];
      parts.add(PitchErrors.of(new float[] {reference[i]}, new float[] {hypothesis[i]}));
    }
    PitchErrors whole = PitchErrors.of(reference, hypothesis);
    assertThat(parts.stream().reduce(PitchErrors.NONE, PitchErrors::plus)).isEqualTo(whole);
    assertThat(whole.gross()).isLessThanOrEqualTo(whole.bothVoiced());
    assertThat(PitchErrors.of(reference, reference).frameError()).isZero();
  }

  @Provide
  Arbitrary<List<float[]>> tracks() {
    Arbitrary<Float> frequency =
        Arbitraries.frequencyOf(
            Tuple.of(1, Arbitraries.just(0f)), Tuple.of(3, Arbitraries.floats().between(50, 400)));
    return frequency.array(float[].class).ofSize(2).list().ofMinSize(1).ofMaxSize(20);
  }

  @Test
  void grossErrorsAreBeyondAFifth() {
    float[] reference = {100, 100, 100, 100, 0, 100};
    float[] hypothesis = {119, 121, 81, 79, 0, 0};
    PitchErrors errors = PitchErrors.of(reference, hypothesis);
    assertThat(errors).isEqualTo(new PitchErrors(6, 4, 2, 1));
    assertThat(errors.frameError()).isEqualTo(0.5);
  }

  @Test
  void transcriptsLoseWhatIsNotSaid() {
    assertThat(TranscriptNormalizer.normalize("  “Don’t,” he said -- ‘no’!\n2 cafés "))
        .isEqualTo("don't he said no 2 cafés");
    assertThat(TranscriptNormalizer.normalize("…")).isEmpty();
  }

  @Test
  void nothingToMeasureIsAnError() {
    assertThatThrownBy(() -> EditCounts.words(" ", "a").rate())
        .isInstanceOf(InputException.class)
        .hasMessageContaining("reference is empty");
    assertThatThrownBy(Perplexity.NONE::value).isInstanceOf(InputException.class);
    assertThatThrownBy(PitchErrors.NONE::frameError).isInstanceOf(InputException.class);
    assertThatThrownBy(() -> PitchErrors.of(new float[2], new float[3]))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("2 and 3 frames");
  }
}
