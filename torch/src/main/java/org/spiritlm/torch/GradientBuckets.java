package org.spiritlm.torch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorBase;
import org.bytedeco.pytorch.VoidTensorHook;
import org.jspecify.annotations.Nullable;

/**
 * The gradients of many parameters, summed over processes: in flat tensors, each of which is
 * exchanged as soon as the pass backwards has all that is in it, while the pass goes on.
 *
 * <p>A gradient is in memory once: a bucket is made when its gradients are there, takes them over
 * from the parameters, which have none from then on, and is freed by {@link #release}.
 *
 * <p>Gradients come about in the opposite order of their parameters, and so do the buckets. They
 * are exchanged in this order alone, so that all processes agree whatever each computes; those of
 * which something is missing at the end, as where a block was left out, follow then.
 */
final class GradientBuckets implements AutoCloseable {
  private final ProcessGroup group;
  private final List<Tensor> parameters;
  private final List<Bucket> buckets = new ArrayList<>();
  private final List<Arrival> hooks = new ArrayList<>();
  private final int[] bucketOf; // by parameter
  private final boolean[] arrived; // by parameter
  private final boolean[] taken; // by parameter: its bucket has a gradient of it
  private boolean expecting;
  private int latest = -1; // the parameter whose gradient is being added, or was last
  private int begun; // buckets

  /**
   * A parameter's place in a bucket.
   *
   * @param index of the parameter
   * @param from its first element in the bucket
   */
  record Slot(int index, Tensor parameter, long from) {
    long length() {
      return parameter.numel();
    }

    /** The part of a bucket's tensor that is the parameter's. */
    Tensor of(Tensor flat) {
      return flat.narrow(0, from, length());
    }
  }

  /** Parameters whose gradients are exchanged together. */
  static final class Bucket {
    private final List<Slot> slots = new ArrayList<>();
    private long length; // a multiple of the processes; what no parameter fills is zero
    private @Nullable Tensor flat;
    private ProcessGroup.@Nullable Exchange exchange;
    private int missing;
    private boolean stale;

    List<Slot> slots() {
      return slots;
    }

    long length() {
      return length;
    }

    /** The sums that {@link GradientBuckets#finish} waited for, [{@link #length}]. */
    Tensor flat() {
      Tensor made = flat;
      if (made == null) {
        throw new IllegalStateException("released");
      }
      return made;
    }

    /** As large as the bucket, of zeros. */
    Tensor zeros() {
      return slots.get(0).parameter().detach().new_zeros(length);
    }

    private void free() {
      if (exchange == null && flat != null) { // else it is being written to
        Scope.free(flat);
        flat = null;
      }
    }

    private void await() {
      ProcessGroup.Exchange waiting = exchange;
      if (waiting != null) {
        waiting.await();
        exchange = null;
      }
    }
  }

  /** Is called in the pass backwards when a parameter has a gradient, before it is added. */
  private final class Arrival extends VoidTensorHook {
    private final int index;
    private final int number;

    Arrival(int index) {
      this.index = index;
      this.number = parameters.get(index).register_hook(this);
    }

    @Override
    public void call(TensorBase gradient) {
      arrived(index);
    }

    void remove() {
      parameters.get(index).remove_hook(number);
    }
  }

  /**
   * @param parameters float32, contiguous
   * @param bytes a bucket takes no further parameter when it has so many
   */
  GradientBuckets(List<Tensor> parameters, ProcessGroup group, long bytes) {
    this.group = group;
    this.parameters = List.copyOf(parameters);
    this.bucketOf = new int[parameters.size()];
    this.arrived = new boolean[parameters.size()];
    this.taken = new boolean[parameters.size()];
    for (int i = parameters.size() - 1; i >= 0; i--) {
      Tensor parameter = parameters.get(i);
      if (DType.of(parameter) != DType.F32 || !parameter.is_contiguous()) {
        throw new IllegalArgumentException("parameters must be float32 and contiguous");
      }
      Bucket last = buckets.isEmpty() ? null : buckets.get(buckets.size() - 1);
      if (last == null || last.length * DType.F32.bytes() >= bytes) {
        last = new Bucket();
        buckets.add(last);
      }
      last.slots.add(new Slot(i, parameter, last.length));
      last.length += parameter.numel();
      bucketOf[i] = buckets.size() - 1;
    }
    for (Bucket bucket : buckets) {
      bucket.length = (bucket.length + group.size() - 1) / group.size() * group.size();
    }
    for (int i = 0; i < parameters.size(); i++) {
      hooks.add(new Arrival(i));
    }
  }

