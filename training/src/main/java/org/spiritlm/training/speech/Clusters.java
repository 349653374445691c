package org.spiritlm.training.speech;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;

/**
 * Centres that move to the means of what is nearest to them, a batch of rows at a time (Sculley
 * 2010), beginning with k-means++ (Arthur and Vassilvitskii 2007).
 *
 * <p>Shapes: N rows of a batch, D their width, V clusters.
 */
final class Clusters implements AutoCloseable {
  /** Clusters with less than this share of the mean of all are begun anew. */
  private static final double EMPTY = 0.01;

  private final Tensor centers; // [V, D]
  private final Tensor counts; // [V], rows that each has seen

  Clusters(Tensor centers, Tensor counts) {
    this.centers = centers;
    this.counts = counts;
  }

  /**
   * Begins with rows that are far from each other: each is drawn with a probability that is
   * proportional to its squared distance to the nearest one before.
   *
   * @param rows at least as many as there shall be clusters
   */
  static Clusters begin(Tensor rows, int clusters, SplittableRandom random) {
    int count = (int) rows.size(0);
    int[] chosen = new int[clusters];
    try (Scope scope = Scope.open()) {
      Tensor nearest = torch.full_like(rows.select(1, 0), Tensors.scalar(Double.POSITIVE_INFINITY));
      for (int i = 0; i < clusters; i++) {
        try (Scope step = Scope.open()) {
          chosen[i] = i == 0 ? random.nextInt(count) : weighted(nearest, random);
          Tensor squares =
              rows.sub(rows.select(0, chosen[i]))
                  .square()
                  .sum(new long[] {1}, false, new ScalarTypeOptional());
          nearest.copy_(torch.minimum(nearest, squares));
        }
      }
      return new Clusters(
          Scope.detach(rows.index_select(0, Tensors.of(chosen))),
          Scope.detach(torch.zeros_like(rows.select(1, 0).narrow(0, 0, clusters))));
    }
  }

  /** One of the places, each with its weight; any where all weigh nothing. */
  private static int weighted(Tensor weights, SplittableRandom random) {
    float[] values = Tensors.floats(weights);
    double sum = 0;
    for (float value : values) {
      sum += value;
    }
    if (!(sum > 0)) {
      return random.nextInt(values.length);
    }
    double left = random.nextDouble() * sum;
    int last = 0;
    for (int i = 0; i < values.length; i++) {
      if (values[i] > 0) {
        last = i;
        left -= values[i];
        if (left < 0) {
          break;
        }
      }
    }
    return last;
  }

  /** The centres, [V, D]. */
  Tensor centers() {
    return centers;
  }

  /** How many rows each has seen, [V]. */
  Tensor counts() {
    return counts;
  }

  /** The nearest centre of each row, and the squared distances to it. */
  record Nearest(Tensor clusters, Tensor squares) {}

  Nearest nearest(Tensor rows) {
    Tensor halves =
        centers
            .square()
            .sum(new long[] {1}, false, new ScalarTypeOptional())
            .mul(Tensors.scalar(0.5)); // [V]
    Tensor nearness = rows.mm(centers.t()).sub(halves); // [N, V], largest where |x - c|² is least
    Tensor clusters = torch.argmax(nearness, new LongOptional(1), false);
    Tensor squares =
        rows.sub(centers.index_select(0, clusters))
            .square()
            .sum(new long[] {1}, false, new ScalarTypeOptional());
    return new Nearest(clusters, squares);
  }

  /**
   * Moves the centres to a batch of rows.
   *
   * @param restarts whether clusters that see next to nothing begin anew, at rows of this batch
   *     that are far from all centres
   * @return the mean squared distance of the rows to their centres before
   */
  double learn(Tensor rows, boolean restarts, SplittableRandom random) {
    try (Scope scope = Scope.open()) {
      Nearest nearest = nearest(rows);
      Tensor sums = torch.zeros_like(centers).index_add_(0, nearest.clusters(), rows);
      Tensor more =
          torch
              .zeros_like(counts)
              .index_add_(0, nearest.clusters(), torch.ones_like(nearest.squares()));
      Tensor seen = counts.add(more).clamp_min(Tensors.scalar(1)).unsqueeze(1);
      Tensor moved = centers.mul(counts.unsqueeze(1)).add(sums).div(seen);
      Tensor isMoved = more.gt(Tensors.scalar(0)).unsqueeze(1);
      centers.copy_(torch.where(isMoved, moved, centers));
      counts.add_(more);
      if (restarts) {
        restart(rows, nearest.squares(), random);
      }
      return nearest.squares().mean().item_double();
    }
  }

  private void restart(Tensor rows, Tensor squares, SplittableRandom random) {
    float[] seen = Tensors.floats(counts);
    double total = 0;
    for (float count : seen) {
      total += count;
    }
    double least = EMPTY * total / seen.length;
    float[] others = seen.clone();
    Arrays.sort(others);
    int first = 0;
    while (first < others.length - 1 && others[first] < least) {
      first++;
    }
    for (int i = 0; i < seen.length; i++) {
      if (seen[i] < least) {
        int row = weighted(squares, random);
        centers.select(0, i).copy_(rows.select(0, row));
        counts.select(0, i).fill_(Tensors.scalar(others[first]));
        squares.select(0, row).fill_(Tensors.scalar(0)); // no other one comes here
      }
    }
  }

  @Override
  public void close() {
    Scope.free(centers);
    Scope.free(counts);
  }
}
