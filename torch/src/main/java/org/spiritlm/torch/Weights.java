package org.spiritlm.torch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A model's parameters by path.
 *
 * <pre>{@code
 * Tensor weight = weights.at("layers", 3).at("q_proj").tensor("weight", 64, 64);
 * }</pre>
 *
 * <p>The same model constructor loads from files or initialises from a seed, depending on how these
 * weights were made. Every tensor is asked for with its shape; what is missing, has another shape,
 * or is left over in the file is an error.
 */
public final class Weights {
  /** What all paths into one set of weights share. */
  private static final class Store {
    final List<TensorSource> sources;
    final @Nullable FreshTensors fresh;
    final boolean plans;
    final Map<String, Tensor> taken = new LinkedHashMap<>();
    final Set<String> onlyCopied = new LinkedHashSet<>(); // what was taken of these is a stand-in

    Store(List<TensorSource> sources, @Nullable FreshTensors fresh, boolean plans) {
      this.sources = sources;
      this.fresh = fresh;
      this.plans = plans;
    }
  }

  private final Store store;
  private final String path;
  private final Device device;
  private final @Nullable DType dtype;
  private final @Nullable LowRankAdapters adapters;

  private final Use use;

  /** What tensors are taken for. */
  private enum Use {
    INFERENCE,
    /** With bfloat16 matrices packed. */
    PACKED_INFERENCE,
    /** With bfloat16 and float32 matrices packed, however long it takes. */
    ALL_PACKED_INFERENCE,
    TRAINING;

    boolean packs() {
      return this == PACKED_INFERENCE || this == ALL_PACKED_INFERENCE;
    }

    boolean packs(DType type) {
      return switch (this) {
        case PACKED_INFERENCE -> type == DType.BF16;
        case ALL_PACKED_INFERENCE -> type == DType.BF16 || type == DType.F32;
        case INFERENCE, TRAINING -> false;
      };
    }
  }

  private Weights(Store store) {
    this(store, "", Device.CPU, null, Use.INFERENCE, null);
  }

  private Weights(
      Store store,
      String path,
      Device device,
      @Nullable DType dtype,
      Use use,
      @Nullable LowRankAdapters adapters) {
    this.store = store;
    this.path = path;
    this.device = device;
    this.dtype = dtype;
    this.use = use;
    this.adapters = adapters;
  }

  /** Weights read from files; several sources (shards) must not share a name. */
  public static Weights of(TensorSource... sources) {
    return of(false, sources);
  }

  /**
   * Weights that find the faults that {@link #of} finds, but read no tensor: a model made of them
   * holds zeros, which take no memory.
   */
  public static Weights checking(TensorSource... sources) {
    return of(true, sources);
  }

  private static Weights of(boolean plans, TensorSource... sources) {
    Torch.start();
    Map<String, String> origins = new LinkedHashMap<>();
    for (TensorSource source : sources) {
      for (String name : source.names()) {
        String other = origins.put(name, source.origin());
        if (other != null) {
          throw new CheckpointException(
              "tensor '"
                  + name
                  + "' stands in two files: "
                  + other
                  + " and "
                  + source.origin()
                  + "; remove one of them");
        }
      }
    }
    return new Weights(new Store(List.of(sources), null, plans));
  }

  /**
   * Fresh float32 weights: every tensor that a model asks for is made by its initializer from this
   * seed and its name.
   */
  public static Weights initialise(long seed) {
    return initialise(seed, DType.F32);
  }

  /** The same, as a file that stores them in this type would give them. */
  public static Weights initialise(long seed, DType type) {
    Torch.start();
    return new Weights(new Store(List.of(), new FreshTensors(seed, type), false));
  }

  /** Weights that only note what a model asks for, and give it zeros. */
  static Weights planning(FreshTensors fresh) {
    Torch.start();
    return new Weights(new Store(List.of(), fresh, true));
  }

  /** The weights below a path; its parts are joined by dots. */
  public Weights at(Object... parts) {
    String below = Arrays.stream(parts).map(Object::toString).collect(Collectors.joining("."));
    return new Weights(store, join(path, below), device, dtype, use, adapters);
  }

  /** The same weights, with floating-point tensors converted to this type as they are taken. */
  public Weights as(DType type) {
    return new Weights(store, path, device, type, use, adapters);
  }

