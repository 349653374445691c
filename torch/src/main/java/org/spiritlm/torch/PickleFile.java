package org.spiritlm.torch;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A file that PyTorch's {@code torch.save} wrote ({@code .pt}, {@code .bin}), in its zip container
 * or the older one; its tensors are views of the mapped file.
 *
 * <p>The pickle inside is read without running any code: see {@link #open}. Tensors in nested dicts
 * go by the keys that lead to them, joined by dots; {@link #at} picks a dict by its keys.
 */
public final class PickleFile implements TensorSource {
  /** The pickle of a 7B model has about 50 kB. */
  private static final int MAX_PICKLE_BYTES = 1 << 26;

  /** Storages are numbered. */
  private static final int MAX_KEY_LENGTH = 64;

  private static final BigInteger LEGACY_MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
  private static final int LEGACY_PROTOCOL = 1001;

  private final MappedFile file;
  private final Map<String, Long> offsets;
  private final String origin;
  private final boolean skipForeign;
  private final Object root;
  private final PickledTree tree;

  private PickleFile(
      MappedFile file, Map<String, Long> offsets, String origin, boolean skipForeign, Object root) {
    this.file = file;
    this.offsets = offsets;
    this.origin = origin;
    this.skipForeign = skipForeign;
    this.root = root;
    this.tree = new PickledTree(origin, skipForeign, root);
  }

  /**
   * Opens a file and reads its pickle; no tensor is read yet. Allowed are tensors, dicts, lists,
   * tuples, strings, numbers, booleans, {@code OrderedDict}, and objects that are nothing but
   * attributes (argparse's {@code Namespace}, dataclasses), which become maps.
   *
   * @throws CheckpointException if the file is missing, truncated or damaged, or its pickle asks
   *     for any other class or function, which the message names
   */
  public static PickleFile open(Path path) {
    return open(path, false);
  }

  /**
   * As {@link #open}, but what other classes or functions would make is left out, for files that
   * hold a training's objects beside the tensors.
   */
  public static PickleFile openSkippingForeign(Path path) {
    return open(path, true);
  }

  private static PickleFile open(Path path, boolean skipForeign) {
    MappedFile file = MappedFile.open(path);
    Map<String, Long> offsets = new HashMap<>();
    Object root =
        StoredZip.isZip(file)
            ? readZip(file, skipForeign, offsets)
            : readLegacy(file, skipForeign, offsets);
    return new PickleFile(file, offsets, path.toString(), skipForeign, root);
  }

  private static Object readZip(MappedFile file, boolean skipForeign, Map<String, Long> offsets) {
    StoredZip zip = new StoredZip(file);
    List<String> pickles =
        zip.names().stream()
            .filter(name -> name.endsWith("/data.pkl") && name.indexOf('/') == name.length() - 9)
            .toList();
    if (pickles.size() != 1) {
      throw damaged(
          file,
          "the archive has "
              + (pickles.isEmpty() ? "no" : "more than one")
              + " data.pkl; it was not made by torch.save");
    }
    String pickleName = pickles.get(0);
    String folder = pickleName.substring(0, pickleName.length() - "data.pkl".length());
    if (zip.names().contains(folder + "constants.pkl")) {
      throw new CheckpointException(
          file.path() + ": is a TorchScript program, not a checkpoint; programs are not run here");
    }
    if (zip.names().contains(folder + "byteorder")) {
      StoredZip.Range order = zip.find(folder + "byteorder");
      String text = text(file.read(order.offset(), (int) Math.min(order.size(), 16)));
      if (!text.equals("little")) {
        throw new CheckpointException(file.path() + ": its byte order is " + text + ", not little");
      }
    }
    StoredZip.Range pickle = zip.find(pickleName);
    if (pickle.size() > MAX_PICKLE_BYTES) {
      throw damaged(file, "its pickle has " + pickle.size() + " bytes");
    }
    Map<String, StoredZip.Range> ranges = new HashMap<>();
    RestrictedUnpickler.Storages storages =
        id -> {
          PickledStorage storage = storage(file, id, 5);
          StoredZip.Range range =
              ranges.computeIfAbsent(storage.key(), key -> zip.find(folder + "data/" + key));
          if (storage.elements() > range.size() / storage.dtype().bytes()) {
            throw damaged(
                file,
                "storage "
                    + storage.key()
                    + " has "
                    + range.size()
                    + " bytes, too few for "
                    + storage.elements()
                    + " elements of type "
                    + storage.dtype());
          }
          offsets.put(storage.key(), range.offset());
          return storage;
        };
    return new RestrictedUnpickler(file.path().toString(), skipForeign, storages)
        .read(file.read(pickle.offset(), (int) pickle.size()));
  }

  /**
   * The container before PyTorch 1.6: pickles of a magic number, a version, the system, the object
   * and the list of storages, then each storage as a count of elements and the elements.
   */
  private static Object readLegacy(
      MappedFile file, boolean skipForeign, Map<String, Long> offsets) {
    Map<String, PickledStorage> found = new HashMap<>();
    RestrictedUnpickler.Storages storages =
        id -> {
          PickledStorage whole = storage(file, id, 6);
          PickledStorage before = found.putIfAbsent(whole.key(), whole);
          if (before != null && !before.equals(whole)) {
            throw damaged(file, "storage " + whole.key() + " is described in two ways");
          }
          return view(file, whole, id[5]);
        };
    ByteBuffer bytes = file.read(0, MAX_PICKLE_BYTES);
    RestrictedUnpickler unpickler =
        new RestrictedUnpickler(file.path().toString(), skipForeign, storages);
    // the instruction PROTO, or LONG in the oldest protocols, which have no PROTO
    if (file.size() < 2 || ((bytes.get(0) & 0xff) != 0x80 && bytes.get(0) != 'L')) {
      throw damaged(file, "it was not made by torch.save");
    }
    if (!LEGACY_MAGIC.equals(integer(unpickler.read(bytes)))
        || !BigInteger.valueOf(LEGACY_PROTOCOL).equals(integer(unpickler.read(bytes)))) {
      throw damaged(file, "it was not made by torch.save");
    }
    Map<?, ?> system = PickledTree.dict(unpickler.read(bytes));
    if (system == null || !Boolean.TRUE.equals(system.get("little_endian"))) {
      throw new CheckpointException(file.path() + ": its byte order is not little");
    }
    Object root = unpickler.read(bytes);
    if (!(unpickler.read(bytes) instanceof List<?> keys)) {
      throw damaged(file, "it has no list of storages");
    }
    long at = bytes.position();
    for (Object listed : keys) {
      PickledStorage storage = listed instanceof String key ? found.get(key) : null;
      if (storage == null || offsets.containsKey(storage.key())) {
        throw damaged(file, "its list of storages is not that of its tensors");
      }
      String key = storage.key();
      ByteBuffer count = file.read(at, Long.BYTES);
      if (count.remaining() < Long.BYTES) {
        throw damaged(file, "storage " + key + " is missing; the file is truncated");
      }
      long elements = count.getLong();
      long start = at + Long.BYTES;
      if (elements != storage.elements()
          || elements > (file.size() - start) / storage.dtype().bytes()) {
        throw damaged(
            file,
            "storage " + key + " should have " + storage.elements() + " elements; it is truncated");
      }
      offsets.put(key, start);
      at = start + elements * storage.dtype().bytes();
    }
    if (!offsets.keySet().containsAll(found.keySet())) {
      throw damaged(file, "a storage is missing from its list");
    }
    return root;
  }

  /** From {@code ("storage", class, key, device, elements)} and, in the older container, a view. */
  private static PickledStorage storage(MappedFile file, @Nullable Object[] id, int length) {
    if (id.length != length
        || !"storage".equals(id[0])
        || !(id[2] instanceof String key)
        || key.length() > MAX_KEY_LENGTH
        || !(id[4] instanceof Integer || id[4] instanceof Long)
        || ((Number) id[4]).longValue() < 0) {
      throw damaged(file, "its pickle names a storage in an unknown way");
    }
    DType dtype = RestrictedUnpickler.storageType(id[1]);
    if (dtype == null) {
      throw new CheckpointException(
          file.path()
              + ": the pickle has a storage of type "
              + (id[1] instanceof RestrictedUnpickler.Global type ? type : "unknown")
              + ", which is not supported");
    }
    return new PickledStorage(key, dtype, 0, ((Number) id[4]).longValue());
  }

  private static PickledStorage view(MappedFile file, PickledStorage whole, @Nullable Object view) {
    if (view == null) {
      return whole;
    }
    if (view instanceof Object[] parts
        && parts.length == 3
        && parts[1] instanceof Integer first
        && parts[2] instanceof Integer elements
        && first >= 0
        && elements >= 0
        && (long) first + elements <= whole.elements()) {
      return new PickledStorage(whole.key(), whole.dtype(), first, elements);
    }
    throw damaged(file, "its pickle has a view beyond its storage");
  }

  private static @Nullable BigInteger integer(Object value) {
    if (value instanceof Integer || value instanceof Long) {
      return BigInteger.valueOf(((Number) value).longValue());
    }
    return value instanceof BigInteger number ? number : null;
  }

  private static String text(ByteBuffer bytes) {
    return StandardCharsets.UTF_8.decode(bytes).toString();
  }

  private static CheckpointException damaged(MappedFile file, String what) {
    return new CheckpointException(file.path() + ": damaged: " + what);
  }

  /**
   * The dict below these keys, such as {@code at("model_weight")}, with names counted from there.
   *
   * @throws CheckpointException if there is none
   */
  public PickleFile at(String... keys) {
    Object value = root;
    StringBuilder where = new StringBuilder(origin);
    for (String key : keys) {
      Map<?, ?> dict = PickledTree.dict(value);
      Object below = dict == null ? null : dict.get(key);
      if (dict == null || PickledTree.dict(below) == null) {
        throw new CheckpointException(
            where
                + ": has no dict '"
                + key
                + "'"
                + (dict == null ? "" : "; it holds " + some(dict)));
      }
      value = below;
      where.append(": ").append(key);
    }
    return new PickleFile(file, offsets, where.toString(), skipForeign, value);
  }

  private static String some(Map<?, ?> dict) {
    String keys = dict.keySet().stream().limit(8).toList().toString();
    return dict.size() > 8 ? keys + " and " + (dict.size() - 8) + " more" : keys;
  }

  /** Whether there is a dict at this key. */
  public boolean has(String key) {
    Map<?, ?> dict = PickledTree.dict(root);
    return dict != null && PickledTree.dict(dict.get(key)) != null;
  }

  /**
   * Everything but the tensors: maps, lists, strings, numbers, booleans, null. A tensor inside a
   * list is null.
   */
  public Map<String, @Nullable Object> values() {
    return tree.values();
  }

  @Override
  public String origin() {
    return origin;
  }

  @Override
  public Set<String> names() {
    return tree.tensors().keySet();
  }

  @Override
  public TensorInfo info(String name) {
    return tensor(name).info();
  }

  @Override
  public Tensor load(String name) {
    PickledTensor tensor = tensor(name);
    return file.tensor(offset(tensor), tensor.info(), tensor.stepsArray());
  }

  @Override
  public Tensor copy(String name) {
    PickledTensor tensor = tensor(name);
    boolean isDense =
        Arrays.equals(tensor.stepsArray(), MappedFile.contiguous(tensor.info().dimensions()));
    return isDense ? file.copy(offset(tensor), tensor.info()) : TensorSource.super.copy(name);
  }

  /** Where a tensor begins in the file. */
  private long offset(PickledTensor tensor) {
    PickledStorage storage = tensor.storage();
    Long start = offsets.get(storage.key());
    if (start == null) {
      throw damaged(file, "storage " + storage.key() + " is missing");
    }
    return start + (storage.first() + tensor.offset()) * storage.dtype().bytes();
  }

  private PickledTensor tensor(String name) {
    PickledTensor tensor = tree.tensors().get(name);
    if (tensor == null) {
      throw new CheckpointException(origin + ": has no tensor '" + name + "'");
    }
    return tensor;
  }
}
