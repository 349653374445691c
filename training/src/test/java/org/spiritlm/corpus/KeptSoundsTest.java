package org.spiritlm.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.spiritlm.torch.InputException;

/** Sounds stay as long as there is room, and are the same whether they stayed or not. */
final class KeptSoundsTest {
  private final List<Integer> reads = new ArrayList<>();

  private float[] read(int length) {
    reads.add(length);
    return new float[length];
  }

  @Test
  void asManyStayAsThereIsRoomFor() {
    KeptSounds<Integer, float[]> sounds = new KeptSounds<>(40, samples -> 4L * samples.length);
    for (int round = 0; round < 2; round++) {
      for (int length : new int[] {6, 5, 4, 1}) {
        assertThat(sounds.get(length, this::read)).hasSize(length);
      }
    }
    assertThat(reads).containsExactly(6, 5, 4, 1, 5, 1);
  }

  @Test
  void whatIsReadAheadIsNotReadAgain() throws InterruptedException {
    KeptSounds<Integer, float[]> sounds = new KeptSounds<>(200, samples -> 4L * samples.length);
    CountDownLatch all = new CountDownLatch(7);
    AtomicInteger count = new AtomicInteger();
    Function<Integer, float[]> reader =
        length -> {
          count.incrementAndGet();
          all.countDown();
          if (length == 3) {
            throw new InputException("three");
          }
          return new float[length];
        };
    sounds.readAhead(List.of(1, 2, 3, 4, 5, 6, 7), reader, 3);
    assertThat(all.await(1, TimeUnit.MINUTES)).isTrue();
    for (int length : new int[] {7, 1, 4}) {
      assertThat(sounds.get(length, reader)).hasSize(length);
    }
    assertThatThrownBy(() -> sounds.get(3, reader)).isInstanceOf(InputException.class);
    assertThat(count.get()).isBetween(8, 11); // the last may still be on their way
  }

  @Test
  void thereIsRoomInTheHeap() {
    assertThat(KeptSounds.usualRoom())
        .isPositive()
        .isLessThanOrEqualTo(Runtime.getRuntime().maxMemory() / 2);
  }
}