  /** The same weights, placed on a device as they are taken. */
  public Weights on(Device place) {
    return new Weights(store, path, place, dtype, use, adapters);
  }

  /**
   * The same weights, but the bfloat16 matrices of {@linkplain Linear products} on the CPU are
   * copied in the order in which its kernels read them, where products are faster then. The tensors
   * that were copied cannot be written again ({@link #taken}).
   */
  public Weights packed() {
    return new Weights(store, path, device, dtype, Use.PACKED_INFERENCE, null);
  }

  /**
   * {@link #packed}, and float32 matrices as well, also where packing takes seconds (on processors
   * without AVX-512 some 15 ns for each value that is stored in bfloat16): for a small model, or
   * one that makes many tokens.
   */
  public Weights allPacked() {
    return new Weights(store, path, device, dtype, Use.ALL_PACKED_INFERENCE, null);
  }

  /**
   * The same weights, to be trained: floating-point tensors are copies, never a file's memory, lie
   * each alone, and gather gradients.
   */
  public Weights trained() {
    return new Weights(store, path, device, dtype, Use.TRAINING, null);
  }

  /**
   * The same weights, which stay as they are, with adapters that are trained beside them; matrices
   * lie each alone.
   */
  public Weights adapted(LowRankAdapters beside) {
    return new Weights(store, path, device, dtype, Use.INFERENCE, beside);
  }

  /**
   * Whether {@link #allPacked} keeps matrices that are stored in bfloat16 in two bytes a value also
   * where they are computed in float32: then that type costs no more, and saves conversions.
   */
  public static boolean packsHalves() {
    return FbgemmProduct.isWorthwhile();
  }

  /** Whether gradients go through what is computed with them: trained or adapted ones. */
  public boolean areLearning() {
    return use == Use.TRAINING || adapters != null;
  }

  /** The change of the product whose weight lies here, or null where it has none. */
  @Nullable LowRankAdapter adapter(long in, long out) {
    return adapters == null ? null : adapters.product(path, device, in, out);
  }

  /** The rows of a table at this name that are trained in its stead, or null. */
  @Nullable Tensor newRows(String name, Tensor table) {
    return adapters == null ? null : adapters.newRows(join(path, name), device, table);
  }

  /** How a matrix is to be packed, or null. */
  PackedProduct.@Nullable Kind packing(String name) {
    if (!use.packs() || store.plans || device.kind() != Device.Kind.CPU) {
      return null;
    }
    TensorInfo info = info(name);
    FreshTensors fresh = store.fresh;
    DType found = info != null ? info.dtype() : fresh != null ? fresh.type() : DType.F32;
    DType type = dtype != null && found.isFloat() ? dtype : found;
    return use.packs(type)
        ? PackedProduct.kind(found, type, use == Use.ALL_PACKED_INFERENCE)
        : null;
  }

  /** How matrices are to be packed into one, or null where one of them is not. */
  PackedProduct.@Nullable Kind packing(List<String> names) {
    Set<PackedProduct.@Nullable Kind> kinds = new HashSet<>();
    names.forEach(name -> kinds.add(packing(name)));
    if (kinds.contains(null)) {
      return null;
    }
    return kinds.size() == 1 ? kinds.iterator().next() : PackedProduct.Kind.ONE_DNN;
  }

  /**
   * A matrix in memory of its own, which the caller frees and these weights do not keep.
   *
   * @throws CheckpointException as {@link #tensor}
   */
  Tensor copy(String name, Initializer initializer, long... shape) {
    String full = join(path, name);
    FreshTensors fresh = store.fresh;
    Tensor copy = fresh == null ? read(full, true, shape) : make(fresh, full, initializer, shape);
    if (!store.taken.containsKey(full)) {
      store.taken.put(full, FreshTensors.standIn(shape));
      store.onlyCopied.add(full);
    }
    return copy;
  }

  /** The files, for error messages; empty for weights that are being initialised. */
  public String origin() {
    return store.sources.stream().map(TensorSource::origin).collect(Collectors.joining(", "));
  }

  /** Where tensors are placed. */
  public Device device() {
    return device;
  }

  /** Whether the files hold this tensor; false for weights that are being initialised. */
  public boolean has(String name) {
    return source(join(path, name)) != null;
  }

