package org.spiritlm.torch;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * {@link AdamW} over several processes that have the same parameters and each gradients of their
 * own: the gradients are added, each process changes its share of the parameters, whose averages it
 * alone keeps, and gets the others' shares from them (Rajbhandari et al., "ZeRO", 2020, stage 1).
 *
 * <p>All processes call the same methods in the same order. Its state is that of a single process,
 * so that training can go on with another number of them.
 */
public final class ShardedAdamW implements Optimiser {
  /** What is exchanged at once (bytes): large enough for the network, and begun early. */
  private static final long BUCKET = 25L << 20;

  private final Map<String, Tensor> parameters;
  private final ProcessGroup group;
  private final GradientBuckets buckets;
  private final Map<String, Piece> pieces = new LinkedHashMap<>();
  private final AdamW own;
  private boolean[] present;

  /**
   * What this process changes of a parameter.
   *
   * @param index of the parameter
   * @param bucket whose share it is in
   * @param at its first element in the bucket
   * @param from its first element in the parameter
   * @param values of the parameter itself
   */
  private record Piece(
      int index, GradientBuckets.Bucket bucket, long at, long from, long length, Tensor values) {
    Tensor of(Tensor flat) {
      return flat.narrow(0, at, length);
    }
  }

  /** An optimiser of parameters that are the same in all processes, in the order of the map. */
  public ShardedAdamW(Map<String, Tensor> parameters, AdamW.Options options, ProcessGroup group) {
    this(parameters, options, group, BUCKET);
  }

  ShardedAdamW(
      Map<String, Tensor> parameters, AdamW.Options options, ProcessGroup group, long bucket) {
    this.parameters = new LinkedHashMap<>(parameters);
    this.group = group;
    this.present = new boolean[parameters.size()];
    this.buckets = new GradientBuckets(List.copyOf(parameters.values()), group, bucket);
    List<String> names = List.copyOf(parameters.keySet());
    Map<String, Tensor> changed = new LinkedHashMap<>();
    for (GradientBuckets.Bucket each : buckets.buckets()) {
      long share = each.length() / group.size();
      long first = group.rank() * share;
      for (GradientBuckets.Slot slot : each.slots()) {
        long from = Math.max(first, slot.from());
        long to = Math.min(first + share, slot.from() + slot.length());
        if (from < to) {
          String name = names.get(slot.index());
          Piece piece = piece(each, slot, from, to - from);
          pieces.put(name, piece);
          changed.put(name, piece.values());
        }
      }
    }
    this.own = new AdamW(changed, options);
  }

  private static Piece piece(
      GradientBuckets.Bucket bucket, GradientBuckets.Slot slot, long at, long length) {
    try (Scope scope = Scope.open()) {
      long from = at - slot.from();
      Tensor values = slot.parameter().detach().view(-1).narrow(0, from, length);
      return new Piece(slot.index(), bucket, at, from, length, Scope.detach(values));
    }
  }

  @Override
  public void expectLastPass() {
    buckets.expect();
  }

  @Override
  public double clip(double most) {
    present = buckets.finish();
    try (Scope scope = Scope.open()) {
      double squares = 0;
      for (GradientBuckets.Bucket bucket : buckets.buckets()) {
        double norm = group.share(bucket.flat()).norm().item_double();
        squares += norm * norm;
      }
      double norm = Math.sqrt(group.sum(squares)[0]);
      double scale = Gradients.scale(norm, most);
      if (scale < 1) {
        for (GradientBuckets.Bucket bucket : buckets.buckets()) {
          group.share(bucket.flat()).mul_(Tensors.scalar(scale));
        }
      }
      return norm;
    }
  }

  @Override
  public void step(double rate) {
    try (Scope scope = Scope.open()) {
      Tensor none = new Tensor();
      for (Piece piece : pieces.values()) {
        piece
            .values()
            .mutable_grad()
            .put(present[piece.index()] ? piece.of(piece.bucket().flat()) : none);
      }
      own.step(rate);
      for (Piece piece : pieces.values()) {
        piece.values().mutable_grad().put(none);
        piece.of(piece.bucket().flat()).copy_(piece.values());
      }
      gather();
    }
  }

