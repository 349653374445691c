package org.spiritlm.checkpoint;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.spiritlm.lm.LlamaConfig;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.Initializer;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.TensorInfo;
import org.spiritlm.torch.TensorSource;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;

/** A language model's tensors for a larger vocabulary: its tables by id have new, random rows. */
final class ExtendedSource implements TensorSource {
  private static final Set<String> TABLES =
      Set.of(AdapterFiles.EMBEDDING + ".weight", AdapterFiles.HEAD + ".weight");

  private final TensorSource model;
  private final Rows rows;
  private final Set<String> names;

  /**
   * The rows of the tables.
   *
   * @param kept how many stay, the first ones
   * @param all how many there are then
   * @param deviation of the new ones, around 0
   * @param seed of the new ones
   */
  record Rows(int kept, int all, double deviation, long seed) {}

  /**
   * Extends tables.
   *
   * @param sizes of the model as it is; where it is tied, it needs no table for its head
   * @throws CheckpointException if a table is not of these sizes
   */
  ExtendedSource(TensorSource model, LlamaConfig sizes, Rows rows) {
    this.model = model;
    this.rows = rows;
    this.names = new LinkedHashSet<>(model.names());
    if (sizes.tied()) {
      names.remove(AdapterFiles.HEAD + ".weight");
    }
    long[] expected = {sizes.vocabulary(), sizes.width()};
    for (String name : TABLES) {
      if (names.contains(name) && !Arrays.equals(model.info(name).dimensions(), expected)) {
        throw new CheckpointException(
            model.origin()
                + ": tensor '"
                + name
                + "' has shape "
                + model.info(name).shape()
                + ", expected "
                + Arrays.toString(expected)
                + " as config.json beside it says");
      }
    }
  }

  @Override
  public String origin() {
    return model.origin();
  }

  @Override
  public Set<String> names() {
    return names;
  }

  @Override
  public TensorInfo info(String name) {
    TensorInfo info = model.info(name);
    return TABLES.contains(name)
        ? TensorInfo.of(info.dtype(), rows.all(), info.dimensions()[1])
        : info;
  }

  @Override
  public Tensor load(String name) {
    Tensor table = model.load(name);
    if (!TABLES.contains(name)) {
      return table;
    }
    long width = table.size(1);
    try (Scope scope = Scope.open()) {
      Tensor fresh =
          Weights.initialise(rows.seed())
              .tensor(
                  name,
                  Initializer.normal(rows.deviation()),
                  (long) rows.all() - rows.kept(),
                  width);
      Tensor typed = fresh.to(table.scalar_type());
      Tensor whole = Tensors.cat(List.of(table.narrow(0, 0, rows.kept()), typed), 0);
      Scope.free(fresh);
      return Scope.detach(whole);
    } finally {
      Scope.free(table);
    }
  }
}
