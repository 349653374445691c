package org.spiritlm.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.spiritlm.lm.Terms;

/** Clients take turns, whoever asks for more. */
class WorkersTest {
  private final Workers workers = new Workers(1, 100);
  private final CountDownLatch free = new CountDownLatch(1);
  private final List<String> served = Collections.synchronizedList(new ArrayList<>());
  private final List<Thread> threads = new ArrayList<>();

  /** Somebody works until {@link #release}, so that all others wait. */
  private void occupy() throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    start(
        "first",
        () -> {
          begun.countDown();
          uninterrupted(free);
        });
    begun.await();
  }

  private static void uninterrupted(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void start(String client, Runnable work) {
    Thread thread =
        new Thread(
            () ->
                workers.run(
                    Terms.of(client),
                    () -> {
                      work.run();
                      return client;
                    }));
    threads.add(thread);
    thread.start();
  }

  /** Waits until it has its place in the queue. */
  private void queue(String client) {
    int before = workers.waiting();
    start(client, () -> served.add(client));
    while (workers.waiting() == before) {
      Thread.onSpinWait();
    }
  }

  private List<String> release() throws InterruptedException {
    free.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
    return served;
  }

  /** The naive way: one of each client after another, each client's in their order. */
  private static List<String> turns(List<String> clients) {
    List<String> left = new ArrayList<>(clients);
    List<String> turns = new ArrayList<>();
    while (!left.isEmpty()) {
      List<String> round = left.stream().distinct().toList();
      round.forEach(left::remove);
      turns.addAll(round);
    }
    return turns;
  }

  @Property(tries = 12)
  void oneOfEachClientComesAfterAnother(
      @ForAll @Size(max = 12)
          List<@CharRange(from = 'a', to = 'c') @StringLength(1) String> clients)
      throws InterruptedException {
    WorkersTest test = new WorkersTest();
    test.occupy();
    clients.forEach(test::queue);
    assertThat(test.release()).isEqualTo(turns(clients));
  }

  /** Also who comes again and again lets others have their turn. */
  @Test
  void whoComesAgainWaitsForTheOthers() throws InterruptedException {
    occupy();
    Stream.of("many", "many", "many").forEach(this::queue);
    start(
        "again",
        () -> {
          served.add("again");
          queue("again"); // while its own work goes on
        });
    while (workers.waiting() < 4) {
      Thread.onSpinWait();
    }
    free.countDown();
    while (served.size() < 5) {
      Thread.onSpinWait();
    }
    assertThat(release()).containsExactly("many", "again", "many", "again", "many");
  }

  @Test
  void whatCannotWaitLeavesItsPlace() throws InterruptedException {
    occupy();
    assertThatThrownBy(
            () -> workers.run(Terms.of("late").within(Duration.ofMillis(20)), () -> "never"))
        .isInstanceOf(ApiException.class)
        .hasMessageContaining("time");
    assertThat(workers.waiting()).isZero();
    for (int i = 0; i < 100; i++) {
      queue("many");
    }
    assertThatThrownBy(() -> workers.run(Terms.of("other"), () -> "never"))
        .isInstanceOf(ApiException.class)
        .hasMessageContaining("100 requests wait");
    assertThat(release()).hasSize(100);
    assertThat(workers.run(Terms.of("after"), () -> "done")).isEqualTo("done");
  }
}