  /** Gives all processes the parameters that each has changed, which are in the buckets. */
  private void gather() {
    List<ProcessGroup.Exchange> exchanges = new ArrayList<>();
    for (GradientBuckets.Bucket bucket : buckets.buckets()) {
      exchanges.add(group.allGather(bucket.flat()));
    }
    for (int i = 0; i < exchanges.size(); i++) {
      exchanges.get(i).await();
      GradientBuckets.Bucket bucket = buckets.buckets().get(i);
      for (GradientBuckets.Slot slot : bucket.slots()) {
        slot.parameter().detach().view(-1).copy_(slot.of(bucket.flat()));
      }
    }
    buckets.release();
  }

  /**
   * The state of all parameters, in process 0, on the CPU, since no other place needs to hold all
   * of it; the other processes, which must ask for it too, get nothing. It belongs to the caller's
   * scope.
   */
  @Override
  public Map<String, Tensor> state() {
    Map<String, Tensor> first = gathered(AdamW.FIRST);
    Map<String, Tensor> second = gathered(AdamW.SECOND);
    double[] counts = counts();
    Map<String, Tensor> state = new LinkedHashMap<>();
    int i = 0;
    for (String name : group.rank() == 0 ? parameters.keySet() : List.<String>of()) {
      state.put(AdamW.FIRST + name, first.get(name));
      state.put(AdamW.SECOND + name, second.get(name));
      Tensor count = Tensors.zeros(DType.F32);
      state.put(AdamW.STEP + name, count.fill_(Tensors.scalar(counts[i++])));
    }
    return state;
  }

  private Map<String, Tensor> gathered(String kind) {
    List<String> names = List.copyOf(parameters.keySet());
    Map<String, Tensor> owned = own.state();
    Map<String, Tensor> whole = new LinkedHashMap<>();
    for (GradientBuckets.Bucket bucket : buckets.buckets()) {
      try (Scope scope = Scope.open()) {
        Tensor flat = bucket.zeros();
        pieces.forEach(
            (name, piece) -> {
              if (piece.bucket() == bucket) {
                piece.of(flat).copy_(owned.get(kind + name));
              }
            });
        group.allGather(flat).await();
        for (GradientBuckets.Slot slot : group.rank() == 0 ? bucket.slots() : noSlots()) {
          Tensor all = slot.of(flat).view(Tensors.shape(slot.parameter()));
          whole.put(names.get(slot.index()), scope.keep(all.cpu()));
        }
      }
    }
    return whole;
  }

  private static List<GradientBuckets.Slot> noSlots() {
    return List.of();
  }

  /** Steps of each parameter, from the process that changes its first element. */
  private double[] counts() {
    Map<String, Tensor> owned = own.state();
    double[] counts = new double[parameters.size()];
    pieces.forEach(
        (name, piece) -> {
          if (piece.from() == 0) {
            counts[piece.index()] = owned.get(AdamW.STEP + name).item_double();
          }
        });
    return group.sum(counts);
  }

  @Override
  public void restore(Weights weights) {
    Map<String, Tensor> owned = own.state();
    try (Scope scope = Scope.open()) {
      for (Map.Entry<String, Tensor> entry : parameters.entrySet()) {
        String name = entry.getKey();
        long[] shape = Tensors.shape(entry.getValue());
        Piece piece = pieces.get(name);
        for (String kind : List.of(AdamW.FIRST, AdamW.SECOND)) {
          Tensor whole = weights.tensor(kind + name, shape);
          if (piece != null) {
            Tensor part = whole.reshape(-1).narrow(0, piece.from(), piece.length());
            owned.get(kind + name).copy_(part);
          }
        }
        Tensor count = weights.tensor(AdamW.STEP + name);
        if (piece != null) {
          owned.get(AdamW.STEP + name).copy_(count);
        }
      }
    }
  }

  /** Numbers that this process keeps of the parameters. */
  long elements() {
    return own.state().values().stream().mapToLong(Tensor::numel).sum();
  }

  @Override
  public void close() {
    own.close();
    buckets.close();
  }
}