  /** Whether tensors are made rather than loaded. */
  public boolean initialises() {
    return store.fresh != null;
  }

  /** Type and shape of a tensor in the files, or null where they hold none of this name. */
  public @Nullable TensorInfo info(String name) {
    String full = join(path, name);
    TensorSource source = source(full);
    return source == null ? null : source.info(full);
  }

  /**
   * A tensor of this shape, made from a normal distribution with deviation 0.02 where weights are
   * initialised.
   */
  public Tensor tensor(String name, long... shape) {
    return tensor(name, Initializer.normal(0.02), shape);
  }

  /**
   * A tensor of this shape; it belongs to no scope.
   *
   * @throws CheckpointException if the files hold none of this name, or with another shape
   */
  public Tensor tensor(String name, Initializer initializer, long... shape) {
    String full = join(path, name);
    Tensor before = store.taken.get(full);
    if (before != null && !store.onlyCopied.contains(full)) {
      if (!Arrays.equals(Tensors.shape(before), shape)) {
        throw new CheckpointException(
            "tensor '"
                + full
                + "' is used twice, with shape "
                + Arrays.toString(Tensors.shape(before))
                + " and with shape "
                + Arrays.toString(shape)
                + "; the configuration contradicts itself");
      }
      return before;
    }
    FreshTensors fresh = store.fresh;
    Tensor tensor =
        fresh == null
            ? read(full, use == Use.TRAINING, shape)
            : make(fresh, full, initializer, shape);
    if (use == Use.TRAINING && DType.of(tensor).isFloat()) {
      tensor.set_requires_grad(true);
    }
    store.taken.put(full, tensor);
    store.onlyCopied.remove(full);
    return tensor;
  }

  private Tensor make(FreshTensors fresh, String full, Initializer initializer, long... shape) {
    fresh.plan(full, initializer, shape);
    if (store.plans) {
      return FreshTensors.standIn(shape);
    }
    return placed(fresh.load(full));
  }

  /**
   * Matrices of one width that were taken before, as one: its rows are theirs, one after another.
   *
   * <p>Matrices that lie so in a file are not copied. Those of this process's own memory are moved
   * together; the tensors that were taken before are then views of the one.
   *
   * @return the one, or null where they lie apart in files, or are to be trained or adapted
   */
  @Nullable Tensor joined(List<String> names) {
    List<Tensor> parts = new ArrayList<>();
    for (String name : names) {
      Tensor part = store.taken.get(join(path, name));
      if (part == null) {
        throw new IllegalStateException("tensor '" + join(path, name) + "' was not taken yet");
      }
      parts.add(part);
    }
    if (use == Use.TRAINING || adapters != null) {
      return null;
    }
    try (Scope scope = Scope.open()) {
      long rows = parts.stream().mapToLong(part -> part.size(0)).sum();
      long width = parts.get(0).size(1);
      if (lieTogether(parts)) {
        return Scope.detach(
            parts.get(0).as_strided(new long[] {rows, width}, new long[] {width, 1}));
      }
      if (store.plans || names.stream().anyMatch(this::isMapped)) {
        return null;
      }
      Tensor whole = Scope.detach(Tensors.cat(parts, 0));
      long from = 0;
      for (int i = 0; i < parts.size(); i++) {
        long count = parts.get(i).size(0);
        store.taken.put(join(path, names.get(i)), Scope.detach(whole.narrow(0, from, count)));
        Scope.free(parts.get(i));
        from += count;
      }
      return whole;
    }
  }

  private static boolean lieTogether(List<Tensor> parts) {
    for (int i = 1; i < parts.size(); i++) {
      Tensor before = parts.get(i - 1);
      long end = before.data_ptr().address() + before.numel() * DType.of(before).bytes();
      if (!before.is_contiguous()
          || !parts.get(i).is_contiguous()
          || parts.get(i).data_ptr().address() != end
          || parts.get(i).storage().data().address() != before.storage().data().address()) {
        return false;
      }
    }
    return true;
  }

  /** Whether a tensor that was taken is the file's memory. */
  private boolean isMapped(String name) {
    TensorInfo info = info(name);
    return info != null
        && device.kind() == Device.Kind.CPU
        && (dtype == null || !info.dtype().isFloat() || info.dtype() == dtype);
  }

