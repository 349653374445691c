package org.spiritlm.lm;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.JointLinear;
import org.spiritlm.torch.Linear;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;

/**
 * Causal self-attention with a cache; query heads share key and value heads in groups (Ainslie et
 * al., 2023).
 *
 * <p>What is read into an empty cache is computed in the model's type, all else in the cache's: see
 * {@link LlamaModel#cache}.
 */
final class Attention {
  private static final TensorOptional NO_MASK = Scope.release(new TensorOptional());
  private static final DoubleOptional STANDARD_SCALE = Scope.release(new DoubleOptional());

  private final int layer;
  private final int heads;
  private final int keyValueHeads;
  private final int headWidth;
  private final RotaryEmbedding rotary;
  private final JointLinear queryKeyValue;
  private final Linear output;

  Attention(Weights weights, LlamaConfig config, int layer, RotaryEmbedding rotary) {
    this.layer = layer;
    this.heads = config.heads();
    this.keyValueHeads = config.keyValueHeads();
    this.headWidth = config.headWidth();
    this.rotary = rotary;
    int width = config.width();
    long inner = (long) heads * headWidth;
    long shared = (long) keyValueHeads * headWidth;
    boolean bias = config.attentionBias();
    this.queryKeyValue =
        new JointLinear(
            weights,
            LlamaModel.INITIALIZER,
            width,
            bias,
            List.of("q_proj", "k_proj", "v_proj"),
            inner,
            shared,
            shared);
    this.output = new Linear(weights.at("o_proj"), LlamaModel.INITIALIZER, inner, width, bias);
  }

  /** [N, D] to [N, D]. */
  Tensor forward(Tensor x, Step step) {
    Tensor all = queryKeyValue.forward(x).view(x.size(0), -1, headWidth); // [N, H + 2K, d]
    Tensor rotated = rotary.rotate(all.narrow(1, 0, heads + keyValueHeads), step.angles());
    Tensor queries = rotated.narrow(1, 0, heads); // [N, H, d]
    Tensor keys = rotated.narrow(1, heads, keyValueHeads); // [N, K, d]
    Tensor values = all.narrow(1, heads + keyValueHeads, keyValueHeads); // [N, K, d]
    return output.forward(attend(queries, keys, values, step.pieces())); // [N, D]
  }

  private Tensor attend(Tensor queries, Tensor keys, Tensor values, List<Piece> pieces) {
    if (pieces.size() == 1) {
      return attend(queries, keys, values, pieces.get(0));
    }
    List<Tensor> attended = new ArrayList<>(pieces.size());
    long from = 0;
    for (Piece piece : pieces) {
      int count = piece.ids().length;
      attended.add(
          attend(
              queries.narrow(0, from, count),
              keys.narrow(0, from, count),
              values.narrow(0, from, count),
              piece));
      from += count;
    }
    return Tensors.cat(attended, 0);
  }

  /** One sequence: queries [n, H, d], keys and values [n, K, d] to [n, H d]. */
  private Tensor attend(Tensor queries, Tensor keys, Tensor values, Piece piece) {
    int count = piece.ids().length;
    KvCache cache = piece.cache();
    cache.write(layer, keys, values);
    if (count > 1 && cache.length() == 0) {
      return joined(product(split(queries), split(keys), split(values), NO_MASK, true));
    }
    Tensor stored = cache.read(layer, count); // [2, K, L, d]
    Tensor asStored = queries.to(stored.scalar_type());
    Tensor storedKeys = stored.narrow(0, 0, 1); // [1, K, L, d]
    Tensor storedValues = stored.narrow(0, 1, 1); // [1, K, L, d]
    if (count > 1) {
      TensorOptional mask = new TensorOptional(causal(count, cache.length() + count, queries));
      return joined(product(split(asStored), storedKeys, storedValues, mask, false))
          .to(queries.scalar_type());
    }
    // The query heads of a group are rows of one product with their key head.
    Tensor grouped = asStored.reshape(1, keyValueHeads, heads / keyValueHeads, headWidth);
    return product(grouped, storedKeys, storedValues, NO_MASK, false)
        .reshape(1, -1)
        .to(queries.scalar_type());
  }

  /** [n, heads, d] to [1, heads, n, d]. */
  private static Tensor split(Tensor x) {
    return x.transpose(0, 1).unsqueeze(0);
  }

  /** [1, H, n, d] to [n, H d]. */
  private static Tensor joined(Tensor x) {
    return x.squeeze(0).transpose(0, 1).reshape(x.size(2), -1);
  }

  private Tensor product(
      Tensor queries, Tensor keys, Tensor values, TensorOptional mask, boolean causal) {
    return torch.scaled_dot_product_attention(
        queries, keys, values, mask, 0, causal, STANDARD_SCALE, queries.size(1) != keyValueHeads);
  }

  /** Which positions each of the last ones may look at, [n, L]. */
  private static Tensor causal(long count, long length, Tensor like) {
    return torch
        .ones(
            new long[] {count, length},
            like.options().dtype(new ScalarTypeOptional(DType.BOOL.scalarType())))
        .tril(length - count);
  }
}
