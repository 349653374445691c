package org.spiritlm.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.bytedeco.pytorch.Scalar;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Weights;

/** Ends, limits and mistakes. */
class GeneratorTest {
  private static final LlamaModel MODEL = LlamaVariant.of("biased").model();
  private static final Generator GENERATOR = new Generator(MODEL);
  private static final int[] PROMPT = {3, 1, 4, 1, 5};
  private static final int CONTEXT = 64;

  private static Answer answer(Request request) {
    return GENERATOR.generate(request);
  }

  @Test
  void anEndIdEndsTheAnswerAsItsLast() {
    int[] free = answer(Request.greedy(PROMPT, 12)).ids();
    assertThat(free).hasSize(12);
    int end = free[7];
    int first = Arrays.stream(free).boxed().toList().indexOf(end);
    Answer ended = answer(Request.greedy(PROMPT, 12).until(Set.of(end, 1000)));
    assertThat(ended.ids()).containsExactly(Arrays.copyOf(free, first + 1));
    assertThat(ended.reason()).isEqualTo(FinishReason.END);
    // also where the listener wants no more, and where it is the last that fits
    Request most = Request.greedy(PROMPT, first + 1).until(Set.of(end));
    assertThat(answer(most).reason()).isEqualTo(FinishReason.END);
    assertThat(answer(most.heardBy(id -> id != end)).reason()).isEqualTo(FinishReason.END);
  }

  @Test
  void theListenerHearsEachIdAtOnceAndStops() {
    int[] free = answer(Request.greedy(PROMPT, 12)).ids();
    List<Integer> heard = new ArrayList<>();
    Answer stopped =
        answer(
            Request.greedy(PROMPT, 12)
                .heardBy(
                    id -> {
                      heard.add(id);
                      return heard.size() < 5;
                    }));
    assertThat(stopped.ids()).containsExactly(Arrays.copyOf(free, 5));
    assertThat(stopped.reason()).isEqualTo(FinishReason.STOPPED);
    assertThat(heard).containsExactly(free[0], free[1], free[2], free[3], free[4]);
  }

  @Test
  void oneThatStopsDoesNotStopTheOthers() {
    Request stops = Request.greedy(PROMPT, 12).heardBy(id -> false);
    Request goesOn = Request.greedy(new int[] {9, 9}, 12);
    List<Answer> answers = GENERATOR.generate(List.of(stops, goesOn, stops));
    assertThat(answers.stream().map(answer -> answer.ids().length)).containsExactly(1, 12, 1);
    assertThat(answers.get(1).ids()).containsExactly(answer(goesOn).ids());
    assertThat(GENERATOR.generate(List.of())).isEmpty();
  }

  @Test
  void whatAListenerThrowsComesOutAndHarmsNothing() {
    Request fails =
        Request.greedy(PROMPT, 12)
            .heardBy(
                id -> {
                  throw new IllegalStateException("enough");
                });
    Request fine = Request.greedy(PROMPT, 3);
    assertThatThrownBy(() -> GENERATOR.generate(List.of(fine, fails))).hasMessage("enough");
    assertThat(answer(fine).ids()).hasSize(3);
  }

