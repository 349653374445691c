package org.spiritlm.lm;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.JointLinear;
import org.spiritlm.torch.Linear;
import org.spiritlm.torch.Products;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;

/**
 * Causal self-attention with a cache; query heads share key and value heads in groups (Ainslie et
 * al., 2023).
 *
 * <p>What is read into an empty cache is computed in the model's type, or in float32 where the
 * processor is faster with it, all else in the cache's: see {@link LlamaModel#cache}.
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

  /** [N, D] to [N, D], or to those that the step needs. */
  Tensor forward(Tensor x, Step step) {
    Tensor all =
        queryKeyValue.forward(Products.rounded(x)).view(x.size(0), -1, headWidth); // [N, H + 2K, d]
    return output.forward(step.needed(attend(all, step)));
  }

  /** Queries, keys and values of all ids [N, H + 2 K, d] to [N, H d]. */
  private Tensor attend(Tensor all, Step step) {
    if (all.requires_grad()) {
      return withGradients(all, step);
    }
    rotary.rotate(all.narrow(1, 0, heads + keyValueHeads), step.angles());
    PaddedSequences padded = step.padded();
    if (padded != null) {
      Tensor values = all.narrow(1, heads + keyValueHeads, keyValueHeads);
      return together(all.narrow(1, 0, heads + keyValueHeads), values, padded);
    }
    if (step.pieces().size() == 1) {
      return attend(all, step.pieces().get(0));
    }
    GatheredPieces gathered = step.gathered();
    List<Tensor> attended = new ArrayList<>(step.pieces().size());
    if (gathered != null) {
      attended.add(attend(all, gathered));
    }
    long from = 0;
    for (int i = 0; i < step.pieces().size(); i++) {
      Piece piece = step.pieces().get(i);
      int count = piece.ids().length;
      if (gathered == null || gathered.others().contains(i)) {
        attended.add(attend(all.narrow(0, from, count), piece));
      }
      from += count;
    }
    return gathered == null ? Tensors.cat(attended, 0) : gathered.inOrder(attended);
  }

  /** Single ids whose caches lie together, among all ids [N, H + 2 K, d]: [slots, H d]. */
  private Tensor attend(Tensor all, GatheredPieces gathered) {
    gathered.write(layer, all.narrow(1, heads, 2L * keyValueHeads));
    Tensor queries =
        gathered
            .queries(all.narrow(1, 0, heads))
            .reshape(gathered.slots(), keyValueHeads, heads / keyValueHeads, headWidth);
    Tensor keys = gathered.seen(layer, 0, keyValueHeads);
    Tensor values = gathered.seen(layer, keyValueHeads, keyValueHeads);
    TensorOptional mask = new TensorOptional(gathered.mask());
    return like(all, product(like(keys, queries), keys, values, mask, false))
        .view(gathered.slots(), -1);
  }

  /**
   * The same for one sequence without a cache, or several together, through which gradients go:
   * nothing is changed in place, and the gradients of views are put together once. [N, H + 2 K, d]
   * to [N, H d].
   */
  private Tensor withGradients(Tensor all, Step step) {
    TensorVector parts = each(all, 1, heads + keyValueHeads, keyValueHeads);
    Tensor rotated = rotary.rotated(parts.get(0), step.angles());
    PaddedSequences padded = step.padded();
    if (padded != null) {
      return together(rotated, parts.get(1), padded);
    }
    TensorVector queriesAndKeys = each(rotated, 1, heads, keyValueHeads);
    return joined(
        Products.attention(
            split(queriesAndKeys.get(0)), split(queriesAndKeys.get(1)), split(parts.get(1)), true));
  }

  /**
   * Several sequences in few products: queries and keys [N, H + K, d] and values [N, K, d] to [N, H
   * d].
   */
  private Tensor together(Tensor queriesAndKeys, Tensor values, PaddedSequences padded) {
    TensorVector parts = each(padded.spread(queriesAndKeys), 1, heads, keyValueHeads);
    TensorVector queries = each(parts.get(0), 0, padded.sizes());
    TensorVector keys = each(parts.get(1), 0, padded.sizes());
    TensorVector seen = each(padded.spread(values), 0, padded.sizes());
    List<Tensor> attended = new ArrayList<>();
    for (int i = 0; i < padded.batches().size(); i++) {
      int count = padded.batches().get(i).count();
      Tensor batch =
          Products.attention(
              rows(queries.get(i), count),
              rows(keys.get(i), count),
              rows(seen.get(i), count),
              true);
      attended.add(batch.transpose(1, 2).reshape(padded.batches().get(i).positions(), -1));
    }
    Tensor all = attended.size() == 1 ? attended.get(0) : Tensors.cat(attended, 0);
    return padded.gathered(all);
  }

  /** [B L, heads, d] to [B, heads, L, d]. */
  private static Tensor rows(Tensor x, int count) {
    return x.view(count, -1, x.size(1), x.size(2)).transpose(1, 2);
  }

  private static TensorVector each(Tensor x, int axis, long... sizes) {
    return torch.split_with_sizes(x, sizes, axis);
  }

  /** One sequence: queries, keys and values [n, H + 2 K, d] to [n, H d]. */
  private Tensor attend(Tensor all, Piece piece) {
    int count = piece.ids().length;
    KvCache cache = piece.cache();
    if (cache != null) {
      cache.write(layer, all.narrow(1, heads, 2L * keyValueHeads));
    }
    if (cache == null || (count > 1 && cache.length() == 0)) {
      TensorVector parts = each(Products.widened(all), 1, heads, keyValueHeads, keyValueHeads);
      return like(
          all,
          joined(
              product(
                  split(parts.get(0)), split(parts.get(1)), split(parts.get(2)), NO_MASK, true)));
    }
    Tensor queries = all.narrow(1, 0, heads); // [n, H, d]
    Tensor keys = cache.keys(layer, count); // [1, K, L, d]
    Tensor values = cache.values(layer, count); // [1, K, L, d]
    Tensor asStored = like(keys, queries);
    if (count > 1) {
      TensorOptional mask = new TensorOptional(causal(count, cache.length() + count, queries));
      return like(all, joined(product(split(asStored), keys, values, mask, false)));
    }
    // The query heads of a group are rows of one product with their key head.
    Tensor grouped = asStored.view(1, keyValueHeads, heads / keyValueHeads, headWidth);
    return like(all, product(grouped, keys, values, NO_MASK, false).reshape(1, -1));
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

  /** A tensor in the type of another; without an operation where it has that already. */
  private static Tensor like(Tensor other, Tensor x) {
    return x.scalar_type() == other.scalar_type() ? x : x.to(other.scalar_type());
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
