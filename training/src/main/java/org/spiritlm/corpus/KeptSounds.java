package org.spiritlm.corpus;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/**
 * Sounds that were read once and stay in memory, as many as there is room for; the others are read
 * each time. Where all are asked for equally often, it does not matter which stay. Not thread-safe.
 *
 * @param <K> what names a sound
 * @param <S> its samples
 */
public final class KeptSounds<K, S> {
  private static final int SHARE_OF_HEAP = 4;

  private final Map<K, S> kept = new HashMap<>();
  private final ToLongFunction<S> size;
  private long room;

  /**
   * @param room for all of them (bytes)
   * @param size of one (bytes)
   */
  public KeptSounds(long room, ToLongFunction<S> size) {
    this.room = room;
    this.size = size;
  }

  /** A quarter of what this process's objects may take (bytes). */
  public static long usualRoom() {
    return Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP;
  }

  /** A sound, which is read where it is not there. */
  public S get(K key, Function<K, S> reader) {
    S known = kept.get(key);
    if (known != null) {
      return known;
    }
    S read = reader.apply(key);
    long bytes = size.applyAsLong(read);
    if (bytes <= room) {
      room -= bytes;
      kept.put(key, read);
    }
    return read;
  }
}