  List<Bucket> buckets() {
    return buckets;
  }

  /** How many are being exchanged, or were, since {@link #expect}. */
  synchronized int begun() {
    return begun;
  }

  /** The gradients of the next pass backwards complete those that are there. */
  synchronized void expect() {
    for (Bucket bucket : buckets) {
      bucket.missing = bucket.slots.size();
      bucket.stale = false;
    }
    Arrays.fill(arrived, false);
    Arrays.fill(taken, false);
    release();
    latest = -1;
    begun = 0;
    expecting = true;
  }

  private synchronized void arrived(int index) {
    if (!expecting) {
      return;
    }
    settle();
    latest = index;
    if (bucketOf[index] < begun) { // used in several passes: it is exchanged again in the end
      buckets.get(bucketOf[index]).stale = true;
    }
  }

  /** One thread runs the pass: whatever was called for before the newest has been added by now. */
  private void settle() {
    if (latest < 0 || arrived[latest]) {
      return;
    }
    arrived[latest] = true;
    buckets.get(bucketOf[latest]).missing--;
    while (begun < buckets.size() && buckets.get(begun).missing == 0) {
      begin(buckets.get(begun++));
    }
  }

  private void begin(Bucket bucket) {
    try (Scope scope = Scope.open()) {
      Tensor flat = taken(bucket);
      bucket.flat = flat;
      bucket.exchange = group.reduceScatter(flat);
    }
  }

  /** Adds what came after a bucket was begun. */
  private void addLate(Bucket bucket) {
    try (Scope scope = Scope.open()) {
      Tensor late = taken(bucket);
      group.reduceScatter(late).await();
      group.share(bucket.flat()).add_(group.share(late));
      Scope.free(late);
    }
  }

  /** The gradients of a bucket's parameters, which have none from here on; belongs to no scope. */
  private Tensor taken(Bucket bucket) {
    try (Scope scope = Scope.open()) {
      Tensor flat = bucket.zeros();
      Tensor none = new Tensor();
      for (Slot slot : bucket.slots) {
        Tensor gradient = slot.parameter().grad();
        if (gradient.defined()) {
          slot.of(flat).copy_(gradient.reshape(-1));
          slot.parameter().mutable_grad().put(none);
          taken[slot.index()] = true;
        }
      }
      return Scope.detach(flat);
    }
  }

  /**
   * Waits for all sums; each process then has them in its share of each bucket.
   *
   * @return for each parameter, whether any process has a gradient
   */
  synchronized boolean[] finish() {
    settle();
    expecting = false;
    while (begun < buckets.size()) {
      begin(buckets.get(begun++));
    }
    buckets.forEach(Bucket::await);
    double[] stale = new double[buckets.size()];
    for (int i = 0; i < stale.length; i++) {
      stale[i] = buckets.get(i).stale ? 1 : 0;
    }
    stale = group.sum(stale);
    for (int i = 0; i < stale.length; i++) {
      if (stale[i] > 0) {
        addLate(buckets.get(i));
      }
    }
    double[] own = new double[parameters.size()];
    for (int i = 0; i < own.length; i++) {
      own[i] = taken[i] ? 1 : 0;
    }
    double[] all = group.sum(own);
    boolean[] present = new boolean[all.length];
    for (int i = 0; i < present.length; i++) {
      present[i] = all[i] > 0;
    }
    return present;
  }

  /** Frees what is in the buckets. */
  synchronized void release() {
    buckets.forEach(Bucket::free);
  }

  @Override
  public void close() {
    hooks.forEach(Arrival::remove);
    hooks.clear();
    release();
  }
}
