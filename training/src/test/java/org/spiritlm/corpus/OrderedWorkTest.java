package org.spiritlm.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.spiritlm.torch.InputException;

final class OrderedWorkTest {
  @Test
  void resultsComeInTheOrderOfTheItems() {
    CountDownLatch second = new CountDownLatch(1);
    List<Integer> results = new ArrayList<>();
    try (OrderedWork<Integer, Integer> work =
        new OrderedWork<>(
            3,
            item -> {
              if (item == 0) { // ends after its successor, which another thread works on
                await(second);
              }
              second.countDown();
              return item * item;
            },
            results::add)) {
      IntStream.range(0, 50).forEach(work::add);
      assertThat(results).hasSizeBetween(44, 49); // few are held
      work.finish();
    }
    assertThat(results).isEqualTo(IntStream.range(0, 50).mapToObj(each -> each * each).toList());
  }

  @Test
  void aFailureIsThrownAfterTheResultsBeforeIt() {
    List<Integer> results = new ArrayList<>();
    try (OrderedWork<Integer, Integer> work =
        new OrderedWork<>(
            2,
            item -> {
              if (item == 3) {
                throw new InputException("three");
              }
              return item;
            },
            results::add)) {
      assertThatThrownBy(
              () -> {
                IntStream.range(0, 50).forEach(work::add);
                work.finish();
              })
          .isInstanceOf(InputException.class)
          .hasMessage("three");
    }
    assertThat(results).containsExactly(0, 1, 2);
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(1, TimeUnit.MINUTES)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
