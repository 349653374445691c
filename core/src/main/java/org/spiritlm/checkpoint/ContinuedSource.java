package org.spiritlm.checkpoint;

import java.util.Arrays;
import java.util.Set;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.spiritlm.text.TextTokenizer;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.TensorInfo;
import org.spiritlm.torch.TensorSource;
import org.spiritlm.torch.Tensors;

/**
 * A language model's tensors with another vocabulary: its tables by id have its rows where a token
 * is in both vocabularies, and fresh ones elsewhere.
 */
final class ContinuedSource implements TensorSource {
  private static final Set<String> TABLES =
      Set.of(AdapterFiles.EMBEDDING + ".weight", AdapterFiles.HEAD + ".weight");

  private final TensorSource known;
  private final TensorSource fresh;
  private final int[] rows;

  /**
   * Continues a model.
   *
   * @param fresh the tensors of a model of the same sizes but for its vocabulary
   * @param rows for each id of the new vocabulary its id in the known one, or -1
   * @throws CheckpointException if the known model has other tensors, or other sizes
   */
  ContinuedSource(TensorSource known, TensorSource fresh, int... rows) {
    this.known = known;
    this.fresh = fresh;
    this.rows = rows;
    for (String name : fresh.names()) {
      long[] expected = fresh.info(name).dimensions();
      long[] found = known.info(name).dimensions();
      boolean table = TABLES.contains(name);
      if (!Arrays.equals(
          table ? Arrays.copyOfRange(expected, 1, expected.length) : expected,
          table ? Arrays.copyOfRange(found, 1, found.length) : found)) {
        throw new CheckpointException(
            known.origin()
                + ": tensor '"
                + name
                + "' has shape "
                + known.info(name).shape()
                + ", the model that begins with it "
                + fresh.info(name).shape()
                + "; give both the same sizes");
      }
    }
  }

  /** For each id of a vocabulary its id in another, or -1. */
  static int[] rows(TextTokenizer all, TextTokenizer known) {
    int[] rows = new int[all.size()];
    for (int id = 0; id < rows.length; id++) {
      rows[id] = known.id(all.piece(id)).orElse(-1);
    }
    return rows;
  }

  @Override
  public String origin() {
    return known.origin();
  }

  @Override
  public Set<String> names() {
    return fresh.names();
  }

  @Override
  public TensorInfo info(String name) {
    return fresh.info(name);
  }

  @Override
  public Tensor load(String name) {
    if (!TABLES.contains(name)) {
      return known.load(name);
    }
    Tensor before = known.load(name);
    Tensor table = fresh.load(name);
    try (Scope scope = Scope.open()) {
      int[] to = IntStream.range(0, rows.length).filter(id -> rows[id] >= 0).toArray();
      int[] from = Arrays.stream(to).map(id -> rows[id]).toArray();
      Tensor taken = before.index_select(0, Tensors.of(from)).to(table.scalar_type());
      table.index_copy_(0, Tensors.of(to).to(DType.I64.scalarType()), taken);
      return table;
    } finally {
      Scope.free(before);
    }
  }
}