  @Test
  void theContextEndsTheAnswer() {
    LlamaModel model = LlamaModels.varied(LlamaModels.SMALL);
    int[] prompt = new int[CONTEXT - 3];
    Answer answer = new Generator(model).generate(Request.greedy(prompt, 100));
    assertThat(answer.ids()).hasSize(3);
    assertThat(answer.reason()).isEqualTo(FinishReason.LENGTH);
    Request one = Request.greedy(new int[CONTEXT - 1], 100);
    assertThat(new Generator(model).generate(one).ids()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {CONTEXT, CONTEXT + 1, 1000})
  void aPromptThatFillsTheContextIsRefused(int length) {
    LlamaModel model = LlamaModels.random(LlamaModels.SMALL);
    Request request = Request.greedy(new int[length], 5);
    for (Runnable use :
        List.<Runnable>of(
            () -> new Generator(model).generate(List.of(Request.greedy(PROMPT, 2), request)),
            () -> new BeamSearch(model, 2).search(request))) {
      assertThatThrownBy(use::run)
          .isInstanceOf(InputException.class)
          .hasMessageContaining(length + " tokens")
          .hasMessageContaining("context of " + CONTEXT);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, LlamaVariant.VOCABULARY, Integer.MAX_VALUE, Integer.MIN_VALUE})
  void anIdOutsideTheVocabularyIsRefused(int id) {
    Request request = Request.greedy(new int[] {1, id, 2}, 5);
    Scorer scorer = new Scorer(MODEL);
    int[] wrong = {1, id};
    for (Runnable use :
        List.<Runnable>of(
            () -> answer(request),
            () -> answer(request.with(Sampling.random(1).withRepetitionPenalty(2))),
            () -> new BeamSearch(MODEL, 2).search(request),
            () -> scorer.score(new Scorer.Pair(PROMPT, wrong)),
            () -> scorer.score(new Scorer.Pair(wrong, PROMPT)))) {
      assertThatThrownBy(use::run)
          .isInstanceOf(InputException.class)
          .hasMessageContaining("id " + id)
          .hasMessageContaining("vocabulary of 40");
    }
  }

  @Test
  void senselessRequestsAreRefused() {
    assertThatThrownBy(() -> Request.greedy(new int[0], 5))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no tokens");
    assertThatThrownBy(() -> Request.greedy(PROMPT, 0))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("found 0");
    BitSet all = new BitSet();
    all.set(0, LlamaVariant.VOCABULARY);
    assertThatThrownBy(() -> answer(Request.greedy(PROMPT, 5).without(all)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("every id");
    all.clear(17);
    assertThat(answer(Request.greedy(PROMPT, 5).without(all)).ids())
        .containsExactly(17, 17, 17, 17, 17);
  }

  /** Long prompts are read in several pieces. */
  @Test
  void aPromptOfManyTokensIsReadAsIfAtOnce() {
    LlamaModel model = LlamaModels.varied(longContext());
    int[] prompt = new Random(4).ints(4500, 0, 96).toArray();
    try (Sequence sequence = new Sequence(Request.greedy(prompt, 1), model)) {
      KvCache cache = model.cache(prompt.length);
      sequence.take(cache);
      float[] pieces = new Generator(model).prefill(sequence);
      assertThat(cache.length()).isEqualTo(prompt.length);
      float[][] whole = LlamaModels.logits(model, prompt);
      assertThat(pieces).containsExactly(whole[prompt.length - 1], within(1e-4f));
    }
  }

  private static LlamaConfig longContext() {
    return new LlamaConfig(
        96, 16, 1, 2, 1, 8, 16, 1e-5, 10_000, new RopeScaling.None(), 5000, true, false, false);
  }

  /** A damaged checkpoint must not answer. */
  @Test
  void weightsThatAreNoNumbersAreNamedAsTheReason() {
    Weights weights = Weights.initialise(1);
    LlamaModel damaged = new LlamaModel(weights, LlamaModels.SMALL);
    try (Scope scope = Scope.open()) {
      weights.taken().get("model.layers.1.mlp.down_proj.weight").mul_(new Scalar(Double.NaN));
    }
    Request request = Request.greedy(PROMPT, 5);
    for (Runnable use :
        List.<Runnable>of(
            () -> new Generator(damaged).generate(request),
            () -> new Generator(damaged).generate(request.with(Sampling.random(1))),
            () -> new BeamSearch(damaged, 3).search(request),
            () -> new Scorer(damaged).score(new Scorer.Pair(PROMPT, PROMPT)))) {
      assertThatThrownBy(use::run)
          .isInstanceOf(CheckpointException.class)
          .hasMessageContaining("not a number")
          .hasMessageContaining("weights are damaged");
    }
  }
}
