package org.spiritlm.server;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What was put here last, as long as it is young enough. Safe for use by several threads. */
final class Recent<T> {
  private final Map<String, Entry<T>> entries = new LinkedHashMap<>(); // the oldest first
  private final int most;
  private final long nanos;

  private record Entry<T>(T value, long end) {}

  /**
   * @param most how many are kept
   * @param time how long
   */
  Recent(int most, Duration time) {
    this.most = most;
    this.nanos = time.toNanos();
  }

  synchronized void put(String key, T value) {
    long now = System.nanoTime();
    entries.remove(key);
    entries.put(key, new Entry<>(value, now + nanos));
    for (Iterator<Entry<T>> i = entries.values().iterator(); i.hasNext(); ) {
      if (i.next().end - now > 0 && entries.size() <= most) {
        break;
      }
      i.remove();
    }
  }

  synchronized @Nullable T get(String key) {
    Entry<T> entry = entries.get(key);
    return entry == null || entry.end - System.nanoTime() <= 0 ? null : entry.value;
  }
}
