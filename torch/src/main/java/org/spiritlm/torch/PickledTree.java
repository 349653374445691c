package org.spiritlm.torch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.RestrictedUnpickler.Global;
import org.spiritlm.torch.RestrictedUnpickler.Instance;
import org.spiritlm.torch.RestrictedUnpickler.Skipped;

/**
 * What was unpickled, taken apart: the tensors by their path, and everything else as plain values.
 *
 * <p>A small pickle can describe a structure that is endless or grows without bounds when it is
 * walked; depth and number of nodes are limited.
 */
final class PickledTree {
  private static final int MAX_DEPTH = 64;
  private static final int MAX_NODES = 1_000_000;

  /** A name is made for every tensor; keys that are shared in the pickle are not shared there. */
  private static final int MAX_NAME_LENGTH = 1024;

  private static final int MAX_TENSORS = 250_000;

  private final String origin;
  private final boolean skipForeign;
  private final Map<String, PickledTensor> tensors = new LinkedHashMap<>();
  private final Map<String, @Nullable Object> values = new LinkedHashMap<>();
  private int nodes;

  /**
   * @throws CheckpointException if the root is no dict, or something in it is not allowed
   */
  PickledTree(String origin, boolean skipForeign, Object root) {
    this.origin = origin;
    this.skipForeign = skipForeign;
    Map<?, ?> dict = dict(root);
    if (dict == null) {
      throw new CheckpointException(origin + ": expected a dict of tensors");
    }
    for (Map.Entry<?, ?> entry : dict.entrySet()) {
      String key = String.valueOf(entry.getKey());
      Object value = plain(key, entry.getValue(), 1);
      if (!(value instanceof PickledTensor || value instanceof Skipped)) {
        values.put(key, value);
      }
    }
  }

  /** All tensors, by the keys that lead to them, joined by dots. */
  Map<String, PickledTensor> tensors() {
    return Collections.unmodifiableMap(tensors);
  }

  /** The rest, tensors left out: maps, lists, strings, numbers, booleans, null. */
  Map<String, @Nullable Object> values() {
    return Collections.unmodifiableMap(values);
  }

  /** A dict or an object's attributes, or null where it is neither. */
  static @Nullable Map<?, ?> dict(@Nullable Object value) {
    if (value instanceof Instance instance) {
      return instance.attributes();
    }
    return value instanceof Map<?, ?> map ? map : null;
  }

  private @Nullable Object plain(String path, @Nullable Object value, int depth) {
    if (++nodes > MAX_NODES || depth > MAX_DEPTH) {
      throw new CheckpointException(
          origin
              + ": damaged pickle: it describes more than "
              + MAX_NODES
              + " values, or values more than "
              + MAX_DEPTH
              + " levels deep");
    }
    if (path.length() > MAX_NAME_LENGTH || tensors.size() > MAX_TENSORS) {
      throw new CheckpointException(
          origin
              + ": damaged pickle: it holds a name of more than "
              + MAX_NAME_LENGTH
              + " characters, or more than "
              + MAX_TENSORS
              + " tensors");
    }
    Map<?, ?> dict = dict(value);
    if (dict != null) {
      Map<String, @Nullable Object> plain = new LinkedHashMap<>();
      for (Map.Entry<?, ?> entry : dict.entrySet()) {
        String key = String.valueOf(entry.getKey());
        Object below = plain(path + "." + key, entry.getValue(), depth + 1);
        if (!(below instanceof PickledTensor || below instanceof Skipped)) {
          plain.put(key, below);
        }
      }
      return Collections.unmodifiableMap(plain);
    }
    if (value instanceof List<?> || value instanceof Object[]) {
      List<?> items = value instanceof Object[] tuple ? Arrays.asList(tuple) : (List<?>) value;
      List<@Nullable Object> plain = new ArrayList<>();
      for (Object item : items) {
        Object below = plain(path + "." + plain.size(), item, depth + 1);
        plain.add(below instanceof PickledTensor || below instanceof Skipped ? null : below);
      }
      return Collections.unmodifiableList(plain);
    }
    if (value instanceof PickledTensor tensor) {
      if (tensors.put(path, tensor) != null) {
        throw new CheckpointException(origin + ": two tensors are called '" + path + "'");
      }
      return tensor;
    }
    if (value instanceof Global global) {
      if (skipForeign) {
        return new Skipped(global);
      }
      throw RestrictedUnpickler.refuse(origin, global);
    }
    if (value == null
        || value instanceof Skipped
        || value instanceof String
        || value instanceof Number
        || value instanceof Boolean) {
      return value;
    }
    throw new CheckpointException(
        origin + ": damaged pickle: '" + path + "' is no tensor and no plain value");
  }
}
