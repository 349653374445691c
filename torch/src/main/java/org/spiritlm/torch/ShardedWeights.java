package org.spiritlm.torch;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Tensors spread over several files by an index ({@code model.safetensors.index.json}, {@code
 * pytorch_model.bin.index.json}), as Hugging Face writes large models.
 */
public final class ShardedWeights implements TensorSource {
  private final Path index;
  private final Map<String, TensorSource> holders;

  private ShardedWeights(Path index, Map<String, TensorSource> holders) {
    this.index = index;
    this.holders = holders;
  }

  /**
   * Opens an index and all files that it names.
   *
   * @throws CheckpointException if one is missing or damaged, lies in another directory, or does
   *     not hold what the index says
   */
  public static ShardedWeights open(Path index) {
    JsonNode map = ConfigFile.read(index).below("weight_map").node();
    Map<String, TensorSource> shards = new LinkedHashMap<>();
    for (JsonNode file : map) {
      shards.computeIfAbsent(file.asText(), name -> open(index, name));
    }
    Map<String, TensorSource> holders = new LinkedHashMap<>();
    for (TensorSource shard : shards.values()) {
      for (String name : shard.names()) {
        TensorSource other = holders.put(name, shard);
        if (other != null) {
          throw new CheckpointException(
              "tensor '" + name + "' stands in " + other.origin() + " and in " + shard.origin());
        }
      }
    }
    for (Map.Entry<String, JsonNode> entry : map.properties()) {
      TensorSource shard = shards.get(entry.getValue().asText());
      if (shard == null || holders.get(entry.getKey()) != shard) {
        throw new CheckpointException(
            index
                + ": tensor '"
                + entry.getKey()
                + "' should stand in "
                + entry.getValue().asText()
                + ", which does not hold it");
      }
    }
    return new ShardedWeights(index, holders);
  }

  private static TensorSource open(Path index, String name) {
    Path file = beside(index, name);
    if (file == null) {
      throw new CheckpointException(
          index + ": '" + name + "' is not the name of a file beside the index");
    }
    return name.endsWith(".safetensors") ? SafetensorsFile.open(file) : PickleFile.open(file);
  }

  private static @Nullable Path beside(Path index, String name) {
    try {
      Path file = index.resolveSibling(name);
      Path last = file.getFileName();
      boolean plain = !name.isEmpty() && last != null && index.resolveSibling(last).equals(file);
      return plain ? file : null;
    } catch (InvalidPathException e) {
      return null;
    }
  }

  @Override
  public String origin() {
    return index.toString();
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(holders.keySet());
  }

  @Override
  public TensorInfo info(String name) {
    return holder(name).info(name);
  }

  @Override
  public Tensor load(String name) {
    return holder(name).load(name);
  }

  @Override
  public Tensor copy(String name) {
    return holder(name).copy(name);
  }

  private TensorSource holder(String name) {
    TensorSource holder = holders.get(name);
    if (holder == null) {
      throw new CheckpointException(origin() + ": has no tensor '" + name + "'");
    }
    return holder;
  }
}
