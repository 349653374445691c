package org.spiritlm.shards;

import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import org.spiritlm.torch.InputException;

/**
 * Compares items of a shard with their checksums, each when it is first asked for, and each word
 * once. Safe for concurrent use.
 *
 * @param keys the items' keys
 * @param items lists of which there is one for each item
 * @param words the numbers of an item's words, none where {@code aligned} is false
 * @param spans of each word
 * @param lexicon lists of which there is one for each word of the lexicon
 */
record ItemChecks(
    Path file,
    LongBuffer keys,
    List<Bytes> items,
    List<Bytes> words,
    List<ByteBuffer> spans,
    List<Bytes> lexicon,
    LongBuffer itemSums,
    LongBuffer wordSums,
    Known known) {
  /** Bytes of a frame. */
  private static final int FRAME = 4;

  /** The bytes of lists of numbers of one size. */
  record Bytes(Offsets offsets, ByteBuffer values, int size) {
    private void add(int list, ItemChecksum to) {
      offsets.check(list);
      int count = offsets.length(list);
      to.add(count, values.slice(offsets.from(list) * size, count * size));
    }
  }

  /** What was found to be right. */
  record Known(AtomicLongArray items, AtomicLongArray words) {
    static Known nothing(int items, int words) {
      return new Known(bits(items), bits(words));
    }

    private static AtomicLongArray bits(int count) {
      return new AtomicLongArray((count + Long.SIZE - 1) / Long.SIZE);
    }

    private static boolean has(AtomicLongArray bits, int number) {
      return (bits.get(number / Long.SIZE) >>> number & 1) != 0;
    }

    private static void add(AtomicLongArray bits, int number) {
      bits.accumulateAndGet(number / Long.SIZE, 1L << number, (all, one) -> all | one);
    }
  }

  /**
   * Checks an item and its words.
   *
   * @throws InputException if something of it is damaged
   */
  void check(int item) {
    if (Known.has(known.items(), item)) {
      return;
    }
    ItemChecksum checksum = new ItemChecksum();
    checksum.add(keys.get(item));
    items.forEach(list -> list.add(item, checksum));
    for (Bytes numbers : words) {
      numbers.add(item, checksum);
      int from = numbers.offsets().from(item);
      int count = numbers.offsets().length(item);
      spans.forEach(span -> checksum.add(count, span.slice(FRAME * from, FRAME * count)));
    }
    compare(checksum, itemSums.get(item), "item", item);
    for (Bytes numbers : words) {
      for (int i = numbers.offsets().from(item); i < numbers.offsets().to(item); i++) {
        checkWord(checksum, numbers.values().getInt(numbers.size() * i));
      }
    }
    Known.add(known.items(), item);
  }

  private void checkWord(ItemChecksum checksum, int word) {
    if (!Known.has(known.words(), word)) {
      lexicon.forEach(list -> list.add(word, checksum));
      compare(checksum, wordSums.get(word), "word", word);
      Known.add(known.words(), word);
    }
  }

  private void compare(ItemChecksum found, long expected, String what, int number) {
    if (found.take() != expected) {
      throw new InputException(
          file
              + ": the shard is damaged: the checksum of "
              + what
              + " "
              + number
              + " is wrong; make the shards again");
    }
  }
}
