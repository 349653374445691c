package org.spiritlm.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

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
  void thereIsRoomInTheHeap() {
    assertThat(KeptSounds.usualRoom())
        .isPositive()
        .isLessThanOrEqualTo(Runtime.getRuntime().maxMemory() / 2);
  }
}
