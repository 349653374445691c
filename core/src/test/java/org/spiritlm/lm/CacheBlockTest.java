package org.spiritlm.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.assertj.core.data.Offset;
import org.bytedeco.pytorch.Tensor;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;

/** Caches that lie together are what each is alone. */
class CacheBlockTest {
  private static final double CLOSE = 1e-4;

  /** One sequence, once with others and once alone. */
  private record Pair(KvCache together, KvCache alone) implements AutoCloseable {
    static Pair of(LlamaModel model, int capacity) {
      return new Pair(model.cache(capacity), model.cache(capacity));
    }

    @Override
    public void close() {
      together.close();
      alone.close();
    }
  }

  /** Sequences come with prompts of their own length, pause, leave, and others take their place. */
  @Property(tries = 40, seed = "1")
  void sequencesThatComeAndGoAreAsIfAlone(
      @ForAll("variants") String name,
      @ForAll long seed,
      @ForAll @IntRange(min = 2, max = 6) int most) {
    LlamaModel model = LlamaVariant.of(name).model();
    Random random = new Random(seed);
    CacheBlock block = new CacheBlock(model);
    List<Pair> pairs = new ArrayList<>();
    int gathered = 0;
    for (int step = 0; step < 25; step++) {
      if (pairs.size() < most && random.nextInt(3) > 0) {
        pairs.add(Pair.of(model, 40 + random.nextInt(60)));
      } else if (!pairs.isEmpty() && random.nextInt(6) == 0) {
        pairs.remove(random.nextInt(pairs.size())).close();
      }
      List<Pair> read = new ArrayList<>();
      List<int[]> ids = new ArrayList<>();
      for (Pair pair : pairs) {
        int count = pair.alone.length() == 0 ? 1 + random.nextInt(12) : 1;
        if (pair.alone.length() + count <= pair.alone.capacity() && random.nextInt(5) > 0) {
          read.add(pair);
          ids.add(random.ints(count, 0, LlamaVariant.VOCABULARY).toArray());
        }
      }
      if (!read.isEmpty()) {
        gathered += check(model, block, read, ids) ? 1 : 0;
      }
    }
    pairs.forEach(Pair::close);
    assertThat(gathered).isPositive();
    assertThat(block.overhead()).isZero();
  }

  /** Whether some were attended to in one operation. */
  private static boolean check(
      LlamaModel model, CacheBlock block, List<Pair> read, List<int[]> ids) {
    List<Piece> pieces = new ArrayList<>();
    for (int i = 0; i < ids.size(); i++) {
      pieces.add(new Piece(ids.get(i), read.get(i).together));
    }
    try (Scope scope = Scope.open()) {
      block.gather(pieces, Long.MAX_VALUE);
      boolean gathered = GatheredPieces.of(pieces) != null;
      float[] together = Tensors.floats(model.next(pieces));
      int vocabulary = together.length / ids.size();
      for (int i = 0; i < ids.size(); i++) {
        Tensor alone = model.next(List.of(new Piece(ids.get(i), read.get(i).alone)));
        float[] expected = Tensors.floats(alone);
        for (int j = 0; j < vocabulary; j++) {
          assertThat((double) together[i * vocabulary + j])
              .isCloseTo(expected[j], Offset.offset(CLOSE));
        }
      }
      return gathered;
    }
  }

  /** Keys and values of 20 positions that are no numbers, [20, 2 K, d]. */
  private static Tensor nothing(LlamaConfig config) {
    float[] values = new float[20 * 2 * config.keyValueHeads() * config.headWidth()];
    Arrays.fill(values, Float.NaN);
    return Tensors.of(values, 20, 2L * config.keyValueHeads(), config.headWidth());
  }

  @Provide
  Arbitrary<String> variants() {
    return Arbitraries.of(LlamaVariant.NAMES);
  }

