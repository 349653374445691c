package org.spiritlm.checkpoint;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.LowRankAdapter;
import org.spiritlm.torch.LowRankAdapters;
import org.spiritlm.torch.SafetensorsFile;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.TensorInfo;
import org.spiritlm.torch.TensorSource;
import org.spiritlm.torch.Weights;

/** A language model's tensors with the changes of adapters put into them, one by one. */
final class AdaptedSource implements TensorSource {
  private static final String WEIGHT = ".weight";

  private final TensorSource model;
  private final @Nullable DType dtype;
  private final Map<String, LowRankAdapter> products = new LinkedHashMap<>();
  private final Map<String, Tensor> tables = new LinkedHashMap<>();

  /**
   * Reads adapters for a model.
   *
   * @param model by the names of {@code LlamaForCausalLM}
   * @param adapter the directory of {@link AdapterFiles}
   * @param dtype the type of tensors that are changed, or null for their own
   * @throws CheckpointException if the adapters are damaged, or of another model
   */
  AdaptedSource(TensorSource model, boolean tied, Path adapter, @Nullable DType dtype) {
    this.model = model;
    this.dtype = dtype;
    LowRankAdapters.Options options = AdapterFiles.read(adapter);
    SafetensorsFile file = SafetensorsFile.open(adapter.resolve(AdapterFiles.WEIGHTS));
    Weights weights = Weights.of(file);
    for (String name : model.names()) {
      String path =
          name.endsWith(WEIGHT) ? name.substring(0, name.length() - WEIGHT.length()) : name;
      Weights own = weights.at(AdapterFiles.PREFIX + path);
      long[] shape = model.info(name).dimensions();
      if (own.has("lora_A.weight")) {
        checkMatrix(file, name, shape);
        products.put(
            name,
            new LowRankAdapter(
                own.tensor("lora_A.weight", options.rank(), shape[1]),
                own.tensor("lora_B.weight", shape[0], options.rank()),
                options.scale()));
      }
      if (own.has("weight")) {
        tables.put(name, own.tensor("weight", shape));
      }
    }
    if (tied) {
      checkTied(file, weights);
    }
    weights.finish();
    if (products.isEmpty() && tables.isEmpty()) {
      throw new CheckpointException(file.origin() + ": changes nothing of this model");
    }
  }

  private static void checkMatrix(SafetensorsFile file, String name, long... shape) {
    if (shape.length != 2) {
      throw new CheckpointException(file.origin() + ": changes '" + name + "', which is no matrix");
    }
  }

  /** The head of a tied model comes along, and must be the embedding. */
  private void checkTied(SafetensorsFile file, Weights weights) {
    Weights head = weights.at(AdapterFiles.PREFIX + AdapterFiles.HEAD);
    if (!head.has("weight")) {
      return;
    }
    Tensor embedding = tables.get(AdapterFiles.EMBEDDING + WEIGHT);
    if (embedding == null
        || !embedding.equal(
            head.tensor(
                "weight",
                file.info(AdapterFiles.PREFIX + AdapterFiles.HEAD + WEIGHT).dimensions()))) {
      throw new CheckpointException(
          file.origin()
              + ": gives the model a head that is not its embedding, which config.json says it is");
    }
  }

  @Override
  public String origin() {
    return model.origin();
  }

  @Override
  public Set<String> names() {
    return model.names();
  }

  @Override
  public TensorInfo info(String name) {
    TensorInfo info = model.info(name);
    return dtype != null && (products.containsKey(name) || tables.containsKey(name))
        ? TensorInfo.of(dtype, info.dimensions())
        : info;
  }

  @Override
  public Tensor load(String name) {
    LowRankAdapter change = products.get(name);
    Tensor table = tables.get(name);
    if (change == null && table == null) {
      return model.load(name);
    }
    Tensor before = model.load(name);
    try (Scope scope = Scope.open()) {
      Tensor after = table != null ? table : change.matrix().add(before.to(DType.F32.scalarType()));
      return Scope.detach(after.to(info(name).dtype().scalarType()));
    } finally {
      Scope.free(before);
    }
  }
}
