package org.spiritlm.lm;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Waiting things, of which one of each client comes after another, each client's in the order in
 * which they came. Not for use by several threads.
 */
final class FairQueue<T> {
  private final Map<String, Deque<T>> clients = new LinkedHashMap<>(); // whose turn it is, first
  private int size;

  int size() {
    return size;
  }

  void add(String client, T thing) {
    clients.computeIfAbsent(client, name -> new ArrayDeque<>()).add(thing);
    size++;
  }

  /** What comes next, or null where nothing waits. */
  @Nullable T peek() {
    return size == 0 ? null : clients.values().iterator().next().peek();
  }

  /** Takes what comes next, if anything does; then it is another client's turn. */
  void poll() {
    if (size > 0) {
      String client = clients.keySet().iterator().next();
      Deque<T> things = clients.remove(client);
      things.remove();
      size--;
      if (!things.isEmpty()) {
        clients.put(client, things);
      }
    }
  }

  /** Takes out all that are such. */
  List<T> remove(Predicate<T> such) {
    List<T> removed = new ArrayList<>();
    for (Deque<T> things : clients.values()) {
      for (Iterator<T> i = things.iterator(); i.hasNext(); ) {
        T thing = i.next();
        if (such.test(thing)) {
          i.remove();
          removed.add(thing);
        }
      }
    }
    clients.values().removeIf(Deque::isEmpty);
    size -= removed.size();
    return removed;
  }
}
