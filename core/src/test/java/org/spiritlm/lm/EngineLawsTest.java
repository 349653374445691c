package org.spiritlm.lm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** What an engine gives to many callers is what each would get alone. */
class EngineLawsTest {
  private static final int LEAST_SHARED = 16;

  /** They join and leave as it happens, some of them before their end. */
  @Property(tries = 40, seed = "1")
  void togetherEachIsAsIfAlone(
      @ForAll("variants") String name,
      @ForAll("lists") @Size(min = 1, max = 8) List<Request> requests,
      @ForAll @IntRange(min = 1, max = 4) int sequences,
      @ForAll @IntRange(min = 1, max = 30) int wanted) {
    LlamaModel model = LlamaVariant.of(name).model();
    ExecutorService callers = Executors.newFixedThreadPool(requests.size());
    try (Engine engine = new Engine(model, EngineLimits.standard().withSequences(sequences))) {
      List<CompletableFuture<Answer>> answers = new ArrayList<>();
      for (int i = 0; i < requests.size(); i++) {
        Request request = requests.get(i).by(Math.min(sequences, requests.get(i).beams()));
        Request stopping = stopping(request, i % 3 == 0 ? wanted : Integer.MAX_VALUE);
        Terms terms = Terms.of("client " + i % 2);
        answers.add(
            CompletableFuture.supplyAsync(
                () -> engine.on(terms).generate(List.of(stopping)).get(0), callers));
      }
      for (int i = 0; i < requests.size(); i++) {
        Request request = requests.get(i).by(Math.min(sequences, requests.get(i).beams()));
        Request stopping = stopping(request, i % 3 == 0 ? wanted : Integer.MAX_VALUE);
        assertSame(answers.get(i).join(), new Generator(model).generate(stopping));
      }
    } finally {
      callers.shutdownNow();
    }
  }

  /** A conversation: each prompt holds the last one, its answer, and more. */
  @Property(tries = 30, seed = "2")
  void whatWasReadBeforeChangesNothingAndIsNotReadAgain(
      @ForAll("variants") String name,
      @ForAll("prompts") int[] start,
      @ForAll @Size(min = 1, max = 3) List<@IntRange(min = 0, max = 39) Integer> more,
      @ForAll @IntRange(min = 1, max = 12) int newTokens) {
    LlamaModel model = LlamaVariant.of(name).model();
    int[] prompt = LlamaModels.join(new int[LEAST_SHARED], start);
    try (Engine engine = new Engine(model, EngineLimits.standard())) {
      Continuer continuer = engine.on(Terms.of("one"));
      for (int turn = 0; turn < 3; turn++) {
        Request request = Request.greedy(prompt, newTokens);
        long reused = engine.figures().reusedTokens();
        Answer answer = continuer.generate(List.of(request)).get(0);
        assertSame(answer, new Generator(model).generate(request));
        assertThat(engine.figures().reusedTokens() - reused)
            .isEqualTo(turn == 0 ? 0 : prompt.length - more.size() - 1L);
        prompt =
            LlamaModels.join(
                LlamaModels.join(prompt, answer.ids()),
                more.stream().mapToInt(Integer::intValue).toArray());
      }
    }
  }

  /** The prompt is read by one of them. */
  @Property(tries = 20, seed = "3")
  void answersToOnePromptReadItOnce(
      @ForAll("variants") String name,
      @ForAll("prompts") int[] start,
      @ForAll @IntRange(min = 2, max = 5) int count) {
    LlamaModel model = LlamaVariant.of(name).model();
    int[] prompt = LlamaModels.join(new int[LEAST_SHARED], start);
    List<Request> requests =
        Stream.iterate(0, i -> i + 1)
            .limit(count)
            .map(seed -> Request.greedy(prompt, 10).with(Sampling.random(seed)))
            .toList();
    try (Engine engine = new Engine(model, EngineLimits.standard())) {
      List<Answer> answers = engine.on(Terms.of("one")).generate(requests);
      for (int i = 0; i < count; i++) {
        assertSame(answers.get(i), new Generator(model).generate(requests.get(i)));
      }
      // each reads the last id itself
      assertThat(engine.figures().promptTokens()).isEqualTo(prompt.length + count - 1L);
    }
  }

  /** However little memory there is, as long as the largest answer fits. */
  @Property(tries = 15, seed = "4")
  void memoryHasItsBound(
      @ForAll("variants") String name,
      @ForAll("lists") @Size(min = 4, max = 12) List<Request> requests) {
    LlamaModel model = LlamaVariant.of(name).model();
    long most = model.cacheBytes(LlamaVariant.CONTEXT + 20);
    ExecutorService callers = Executors.newFixedThreadPool(requests.size());
    try (Engine engine = new Engine(model, EngineLimits.standard().withCacheBytes(most))) {
      List<CompletableFuture<List<Answer>>> answers = new ArrayList<>();
      for (Request request : requests) {
        Request capped = Request.greedy(request.prompt(), Math.min(20, request.maxNewTokens()));
        Request watching =
            capped.heardBy(
                id -> {
                  EngineFigures figures = engine.figures();
                  assertThat(figures.cacheBytes()).isLessThanOrEqualTo(most);
                  assertThat(figures.keptBytes()).isLessThanOrEqualTo(most);
                  return true;
                });
        answers.add(
            CompletableFuture.supplyAsync(
                () -> engine.on(Terms.of("one")).generate(List.of(watching)), callers));
      }
      answers.forEach(CompletableFuture::join);
    } finally {
      callers.shutdownNow();
    }
  }

  /** Clients take turns, and each keeps its order. */
  @Property
  void theQueueIsFair(@ForAll @Size(max = 30) List<@IntRange(min = 0, max = 3) Integer> clients) {
    FairQueue<String> queue = new FairQueue<>();
    int[] counts = new int[4];
    for (int client : clients) {
      queue.add("client " + client, client + "/" + counts[client]++);
    }
    List<String> order = new ArrayList<>();
    for (String next = queue.peek(); next != null; next = queue.peek()) {
      assertThat(queue.size()).isEqualTo(clients.size() - order.size());
      order.add(next);
      queue.poll();
    }
    assertThat(queue.size()).isZero();
    assertThat(order).hasSameSizeAs(clients).doesNotHaveDuplicates();
    // the i-th of a client comes before the (i + 1)-th of any other
    int[] rounds = order.stream().mapToInt(each -> Integer.parseInt(each.substring(2))).toArray();
    assertThat(rounds).isSorted();
  }

  private static Request stopping(Request request, int after) {
    List<Integer> heard = new ArrayList<>();
    return request.heardBy(
        id -> {
          heard.add(id);
          return heard.size() < after;
        });
  }

  private static void assertSame(Answer actual, Answer expected) {
    assertThat(actual.ids()).containsExactly(expected.ids());
    assertThat(actual.reason()).isEqualTo(expected.reason());
    assertThat(GeneratorLawsTest.found(actual)).isEqualTo(GeneratorLawsTest.found(expected));
  }

  @Provide
  static Arbitrary<String> variants() {
    return ReadingLawsTest.variants();
  }

  @Provide
  static Arbitrary<List<Request>> lists() {
    return GeneratorLawsTest.requests().list();
  }

  @Provide
  static Arbitrary<int[]> prompts() {
    return Arbitraries.integers()
        .between(0, LlamaVariant.VOCABULARY - 1)
        .array(int[].class)
        .ofMinSize(1)
        .ofMaxSize(30)
        .map(ids -> Arrays.copyOf(ids, ids.length));
  }
}