  private Tensor read(String full, boolean copies, long... shape) {
    TensorSource source = checked(full, shape);
    if (store.plans) {
      return FreshTensors.standIn(shape);
    }
    return placed(copies ? source.copy(full) : source.load(full));
  }

  /** The source that holds a tensor of this name and shape. */
  private TensorSource checked(String full, long... shape) {
    TensorSource source = source(full);
    if (source == null) {
      throw new CheckpointException(missing(full, shape));
    }
    TensorInfo info = source.info(full);
    if (!Arrays.equals(info.dimensions(), shape)) {
      throw new CheckpointException(
          source.origin()
              + ": tensor '"
              + full
              + "' has shape "
              + info.shape()
              + ", expected "
              + Arrays.toString(shape)
              + "; the configuration beside the file describes another model");
    }
    return source;
  }

  private Tensor placed(Tensor loaded) {
    try (Scope scope = Scope.open()) {
      return Scope.detach(convert(loaded));
    } finally {
      Scope.free(loaded); // at once where it was converted, whatever the garbage collector does
    }
  }

  private Tensor convert(Tensor tensor) {
    DType wanted = dtype;
    Tensor typed = tensor;
    if (wanted != null && DType.of(tensor).isFloat() && DType.of(tensor) != wanted) {
      typed = tensor.to(wanted.scalarType());
    }
    return device.place(typed);
  }

  private String missing(String full, long... shape) {
    String near =
        near(full, store.sources.stream().flatMap(source -> source.names().stream()).toList());
    return origin()
        + ": tensor '"
        + full
        + "' of shape "
        + Arrays.toString(shape)
        + " is missing"
        + (near.isEmpty() ? "" : " (the file has " + near + ")")
        + "; the file is of another model or version";
  }

  /** The first names that end as a name does, for who mistook one for another. */
  private static String near(String full, Collection<String> names) {
    String last = full.substring(full.lastIndexOf('.', Math.max(0, full.lastIndexOf('.') - 1)) + 1);
    return names.stream()
        .filter(name -> name.endsWith(last))
        .limit(3)
        .collect(Collectors.joining(", "));
  }

  /**
   * Ends loading: every tensor below this path in the files must have been taken.
   *
   * @param superfluous names, counted from this path, that may be left over
   * @throws CheckpointException if another tensor was left over
   */
  public void finish(Predicate<String> superfluous) {
    List<String> left =
        names().stream()
            .filter(name -> !store.taken.containsKey(join(path, name)) && !superfluous.test(name))
            .toList();
    if (!left.isEmpty()) {
      throw new CheckpointException(unexpected(join(path, left.get(0)), left.size() - 1));
    }
  }

  private String unexpected(String full, int more) {
    TensorSource source = Objects.requireNonNull(source(full));
    String near = near(full, store.taken.keySet());
    return source.origin()
        + ": unexpected tensor '"
        + full
        + "' of shape "
        + source.info(full).shape()
        + (more > 0 ? " and " + more + " more" : "")
        + "; expected only those of the network that the configuration describes"
        + (near.isEmpty() ? "" : " (it has " + near + ")")
        + "; the file is of another model or version";
  }

  /** Ends loading: every tensor below this path in the files must have been taken. */
  public void finish() {
    finish(name -> false);
  }

  /**
   * All tensors taken so far, by full name, sorted: what {@link SafetensorsWriter} writes.
   *
   * @throws IllegalStateException if these weights are {@link #packed}
   */
  public Map<String, Tensor> taken() {
    if (use.packs()) {
      throw new IllegalStateException("packed weights cannot be written");
    }
    return Collections.unmodifiableMap(new TreeMap<>(store.taken));
  }

  /** Names directly or further below this path in the files. */
  public Set<String> names() {
    Set<String> names = new LinkedHashSet<>();
    for (TensorSource source : store.sources) {
      for (String name : source.names()) {
        if (path.isEmpty()) {
          names.add(name);
        } else if (name.startsWith(path + ".")) {
          names.add(name.substring(path.length() + 1));
        }
      }
    }
    return names;
  }

  private @Nullable TensorSource source(String full) {
    for (TensorSource source : store.sources) {
      if (source.names().contains(full)) {
        return source;
      }
    }
    return null;
  }

  private static String join(String path, String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  @Override
  public String toString() {
    return path.isEmpty() ? "weights" : path;
  }
}
