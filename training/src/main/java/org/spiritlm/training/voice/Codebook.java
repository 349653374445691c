package org.spiritlm.training.voice;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.NoGradients;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;

/**
 * Vectors of codes that follow the means of what is nearest to them (van den Oord et al., "Neural
 * Discrete Representation Learning", 2017, appendix A); codes that nothing is near to any more
 * begin anew at a vector of the step's first batch (Dhariwal et al., "Jukebox", 2020).
 *
 * <p>The batches of a step are added up, and all codes follow them at its end. The first batch
 * gives all of them their first places.
 */
final class Codebook {
  private static final String PATH = "vq.level_blocks.0.";

  private final Tensor vectors; // [K, E]
  private final Tensor sums; // [K, E]
  private final Tensor counts; // [K]; all 0 before the first batch
  private final Tensor stepSums; // [K, E], of the step's batches so far
  private final Tensor stepCounts; // [K]
  private @Nullable Tensor fresh; // [K, E], of the step's first batch
  private final Options options;
  private boolean hasBegun; // known without asking for the counts, for which a GPU would be waited

  /**
   * How it follows.
   *
   * @param decay how much of the averages stays at each step
   * @param deadBelow a code is dead when it is nearest to fewer vectors of a step, on the average;
   *     0 for never
   */
  record Options(double decay, double deadBelow) {}

  Codebook(int codes, int width, Options options, Device device) {
    this.options = options;
    try (Scope scope = Scope.open()) {
      this.vectors = zeros(device, codes, width);
      this.sums = zeros(device, codes, width);
      this.counts = zeros(device, codes);
      this.stepSums = zeros(device, codes, width);
      this.stepCounts = zeros(device, codes);
    }
  }

  private static Tensor zeros(Device device, long... shape) {
    return Scope.detach(device.place(Tensors.zeros(DType.F32, shape)));
  }

  /** The codes' vectors, [K, E]. */
  Tensor vectors() {
    return vectors;
  }

  /** All that lasts longer than a step, by the names of the released checkpoint. */
  Map<String, Tensor> buffers() {
    Map<String, Tensor> buffers = new LinkedHashMap<>();
    buffers.put(PATH + "k", vectors);
    buffers.put(PATH + "k_sum", sums);
    buffers.put(PATH + "k_elem", counts);
    return buffers;
  }

  /** The nearest codes of vectors, [R, E] to [R]. */
  Tensor nearest(Tensor rows) {
    try (Scope scope = Scope.open();
        NoGradients none = NoGradients.open()) {
      Tensor lengths = vectors.square().sum(new long[] {1}, false, new ScalarTypeOptional());
      Tensor distances =
          lengths.sub(rows.detach().matmul(vectors.t()).mul(Tensors.scalar(2))); // [R, K]
      return scope.keep(torch.argmin(distances, new LongOptional(1), false));
    }
  }

  /** Whether codes have no places yet. */
  boolean isEmpty() {
    if (!hasBegun) {
      try (Scope scope = Scope.open()) {
        hasBegun = counts.sum().item_double() > 0;
      }
    }
    return !hasBegun;
  }

  /** Gives all codes places among these vectors, [R, E], if they have none. */
  void begin(Tensor rows, SplittableRandom random) {
    try (Scope scope = Scope.open();
        NoGradients none = NoGradients.open()) {
      if (isEmpty()) {
        restart(counts.eq(Tensors.scalar(0)), picked(rows.detach(), random));
      }
      hasBegun = true;
    }
  }

  /**
   * Adds a batch to those of the step.
   *
   * @param rows its vectors, [R, E]
   * @param codes their nearest codes, [R]
   */
  void add(Tensor rows, Tensor codes, SplittableRandom random) {
    try (Scope scope = Scope.open();
        NoGradients none = NoGradients.open()) {
      Tensor fixed = rows.detach();
      Tensor chosen =
          torch.one_hot(codes, vectors.size(0)).to(torch.ScalarType.Float).t(); // [K, R]
      stepCounts.add_(chosen.sum(new long[] {1}, false, new ScalarTypeOptional()));
      stepSums.add_(chosen.matmul(fixed));
      if (fresh == null) {
        fresh = Scope.detach(picked(fixed, random));
      }
    }
  }

  /** What the batches of a step are added up in. */
  List<Tensor> tallies() {
    return List.of(stepSums, stepCounts);
  }

  /**
   * Follows the batches of a step, which ends with it.
   *
   * @return how many codes were dead and begin anew
   */
  int follow() {
    Tensor anew = Objects.requireNonNull(fresh, "nothing was added");
    try (Scope scope = Scope.open();
        NoGradients none = NoGradients.open()) {
      follow(counts, stepCounts);
      follow(sums, stepSums);
      vectors.copy_(
          torch.where(
              stepCounts.unsqueeze(1).gt(Tensors.scalar(0)), // others stay; their counts end at 0
              sums.div(counts.unsqueeze(1)),
              vectors));
      Tensor dead = counts.lt(Tensors.scalar(options.deadBelow()));
      int number = (int) dead.sum().item_long();
      if (number > 0) {
        restart(dead, anew);
      }
      stepCounts.zero_();
      stepSums.zero_();
      return number;
    } finally {
      Scope.free(anew);
      fresh = null;
    }
  }

  private void follow(Tensor average, Tensor ofStep) {
    average
        .mul_(Tensors.scalar(options.decay()))
        .add_(ofStep.mul(Tensors.scalar(1 - options.decay())));
  }

  /** Puts the codes that are marked, [K], at vectors, [K, E], as if each were nearest to one. */
  private void restart(Tensor marked, Tensor places) {
    Tensor mark = marked.unsqueeze(1);
    vectors.copy_(torch.where(mark, places, vectors));
    sums.copy_(torch.where(mark, places, sums));
    counts.copy_(torch.where(marked, torch.ones_like(counts), counts));
  }

  /** As many of a batch's vectors, [R, E], as there are codes, [K, E]. */
  private Tensor picked(Tensor rows, SplittableRandom random) {
    Tensor index = Tensors.of(picked((int) vectors.size(0), Math.toIntExact(rows.size(0)), random));
    return rows.index_select(
        0, rows.is_cpu() ? index : index.to(rows.device(), index.scalar_type()));
  }

  /** So many of the first numbers, no two alike as long as there are enough. */
  private static int[] picked(int count, int from, SplittableRandom random) {
    int[] all = new int[from];
    for (int i = 0; i < from; i++) {
      all[i] = i;
    }
    int[] picked = new int[count];
    for (int i = 0; i < count; i++) {
      int place = i % from;
      int other = place + random.nextInt(from - place);
      picked[i] = all[other];
      all[other] = all[place];
      all[place] = picked[i];
    }
    return picked;
  }

  /** What of it a quantizer's file holds. */
  Map<String, Tensor> written() {
    return new TreeMap<>(Map.of(PATH + "k", vectors));
  }

  void close() {
    buffers().values().forEach(Scope::free);
    tallies().forEach(Scope::free);
    if (fresh != null) {
      Scope.free(fresh);
    }
  }
}
