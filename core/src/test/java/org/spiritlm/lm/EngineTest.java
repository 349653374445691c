package org.spiritlm.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.spiritlm.lm.NotServedException.Reason;
import org.spiritlm.torch.InputException;

/** Limits, ends and mistakes. */
class EngineTest {
  private static final int CONTEXT = 1 << 17;
  private static final LlamaModel MODEL = LlamaModels.varied(withContext(LlamaModels.SMALL));
  private static final int[] PROMPT = {3, 1, 4, 1, 5};
  private static final EngineLimits ONE = EngineLimits.standard().withSequences(1).withWaiting(1);

  private final ExecutorService callers = Executors.newCachedThreadPool();

  private static LlamaConfig withContext(LlamaConfig like) {
    return new LlamaConfig(
        like.vocabulary(),
        like.width(),
        like.layers(),
        like.heads(),
        like.keyValueHeads(),
        like.headWidth(),
        like.feedForward(),
        like.epsilon(),
        like.ropeBase(),
        like.ropeScaling(),
        CONTEXT,
        like.tied(),
        like.attentionBias(),
        like.feedForwardBias());
  }

  @AfterEach
  void stop() {
    callers.shutdownNow();
  }

  /** A request that goes on for long. */
  private static Request endless(Runnable begun) {
    return Request.greedy(PROMPT, CONTEXT)
        .heardBy(
            id -> {
              begun.run();
              return true;
            });
  }

  private CompletableFuture<Answer> start(Engine engine, Terms terms, Request request) {
    return CompletableFuture.supplyAsync(
        () -> engine.on(terms).generate(List.of(request)).get(0), callers);
  }

