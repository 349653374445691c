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
    private long length;
    private @Nullable Tensor flat;
    private ProcessGroup.@Nullable Exchange exchange;
    private int missing;
    private boolean stale;

    List<Slot> slots() {
      return slots;
    }

    /** One dimension, a multiple of the processes long; what no parameter fills is zero. */
    Tensor flat() {
      Tensor made = flat;
      if (made == null) {
        throw new IllegalStateException("closed");
      }
      return made;
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
    try (Scope scope = Scope.open()) {
      for (Bucket bucket : buckets) {
        long length = (bucket.length + group.size() - 1) / group.size() * group.size();
        bucket.flat = Scope.detach(bucket.slots.get(0).parameter().detach().new_zeros(length));
      }
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
      for (Slot slot : bucket.slots) {
        Tensor gradient = slot.parameter().grad();
        Tensor place = slot.of(bucket.flat());
        if (gradient.defined()) {
          place.copy_(gradient.reshape(-1));
        } else {
          place.zero_();
        }
      }
      bucket.exchange = group.reduceScatter(bucket.flat());
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
    double[] own = new double[parameters.size() + buckets.size()];
    for (int i = 0; i < parameters.size(); i++) {
      own[i] = parameters.get(i).grad().defined() ? 1 : 0;
    }
    for (int i = 0; i < buckets.size(); i++) {
      own[parameters.size() + i] = buckets.get(i).stale ? 1 : 0;
    }
    double[] all = group.sum(own);
    buckets.forEach(Bucket::await);
    for (int i = 0; i < buckets.size(); i++) {
      if (all[parameters.size() + i] > 0) {
        begin(buckets.get(i));
      }
    }
    buckets.forEach(Bucket::await);
    boolean[] present = new boolean[parameters.size()];
    for (int i = 0; i < present.length; i++) {
      present[i] = all[i] > 0;
    }
    return present;
  }

  @Override
  public void close() {
    hooks.forEach(Arrival::remove);
    hooks.clear();
    for (Bucket bucket : buckets) {
      if (bucket.exchange == null && bucket.flat != null) { // else it is being written to
        Scope.free(bucket.flat);
        bucket.flat = null;
      }
    }
  }
}