  @Example
  void memoryIsTakenWithinItsBoundAlone() {
    LlamaModel model = LlamaVariant.of("linear").model();
    CacheBlock block = new CacheBlock(model);
    try (Pair first = Pair.of(model, 64);
        Pair second = Pair.of(model, 64);
        Pair third = Pair.of(model, 64);
        Pair longer = Pair.of(model, 100)) {
      List<Piece> pieces = new ArrayList<>();
      for (Pair pair : List.of(first, second, third, longer)) {
        LlamaModels.read(model, pair.together, 1, 2, 3);
        pieces.add(new Piece(new int[] {4}, pair.together));
      }
      block.gather(pieces.subList(0, 1), Long.MAX_VALUE);
      assertThat(first.together.block()).isNull(); // nobody is beside it
      block.gather(pieces.subList(0, 2), 0);
      assertThat(first.together.block()).isSameAs(block);
      assertThat(block.overhead()).isZero(); // two caches fill two slots
      block.gather(pieces.subList(0, 3), model.cacheBytes(64) - 1);
      assertThat(third.together.block()).isNull(); // one of four slots would be nobody's
      block.gather(pieces.subList(0, 3), model.cacheBytes(64));
      assertThat(third.together.block()).isSameAs(block);
      assertThat(block.overhead()).isEqualTo(model.cacheBytes(64));
      block.gather(pieces, 0);
      assertThat(longer.together.block()).isNull();
      block.gather(pieces, Long.MAX_VALUE);
      assertThat(longer.together.block()).isSameAs(block);
      assertThat(block.capacity()).isEqualTo(128);
    }
    assertThat(block.overhead()).isZero();
    assertThat(block.capacity()).isZero();
  }

  /** Such as of a prompt for which the weights are too large. */
  @Example
  void whatIsNoNumberStaysWithWhoeverHasIt() {
    LlamaModel model = LlamaVariant.of("linear").model();
    CacheBlock block = new CacheBlock(model);
    try (Pair first = Pair.of(model, 64);
        Pair next = Pair.of(model, 64)) {
      try (Pair broken = Pair.of(model, 64)) {
        LlamaModels.read(model, broken.together, 1, 2, 3);
        LlamaModels.read(model, first.together, 1, 2, 3);
        LlamaModels.read(model, first.alone, 1, 2, 3);
        block.gather(
            List.of(
                new Piece(new int[] {4}, first.together),
                new Piece(new int[] {4}, broken.together)),
            0);
        try (Scope scope = Scope.open()) {
          for (int i = 0; i < model.config().layers(); i++) {
            broken.together.write(i, nothing(model.config()));
          }
        }
        broken.together.advance(20);
      }
      LlamaModels.read(model, next.together, 5, 6);
      LlamaModels.read(model, next.alone, 5, 6);
      assertThat(check(model, block, List.of(first, next), List.of(new int[] {7}, new int[] {8})))
          .isTrue();
    }
  }

  /** Where memory does not suffice to move out, the cache is gone, and its slot is free. */
  @Example
  void aCacheThatCannotMoveLeavesItsSlot() {
    // no address space holds as many positions of this width as are asked for
    LlamaModel model =
        LlamaModels.random(
            new LlamaConfig(
                96,
                32,
                2,
                4,
                2,
                4096,
                48,
                1e-5,
                10_000,
                new RopeScaling.None(),
                64,
                false,
                false,
                false));
    CacheBlock block = new CacheBlock(model);
    KvCache first = model.cache(64);
    KvCache second = model.cache(64);
    LlamaModels.read(model, first, 1, 2);
    LlamaModels.read(model, second, 1, 2);
    block.gather(List.of(new Piece(new int[] {3}, first), new Piece(new int[] {3}, second)), 0);
    assertThat(first.block()).isSameAs(block);
    assertThatThrownBy(() -> first.moved(2, Integer.MAX_VALUE))
        .isInstanceOf(RuntimeException.class);
    first.close();
    second.close();
    assertThat(block.capacity()).isZero();
  }

  /** What is kept for later does not hold up the block. */
  @Example
  void aCacheMovesOutWithWhatItHolds() {
    LlamaModel model = LlamaVariant.of("linear").model();
    CacheBlock block = new CacheBlock(model);
    try (Pair first = Pair.of(model, 64);
        Pair second = Pair.of(model, 64)) {
      for (Pair pair : List.of(first, second)) {
        LlamaModels.read(model, pair.together, 1, 2, 3);
        LlamaModels.read(model, pair.alone, 1, 2, 3);
      }
      block.gather(
          List.of(
              new Piece(new int[] {4}, first.together), new Piece(new int[] {4}, second.together)),
          0);
      try (KvCache copy = first.together.copy(2, 10);
          KvCache moved = first.together.moved(3, 30)) {
        assertThat(moved.block()).isNull();
        assertThat(copy.block()).isNull();
        assertThat(block.overhead()).isEqualTo(model.cacheBytes(64));
        float[][] expected = LlamaModels.read(model, first.alone, 5);
        LlamaModels.assertClose(LlamaModels.read(model, moved, 5), expected, CLOSE);
        LlamaModels.read(model, copy, 3);
        LlamaModels.assertClose(LlamaModels.read(model, copy, 5), expected, CLOSE);
      }
    }
    assertThat(block.capacity()).isZero();
  }
}
