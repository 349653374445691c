package org.spiritlm.corpus;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/**
 * Sounds that were read once and stay in memory, as many as there is room for; the others are read
 * each time. Where all are asked for equally often, it does not matter which stay. Safe for use by
 * several threads.
 *
 * @param <K> what names a sound
 * @param <S> its samples
 */
public final class KeptSounds<K, S> {
  private static final int SHARE_OF_HEAP = 4;

  private final Map<K, S> kept = new ConcurrentHashMap<>();
  private final ToLongFunction<S> size;
  private final AtomicLong room;

  /**
   * @param room for all of them (bytes)
   * @param size of one (bytes)
   */
  public KeptSounds(long room, ToLongFunction<S> size) {
    this.room = new AtomicLong(room);
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
    keep(key, read);
    return read;
  }

  /** Keeps a sound where there is room; false where there is none. */
  private boolean keep(K key, S sound) {
    long bytes = size.applyAsLong(sound);
    if (room.addAndGet(-bytes) < 0) {
      room.addAndGet(bytes);
      return false;
    }
    if (kept.putIfAbsent(key, sound) != null) {
      room.addAndGet(bytes);
    }
    return true;
  }

  /**
   * Begins to read sounds in the background, until there is no more room. What cannot be read is
   * left to whoever asks for it.
   */
  public void readAhead(List<K> keys, Function<K, S> reader, int threads) {
    AtomicInteger next = new AtomicInteger();
    for (int i = 0; i < threads; i++) {
      Thread thread =
          new Thread(
              () -> {
                boolean isRoom = true;
                for (int at = next.getAndIncrement();
                    isRoom && at < keys.size();
                    at = next.getAndIncrement()) {
                  isRoom = kept.containsKey(keys.get(at)) || readAhead(keys.get(at), reader);
                }
              },
              "read-ahead");
      thread.setDaemon(true);
      thread.start();
    }
  }

  private boolean readAhead(K key, Function<K, S> reader) {
    try {
      return keep(key, reader.apply(key));
    } catch (RuntimeException e) { // told to whoever asks for it
      return true;
    }
  }
}
