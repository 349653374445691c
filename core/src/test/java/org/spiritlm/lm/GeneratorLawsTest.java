package org.spiritlm.lm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/**
 * What holds for the answers of every model and request.
 *
 * <p>Seeds are fixed where answers are compared that were computed in different ways: logits that
 * are nearly the same may, once in many tries, draw another token.
 */
class GeneratorLawsTest {
  private static final int ROOM = LlamaVariant.CONTEXT;

  @Property(tries = 60, seed = "1")
  void aBatchIsItsSingles(
      @ForAll("variants") String name, @ForAll("batches") List<Request> requests) {
    Generator generator = new Generator(LlamaVariant.of(name).model());
    List<Answer> together = generator.generate(requests);
    assertThat(together).hasSameSizeAs(requests);
    for (int i = 0; i < requests.size(); i++) {
      assertSame(together.get(i), generator.generate(requests.get(i)));
    }
  }

  /** Prompts that are equal are read once. */
  @Property(tries = 30, seed = "2")
  void answersToOnePromptAreEachAsIfAlone(
      @ForAll("variants") String name, @ForAll("requests") Request request) {
    Generator generator = new Generator(LlamaVariant.of(name).model());
    List<Request> requests = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      Request one = request.with(request.sampling().withSeed(i));
      requests.add(
          new Request(
              request.prompt().clone(),
              one.sampling(),
              1 + request.maxNewTokens() / (i + 1),
              one.forbidden(),
              one.ends(),
              one.beams(),
              one.listener()));
    }
    List<Answer> together = generator.generate(requests);
    for (int i = 0; i < requests.size(); i++) {
      assertSame(together.get(i), generator.generate(requests.get(i)));
    }
  }

  @Property(tries = 60)
  void answersKeepToTheRequest(
      @ForAll("variants") String name, @ForAll("requests") Request request) {
    List<Integer> heard = new ArrayList<>();
    Answer answer =
        new Generator(LlamaVariant.of(name).model()).generate(request.heardBy(heard::add));
    int[] ids = answer.ids();
    assertThat(heard).containsExactlyElementsOf(list(ids));
    int most = Math.min(request.maxNewTokens(), contextOf(name) - request.prompt().length);
    assertThat(ids.length).isBetween(1, most);
    for (int i = 0; i < ids.length; i++) {
      assertThat(ids[i]).isBetween(0, LlamaVariant.VOCABULARY - 1);
      assertThat(request.forbidden().get(ids[i])).isFalse();
      assertThat(request.ends().contains(ids[i]))
          .isEqualTo(i == ids.length - 1 && answer.reason() == FinishReason.END);
    }
    if (answer.reason() == FinishReason.LENGTH) {
      assertThat(ids).hasSize(most);
    }
    assertThat(answer.reason()).isNotEqualTo(FinishReason.STOPPED);
    assertThat(answer.prefillSeconds()).isGreaterThan(0);
    assertThat(answer.decodeSeconds()).isGreaterThanOrEqualTo(0);
  }

  @Property(tries = 30)
  void theSameSeedGivesTheSameAnswer(
      @ForAll("variants") String name, @ForAll("requests") Request request) {
    Generator generator = new Generator(LlamaVariant.of(name).model());
    assertSame(generator.generate(request), generator.generate(request));
  }

  @Property(tries = 20)
  void aGreedyAnswerHasNoSeed(
      @ForAll("variants") String name, @ForAll("requests") Request request) {
    Generator generator = new Generator(LlamaVariant.of(name).model());
    Sampling greedy = request.sampling().withTemperature(0);
    assertSame(
        generator.generate(request.with(greedy.withSeed(3))),
        generator.generate(request.with(greedy.withSeed(99))));
  }

  /** The likeliest of the allowed ids, by logits that are read anew at each step. */
  @Property(tries = 20, seed = "3")
  void aGreedyAnswerIsTheLikeliestTokenEachTime(
      @ForAll("variants") String name, @ForAll("requests") Request request) {
    LlamaModel model = LlamaVariant.of(name).model();
    Answer answer = new Generator(model).generate(request.with(Sampling.greedy()).by(1));
    int[] ids = request.prompt();
    for (int id : answer.ids()) {
      float[][] logits = LlamaModels.logits(model, ids);
      float[] last = logits[logits.length - 1];
      int best = request.forbidden().nextClearBit(0);
      for (int i = best; i < last.length; i++) {
        best = !request.forbidden().get(i) && last[i] > last[best] ? i : best;
      }
      assertThat(id).isEqualTo(best);
      ids = LlamaModels.join(ids, id);
    }
  }

  private static int contextOf(String name) {
    return LlamaVariant.of(name).config().context();
  }

  private static List<Integer> list(int... ids) {
    List<Integer> list = new ArrayList<>();
    for (int id : ids) {
      list.add(id);
    }
    return list;
  }

  private static void assertSame(Answer actual, Answer expected) {
    assertThat(actual.ids()).containsExactly(expected.ids());
    assertThat(actual.reason()).isEqualTo(expected.reason());
    assertThat(found(actual)).isEqualTo(found(expected));
  }

  /** What beams found. */
  static List<List<Integer>> found(Answer answer) {
    return answer.candidates().stream().map(each -> list(each.ids())).toList();
  }

  @Provide
  static Arbitrary<String> variants() {
    return ReadingLawsTest.variants();
  }

  @Provide
  static Arbitrary<List<Request>> batches() {
    return requests().list().ofMinSize(1).ofMaxSize(5);
  }

  @Provide
  static Arbitrary<Request> requests() {
    Arbitrary<Integer> ids = Arbitraries.integers().between(0, LlamaVariant.VOCABULARY - 1);
    return Combinators.combine(
            ids.array(int[].class).ofMinSize(1).ofMaxSize(ROOM - 1),
            sampling(),
            Arbitraries.frequencyOf(
                Tuple.of(9, Arbitraries.integers().between(1, 20)),
                Tuple.of(1, Arbitraries.just(ROOM))),
            ids.set().ofMaxSize(LlamaVariant.VOCABULARY - 1),
            ids.set().ofMaxSize(3),
            Arbitraries.of(1, 1, 2, 3))
        .as(GeneratorLawsTest::request);
  }

  private static Request request(
      int[] prompt,
      Sampling sampling,
      int most,
      Set<Integer> forbidden,
      Set<Integer> ends,
      int beams) {
    BitSet without = new BitSet();
    forbidden.forEach(without::set);
    int searched = sampling.isGreedy() ? beams : 1;
    return new Request(prompt, sampling, most, without, ends, searched, id -> true);
  }

  private static Arbitrary<Sampling> sampling() {
    return Combinators.combine(
            Arbitraries.of(1.0, 1.2, 0.9),
            Arbitraries.of(0.0, 0.5, 1.0, 2.0),
            Arbitraries.of(0, 1, 5, 100),
            Arbitraries.of(1.0, 0.9, 0.3),
            Arbitraries.of(0.0, 0.05, 0.5),
            Arbitraries.longs())
        .as(Sampling::new);
  }
}
