package org.spiritlm.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;
import org.spiritlm.torch.InputException;

/** What holds for every model, whatever ids it reads and in whatever pieces. */
class ReadingLawsTest {
  private static final double CLOSE = 1e-4;

  @Property(tries = 80)
  void piecesAreTheWhole(
      @ForAll("variants") String name,
      @ForAll("sequences") int[] ids,
      @ForAll @Size(max = 6) List<Integer> cuts) {
    LlamaModel model = LlamaVariant.of(name).model();
    int[] places =
        cuts.stream().mapToInt(cut -> Math.floorMod(cut, ids.length)).sorted().distinct().toArray();
    List<float[]> found = new ArrayList<>();
    try (KvCache cache = model.cache(ids.length)) {
      int from = 0;
      for (int to : LlamaModels.join(places, ids.length)) {
        if (to > from) {
          int[] piece = Arrays.copyOfRange(ids, from, to);
          found.addAll(Arrays.asList(LlamaModels.read(model, cache, piece)));
          from = to;
        }
        assertThat(cache.length()).isEqualTo(from);
      }
    }
    LlamaModels.assertClose(found.toArray(float[][]::new), LlamaModels.logits(model, ids), CLOSE);
  }

  /** Sequences that were read to different lengths go on together, by one id or by more. */
  @Property(tries = 40)
  void aBatchIsItsSingles(
      @ForAll("variants") String name,
      @ForAll("batches") List<int[]> sequences,
      @ForAll List<Integer> cuts) {
    LlamaModel model = LlamaVariant.of(name).model();
    List<KvCache> caches = new ArrayList<>();
    try {
      List<Piece> pieces = new ArrayList<>();
      for (int i = 0; i < sequences.size(); i++) {
        int[] ids = sequences.get(i);
        KvCache cache = model.cache(ids.length);
        caches.add(cache);
        int cut = i < cuts.size() ? Math.floorMod(cuts.get(i), ids.length) : ids.length - 1;
        if (cut > 0) {
          LlamaModels.read(model, cache, Arrays.copyOf(ids, cut));
        }
        pieces.add(new Piece(Arrays.copyOfRange(ids, cut, ids.length), cache));
      }
      List<float[][]> together = LlamaModels.read(model, pieces);
      for (int i = 0; i < sequences.size(); i++) {
        float[][] alone = LlamaModels.logits(model, sequences.get(i));
        int from = alone.length - pieces.get(i).ids().length;
        LlamaModels.assertClose(
            together.get(i), Arrays.copyOfRange(alone, from, alone.length), CLOSE);
      }
    } finally {
      caches.forEach(KvCache::close);
    }
  }

  @Property(tries = 40)
  void theFutureDoesNotChangeThePast(
      @ForAll("variants") String name,
      @ForAll("sequences") int[] past,
      @ForAll("sequences") int[] future,
      @ForAll("sequences") int[] other) {
    LlamaModel model = LlamaVariant.of(name).model();
    int length = past.length + Math.min(future.length, other.length);
    float[][] one =
        LlamaModels.logits(model, Arrays.copyOf(LlamaModels.join(past, future), length));
    float[][] two = LlamaModels.logits(model, Arrays.copyOf(LlamaModels.join(past, other), length));
    LlamaModels.assertClose(
        Arrays.copyOf(one, past.length), Arrays.copyOf(two, past.length), CLOSE);
    if (future[0] != other[0]) {
      float[][] after = {one[past.length]};
      assertThat(LlamaModels.difference(after, new float[][] {two[past.length]}))
          .isGreaterThan(CLOSE);
    }
  }

