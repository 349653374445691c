package org.spiritlm.torch;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Small changes of a model whose own parameters stay as they are (LoRA; Hu et al., 2021): beside a
 * product {@code x W^T} goes {@code scale (x A^T) B^T}, with A [rank, in] and B [out, rank]. B is
 * zero at first, so that a model with fresh adapters is the model without.
 *
 * <p>Models take them with their weights, see {@link Weights#adapted}. Rows of tables that were
 * added to a vocabulary can be trained as well: {@link Options#firstNewRow}.
 */
public final class LowRankAdapters {
  private static final String FIRST = "lora_A.weight";
  private static final String SECOND = "lora_B.weight";

  /** How the rows of a table that are trained are called, after the table's name. */
  private static final String NEW_ROWS = ".new_rows";

  private final Weights weights;
  private final Options options;
  private final Map<String, Tensor> tables = new TreeMap<>();
  private final long seed;
  private @Nullable Long pass; // that is being made with dropout

  /**
   * What is adapted.
   *
   * @param rank of the changes, at least 1
   * @param alpha changes are scaled by alpha / rank
   * @param dropout share of a change's inputs that it does not see while it is trained
   * @param targets names of the products, such as {@code q_proj}
   * @param firstNewRow tables by id are trained from this row on, or -1 for none
   */
  public record Options(
      int rank, double alpha, double dropout, Set<String> targets, int firstNewRow) {
    public Options {
      if (rank < 1 || !(alpha > 0)) {
        throw new InputException(
            "adapters of rank " + rank + " with alpha " + alpha + "; expected both above 0");
      }
      if (!(dropout >= 0 && dropout < 1)) {
        throw new InputException(
            "adapters with dropout " + dropout + "; expected at least 0 and below 1");
      }
      targets = Collections.unmodifiableSet(new TreeSet<>(targets));
    }

    /** What changes are multiplied by. */
    public double scale() {
      return alpha / rank;
    }
  }

  /** Fresh ones, to be trained. */
  public LowRankAdapters(long seed, Options options) {
    this.weights = Weights.initialise(seed).trained();
    this.options = options;
    this.seed = seed;
  }

  public Options options() {
    return options;
  }

  /** What is trained, by path; {@code A} and {@code B} have the names that PEFT gives them. */
  public Map<String, Tensor> parameters() {
    return weights.taken();
  }

  /**
   * The products' changes, and every table of which rows are trained, whole: what replaces or
   * changes the model's own. The tables belong to the enclosing scope.
   */
  public Map<String, Tensor> changes() {
    Map<String, Tensor> changes = new TreeMap<>(parameters());
    tables.forEach(
        (path, table) -> {
          Tensor rows = changes.remove(path + NEW_ROWS);
          changes.put(path, Tensors.cat(List.of(table.narrow(0, 0, first()), rows), 0).detach());
        });
    return changes;
  }

  /**
   * Makes a pass in which every change misses some of its inputs ({@link Options#dropout}). What it
   * misses follows from the number and the product: a part that is computed again is the same.
   *
   * @param number another one for each pass
   */
  public <T> T disturbed(long number, Supplier<T> passage) {
    pass = number;
    try {
      return passage.get();
    } finally {
      pass = null;
    }
  }

  /** What the change of the product at a path sees of its input [N, in]. */
  private Tensor seen(Tensor x, String path, Device device) {
    if (pass == null || options.dropout == 0) {
      return x;
    }
    SplittableRandom numbers = new SplittableRandom(seed + pass);
    long own = new SplittableRandom(numbers.nextLong() + path.hashCode()).nextLong();
    return Dropout.of(x, options.dropout, device.random(own));
  }

  private long first() {
    return options.firstNewRow;
  }

  /** The change of the product at a path, or null where it has none. */
  @Nullable LowRankAdapter product(String path, Device device, long in, long out) {
    if (!options.targets.contains(path.substring(path.lastIndexOf('.') + 1))) {
      return null;
    }
    Weights own = weights.on(device).at(path);
    Initializer uniform = Initializer.uniform(1 / Math.sqrt((double) in));
    return new LowRankAdapter(
        own.tensor(FIRST, uniform, options.rank, in),
        own.tensor(SECOND, Initializer.zeros(), out, options.rank),
        options.scale(),
        x -> seen(x, path, device));
  }

  /** The rows of a table that are trained in its stead, or null where there are none. */
  @Nullable Tensor newRows(String path, Device device, Tensor table) {
    long count = table.size(0) - first();
    if (first() < 0 || count <= 0) {
      return null;
    }
    tables.put(path, table);
    return weights
        .on(device)
        .tensor(
            path + NEW_ROWS,
            (tensor, random) -> tensor.copy_(table.narrow(0, first(), count)),
            count,
            table.size(1));
  }
}