  private CompletableFuture<Answer> startEndless(Engine engine, Terms terms)
      throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    CompletableFuture<Answer> answer = start(engine, terms, endless(begun::countDown));
    begun.await();
    return answer;
  }

  private static Reason reasonOf(CompletableFuture<Answer> answer) {
    CompletionException failure = catchThrowableOfType(CompletionException.class, answer::join);
    return ((NotServedException) failure.getCause()).reason();
  }

  private static void awaitWaiting(Engine engine, int count) {
    while (engine.figures().waiting() != count) {
      Thread.onSpinWait();
    }
  }

  @Test
  void moreThanMayWaitAreRefused() throws Exception {
    AtomicBoolean wanted = new AtomicBoolean(true);
    Terms terms = Terms.of("one").asLongAs(wanted::get);
    try (Engine engine = new Engine(MODEL, ONE)) {
      CompletableFuture<Answer> active = startEndless(engine, terms);
      CompletableFuture<Answer> waits = start(engine, terms, Request.greedy(PROMPT, 3));
      awaitWaiting(engine, 1);
      for (int count : new int[] {1, 2}) {
        List<Request> more = List.of(Request.greedy(PROMPT, 3), Request.greedy(PROMPT, 3));
        NotServedException refused =
            catchThrowableOfType(
                NotServedException.class,
                () -> engine.on(Terms.of("two")).generate(more.subList(0, count)));
        assertThat(refused.reason()).isEqualTo(Reason.BUSY);
        assertThat(refused).hasMessageContaining("1 of at most 1 wait already");
      }
      assertThat(engine.figures().refused()).isEqualTo(3);
      wanted.set(false);
      assertThat(active.get().reason()).isEqualTo(FinishReason.STOPPED);
      assertThat(waits.get().reason()).isIn(FinishReason.STOPPED, FinishReason.LENGTH);
    }
  }

  @Test
  void whatIsNoLongerWantedLeavesRoomForOthers() throws Exception {
    AtomicBoolean wanted = new AtomicBoolean(true);
    Engine engine = new Engine(MODEL, ONE);
    CompletableFuture<Answer> active = startEndless(engine, Terms.of("one").asLongAs(wanted::get));
    assertThat(engine.figures().cacheBytes()).isEqualTo(MODEL.cacheBytes(CONTEXT - 1));
    CompletableFuture<Answer> next =
        start(engine, Terms.of("two"), Request.greedy(new int[] {7, 7}, 5));
    awaitWaiting(engine, 1);
    assertThat(next).isNotDone();
    wanted.set(false);
    assertThat(next.get().ids())
        .containsExactly(new Generator(MODEL).generate(Request.greedy(new int[] {7, 7}, 5)).ids());
    Answer stopped = active.get();
    assertThat(stopped.reason()).isEqualTo(FinishReason.STOPPED);
    int heard = stopped.ids().length;
    assertThat(heard).isBetween(1, CONTEXT - 1);
    assertThat(stopped.ids())
        .startsWith(
            new Generator(MODEL).generate(Request.greedy(PROMPT, Math.min(heard, 50))).ids());
    engine.close();
    EngineFigures left = engine.figures();
    assertThat(left.cacheBytes() + left.keptBytes() + left.active() + left.waiting()).isZero();
  }

  @Test
  void whatWaitsAndIsNoLongerWantedHasNoTokens() throws Exception {
    AtomicBoolean wanted = new AtomicBoolean(true);
    try (Engine engine = new Engine(MODEL, ONE)) {
      CompletableFuture<Answer> active =
          startEndless(engine, Terms.of("one").asLongAs(wanted::get));
      Answer never =
          engine
              .on(Terms.of("two").asLongAs(() -> false))
              .generate(List.of(Request.greedy(PROMPT, 3)))
              .get(0);
      assertThat(never.ids()).isEmpty();
      assertThat(never.reason()).isEqualTo(FinishReason.STOPPED);
      awaitWaiting(engine, 0);
      wanted.set(false);
      active.get();
    }
  }

  @Test
  void deadlinesHoldForWhatWaitsAndWhatIsMade() throws Exception {
    try (Engine engine = new Engine(MODEL, ONE)) {
      CompletableFuture<Answer> active =
          startEndless(engine, Terms.of("one").within(Duration.ofMillis(200)));
      CompletableFuture<Answer> waits =
          start(engine, Terms.of("two").within(Duration.ofMillis(1)), Request.greedy(PROMPT, 3));
      assertThat(reasonOf(waits)).isEqualTo(Reason.LATE);
      assertThat(reasonOf(active)).isEqualTo(Reason.LATE);
    }
  }

  @Test
  void closingLetsAnswersEndAndTakesNoMore() throws Exception {
    Engine engine = new Engine(MODEL, ONE);
    CountDownLatch begun = new CountDownLatch(1);
    Request some = Request.greedy(PROMPT, 300);
    CompletableFuture<Answer> active =
        start(
            engine,
            Terms.of("one"),
            some.heardBy(
                id -> {
                  begun.countDown();
                  return true;
                }));
    begun.await();
    engine.close(Duration.ofMinutes(1));
    assertThat(active.get().ids()).containsExactly(new Generator(MODEL).generate(some).ids());
    assertThatThrownBy(() -> engine.on(Terms.of("one")).generate(List.of(some)))
        .isInstanceOf(NotServedException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void afterTheGraceTimeAnswersAreGivenUp() throws Exception {
    Engine engine = new Engine(MODEL, ONE);
    CompletableFuture<Answer> active = startEndless(engine, Terms.of("one"));
    CompletableFuture<Answer> waits = start(engine, Terms.of("one"), Request.greedy(PROMPT, 3));
    awaitWaiting(engine, 1);
    engine.close(Duration.ofMillis(1));
    assertThat(reasonOf(active)).isEqualTo(Reason.CLOSED);
    assertThat(reasonOf(waits)).isEqualTo(Reason.CLOSED);
    assertThat(engine.figures().cacheBytes()).isZero();
  }

  @Test
  void whatAListenerThrowsComesOutAndHarmsNobody() throws Exception {
    try (Engine engine = new Engine(MODEL, EngineLimits.standard())) {
      Request fine = Request.greedy(PROMPT, 200);
      CompletableFuture<Answer> other = start(engine, Terms.of("one"), fine);
      Request fails =
          Request.greedy(PROMPT, 200)
              .heardBy(
                  id -> {
                    throw new IllegalStateException("enough");
                  });
      assertThatThrownBy(() -> engine.on(Terms.of("two")).generate(List.of(fails)))
          .hasMessage("enough");
      assertThat(other.get().ids()).containsExactly(new Generator(MODEL).generate(fine).ids());
    }
  }

  @Test
  void whatCanNeverFitIsRefusedAtOnce() {
    EngineLimits small = EngineLimits.standard().withCacheBytes(MODEL.cacheBytes(100));
    try (Engine engine = new Engine(MODEL, small)) {
      Continuer continuer = engine.on(Terms.of("one"));
      assertThatThrownBy(() -> continuer.generate(List.of(Request.greedy(PROMPT, 97))))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("101 tokens");
      assertThatThrownBy(() -> continuer.generate(List.of(Request.greedy(new int[] {-1}, 9))))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("vocabulary");
      assertThat(continuer.generate(List.of(Request.greedy(PROMPT, 96)))).hasSize(1);
      assertThat(continuer.generate(List.of())).isEmpty();
    }
  }

  /** One that reads a long prompt does not stop those that are being made. */
  @Test
  void answersGoOnWhileALongPromptIsRead() throws Exception {
    AtomicBoolean wanted = new AtomicBoolean(true);
    try (Engine engine = new Engine(MODEL, EngineLimits.standard())) {
      CompletableFuture<Answer> active =
          startEndless(engine, Terms.of("one").asLongAs(wanted::get));
      long before = engine.figures().newTokens();
      int[] longPrompt = new int[4000];
      engine.on(Terms.of("two")).generate(List.of(Request.greedy(longPrompt, 1)));
      assertThat(engine.figures().newTokens() - before).isGreaterThan(4000 / 256);
      wanted.set(false);
      active.get();
    }
  }

  @Test
  void senselessLimitsAreRefused() {
    for (Runnable limits :
        List.<Runnable>of(
            () -> EngineLimits.standard().withSequences(0),
            () -> EngineLimits.standard().withCacheBytes(0),
            () -> EngineLimits.standard().withWaiting(-1))) {
      assertThatThrownBy(limits::run)
          .isInstanceOf(InputException.class)
          .hasMessageContaining("must be 1 or more");
    }
  }

  @Test
  void asManyBeamsAsThereIsRoomFor() {
    LlamaModel model = LlamaVariant.of("linear").model();
    long bytes = model.cacheBytes(20);
    EngineLimits limits = EngineLimits.standard().withSequences(6);
    try (Engine engine = new Engine(model, limits.withCacheBytes(4 * bytes))) {
      assertThat(engine.mostBeams(20)).isEqualTo(4);
      assertThat(engine.mostBeams(1)).isEqualTo(6);
      assertThat(engine.mostBeams(1000)).isEqualTo(1);
    }
  }
}