  @Property(tries = 40)
  void whatWasForgottenLeavesNoTrace(
      @ForAll("variants") String name,
      @ForAll("sequences") int[] kept,
      @ForAll("sequences") int[] forgotten,
      @ForAll("sequences") int[] after) {
    LlamaModel model = LlamaVariant.of(name).model();
    int room = kept.length + Math.max(forgotten.length, after.length);
    try (KvCache cache = model.cache(room)) {
      LlamaModels.read(model, cache, LlamaModels.join(kept, forgotten));
      cache.truncate(kept.length);
      assertThat(cache.length()).isEqualTo(kept.length);
      float[][] whole = LlamaModels.logits(model, LlamaModels.join(kept, after));
      LlamaModels.assertClose(
          LlamaModels.read(model, cache, after),
          Arrays.copyOfRange(whole, kept.length, whole.length),
          CLOSE);
      cache.truncate(0);
      LlamaModels.assertClose(
          LlamaModels.read(model, cache, after), LlamaModels.logits(model, after), CLOSE);
    }
  }

  @Property(tries = 40)
  void aCopyGoesOnAsTheOriginalAndLeavesItAlone(
      @ForAll("variants") String name,
      @ForAll("sequences") int[] before,
      @ForAll("sequences") int[] one,
      @ForAll("sequences") int[] two) {
    LlamaModel model = LlamaVariant.of(name).model();
    int shared = (before.length + 1) / 2;
    try (KvCache cache = model.cache(before.length + one.length)) {
      LlamaModels.read(model, cache, before);
      try (KvCache copy = cache.copy(shared, shared + two.length)) {
        assertThat(copy.length()).isEqualTo(shared);
        assertThat(copy.capacity()).isEqualTo(shared + two.length);
        float[][] ofCopy = LlamaModels.read(model, copy, two);
        assertThat(cache.length()).isEqualTo(before.length);
        float[][] ofOriginal = LlamaModels.read(model, cache, one);
        float[][] whole =
            LlamaModels.logits(model, LlamaModels.join(Arrays.copyOf(before, shared), two));
        LlamaModels.assertClose(ofCopy, Arrays.copyOfRange(whole, shared, whole.length), CLOSE);
        whole = LlamaModels.logits(model, LlamaModels.join(before, one));
        LlamaModels.assertClose(
            ofOriginal, Arrays.copyOfRange(whole, before.length, whole.length), CLOSE);
      }
    }
  }

  @Example
  void cachesHoldWhatTheyHaveRoomFor() {
    LlamaModel model = LlamaVariant.of("grouped_tied").model();
    KvCache cache = model.cache(5);
    // keys and values of 2 heads of width 8 in 2 layers, in float32
    assertThat(cache.bytes()).isEqualTo(5 * 2 * 2 * 8 * 2 * 4);
    LlamaModels.read(model, cache, 1, 2, 3);
    wrongState(() -> new Piece(new int[] {1, 2, 3}, cache), "5 positions with 3 cannot take 3");
    wrongUse(() -> cache.truncate(4), "position 4 of 3");
    wrongUse(() -> cache.truncate(-1), "position -1");
    wrongUse(() -> cache.copy(4, 5), "4 of 3");
    wrongUse(() -> cache.copy(3, 2), "room for 2");
    wrongUse(() -> new Piece(new int[0], cache), "without ids");
    wrongUse(() -> model.cache(0), "0 positions");
    assertThatThrownBy(() -> LlamaModels.read(model, cache, 40))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("id 40")
        .hasMessageContaining("vocabulary of 40");
    assertThat(cache.length()).isEqualTo(3);
    cache.close();
    cache.close();
    wrongState(() -> new Piece(new int[] {1}, cache), "closed");
    assertThatThrownBy(() -> model.cache(129))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("129")
        .hasMessageContaining("128");
  }

  private static void wrongState(Runnable call, String message) {
    assertThatThrownBy(call::run)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(message);
  }

  private static void wrongUse(Runnable call, String message) {
    assertThatThrownBy(call::run)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Provide
  static Arbitrary<String> variants() {
    return Arbitraries.of(LlamaVariant.NAMES);
  }

  @Provide
  static Arbitrary<int[]> sequences() {
    return Arbitraries.integers()
        .between(0, LlamaVariant.VOCABULARY - 1)
        .array(int[].class)
        .ofMinSize(1)
        .ofMaxSize(LlamaVariant.CONTEXT / 2);
  }

  @Provide
  static Arbitrary<List<int[]>> batches() {
    return sequences().list().ofMinSize(1).ofMaxSize(6);
  }
}
