package org.spiritlm.lm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.Embedding;
import org.spiritlm.torch.Inference;
import org.spiritlm.torch.Initializer;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.Linear;
import org.spiritlm.torch.NetworkPart;
import org.spiritlm.torch.Normalization;
import org.spiritlm.torch.Pass;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;

/**
 * A Llama language model (Touvron et al., 2023), with the tensors of {@code LlamaForCausalLM}.
 *
 * <p>Several sequences are read at once without padding: the ids of all {@linkplain Piece pieces}
 * stand one after another in every product, and only attention looks at each sequence alone. So
 * prompts of different lengths, and prompts and single ids, go together, and none changes another.
 *
 * <p>Immutable; safe for use by several threads with caches of their own.
 */
public final class LlamaModel {
  /** Fresh weights ({@code initializer_range} of Llama). */
  static final Initializer INITIALIZER = Initializer.normal(0.02);

  private static final Pattern SUPERFLUOUS = Pattern.compile(".*rotary_emb\\.inv_freq");

  /** Names of {@code LlamaForCausalLM}. */
  private static final Pattern NAMES =
      Pattern.compile(
          "lm_head\\.weight|model\\.(embed_tokens|norm)\\.weight|model\\.layers\\.\\d+\\."
              + "((self_attn\\.[qkvo]|mlp\\.(gate|up|down))_proj\\.(weight|bias)"
              + "|(input|post_attention)_layernorm\\.weight)");

  private final LlamaConfig config;
  private final DType dtype;
  private final DType cacheType;
  private final Device device;
  private final boolean learns;
  private final boolean attendsTogether;
  private final Embedding embedding;
  private final RotaryEmbedding rotary;
  private final List<LlamaBlock> blocks = new ArrayList<>();
  private final Normalization norm;
  private final Linear head;

  /**
   * Takes the tensors, in the type and on the device of the weights.
   *
   * @throws org.spiritlm.torch.CheckpointException if a tensor is missing, has another shape, or is
   *     not of this network
   */
  public LlamaModel(Weights weights, LlamaConfig config) {
    this.config = config;
    this.device = weights.device();
    // many small products are slow to launch on a GPU, and to take apart for gradients
    this.learns = weights.areLearning();
    this.attendsTogether = device.kind() != Device.Kind.CPU || learns;
    Weights body = weights.at("model");
    int width = config.width();
    this.embedding =
        new Embedding(body.at("embed_tokens"), INITIALIZER, config.vocabulary(), width);
    this.dtype = DType.of(embedding.weight());
    this.cacheType = device.kind() == Device.Kind.CPU ? DType.F32 : dtype;
    this.rotary = new RotaryEmbedding(config, dtype, device);
    for (int i = 0; i < config.layers(); i++) {
      blocks.add(new LlamaBlock(body.at("layers", i), config, i, rotary));
    }
    this.norm = Normalization.rms(body.at("norm"), width, config.epsilon());
    Weights table = config.tied() ? body.at("embed_tokens") : weights.at("lm_head");
    this.head = Linear.ofTable(table, INITIALIZER, width, config.vocabulary());
    // Tied models may come with the table under both names.
    weights.finish(name -> superfluous(name) || (config.tied() && name.equals("lm_head.weight")));
  }

  /** Whether some Llama model has a tensor of this name. */
  public static boolean mayHave(String name) {
    return NAMES.matcher(name).matches();
  }

  /**
   * Whether a checkpoint may hold this tensor although the network has none of the name: old files
   * hold the rotary frequencies, which follow from the configuration.
   */
  public static boolean superfluous(String name) {
    return SUPERFLUOUS.matcher(name).matches();
  }

  /** Sizes. */
  public LlamaConfig config() {
    return config;
  }

  /** The type that it computes in. */
  public DType dtype() {
    return dtype;
  }

  /** Where it computes. */
  public Device device() {
    return device;
  }

  /**
   * An empty cache for one sequence.
   *
   * <p>On the CPU it holds float32 also where the model is bfloat16: libtorch's bfloat16 kernels
   * for one query take several times as long.
   *
   * @param capacity the most positions it will hold
   * @throws InputException if the model's context is shorter
   */
  public KvCache cache(int capacity) {
    checkLength(capacity);
    return new KvCache(config, cacheType, device, capacity);
  }

  /** Memory of one layer for caches of so many positions together, [positions, 2 K, d]. */
  Tensor cacheMemory(int positions) {
    return KvCache.memory(config, cacheType, device, positions);
  }

  /** Whether it reads single ids of several sequences faster where their caches lie together. */
  boolean gathersCaches() {
    return device.kind() == Device.Kind.CPU && config.isSmall();
  }

  /** Bytes that a {@link #cache} with room for so many positions sets aside. */
  public long cacheBytes(int capacity) {
    return KvCache.bytes(config, cacheType, capacity);
  }

  /**
   * Throws if the model's context is shorter than a sequence.
   *
   * @throws InputException if it is
   */
  void checkLength(int tokens) {
    if (tokens > config.context()) {
      throw new ContextLengthException(
          "a sequence of "
              + tokens
              + " tokens is longer than the model's context of "
              + config.context()
              + "; shorten the prompt or ask for fewer new tokens");
    }
  }

  /**
   * Reads the pieces' ids into their caches and says what may come after the last id of each.
   *
   * @return logits, [pieces, V], float32, on the model's device; they belong to the enclosing scope
   * @throws InputException if an id is not in the vocabulary
   */
  public Tensor next(List<Piece> pieces) {
    int[] last = new int[pieces.size()];
    int end = 0;
    for (int i = 0; i < last.length; i++) {
      end += pieces.get(i).ids().length;
      last[i] = end - 1;
    }
    try (Scope scope = Scope.open();
        Inference inference = learns ? null : Inference.open()) {
      Tensor places = last.length < end ? device.place(Tensors.of(last)) : null;
      return scope.keep(logits(read(pieces, places)));
    }
  }

  /**
   * Reads the pieces' ids into their caches, where they have some.
   *
   * <p>With weights that are {@linkplain Weights#trained trained} and pieces without caches, the
   * result carries gradients back to them.
   *
   * @return the state after each id, [N, D], for {@link #logits}
   * @throws InputException if an id is not in the vocabulary
   */
  public Tensor read(List<Piece> pieces) {
    return read(pieces, null);
  }

  /** The same, of which the states after some ids are needed alone; null for all. */
  private Tensor read(List<Piece> pieces, @Nullable Tensor places) {
    try (Scope scope = Scope.open()) {
      Passage passage = new Passage(pieces);
      Tensor x = passage.embed();
      for (int i = 0; i < blocks.size() - 1; i++) {
        x = passage.block(i, x);
      }
      x = passage.last(x, places);
      for (Piece piece : pieces) {
        KvCache cache = piece.cache();
        if (cache != null) {
          cache.advance(piece.ids().length);
        }
      }
      return scope.keep(passage.normalize(x));
    }
  }

  /**
   * The way of pieces through the network, part by part, for who needs what lies between: {@link
   * #read} is {@code embed}, every {@code block}, {@code normalize}. What it makes belongs to the
   * enclosing scope, in which it must be used.
   */
  final class Passage {
    private final int[] ids;
    private final Step step;

    /**
     * Begins.
     *
     * @throws InputException if an id is not in the vocabulary
     */
    Passage(List<Piece> pieces) {
      this.ids = pieces.stream().flatMapToInt(piece -> Arrays.stream(piece.ids())).toArray();
      check(ids);
      this.step =
          Step.of(pieces, rotary.at(Step.positions(pieces)), attendsTogether ? device : null);
    }

    /** The ids' vectors, [N, D]. */
    Tensor embed() {
      return embedding.forward(device.place(Tensors.of(ids)));
    }

    /** One block, [N, D] to [N, D]; all but the result is freed. */
    Tensor block(int index, Tensor x) {
      return blocks.get(index).forward(x, step);
    }

    /** The last block, [N, D] to [n, D]: nothing but the needed states is computed to its end. */
    private Tensor last(Tensor x, @Nullable Tensor places) {
      return blocks.get(blocks.size() - 1).forward(x, step.needing(places));
    }

    /** One block, [N, D], to be gone back through by hand or by libtorch. */
    Pass learn(int index, Tensor x, boolean byHand) {
      LlamaBlock block = blocks.get(index);
      return byHand
          ? new BlockPass(block, x, step)
          : new NetworkPart(x, input -> block.forward(input, step));
    }

    /** What the last block gave to states, [N, D], for {@link #logits}. */
    Tensor normalize(Tensor x) {
      return norm.forward(x);
    }
  }

  /** States [N, D] to logits [N, V], float32. */
  public Tensor logits(Tensor states) {
    return head.forward(states).to(DType.F32.scalarType());
  }

  /**
   * Throws unless all ids are in the vocabulary.
   *
   * @throws InputException if one is not
   */
  void check(int... ids) {
    for (int id : ids) {
      if (id < 0 || id >= config.vocabulary()) {
        throw new InputException(
            "id " + id + " is not in the model's vocabulary of " + config.vocabulary());
      }
    }
  }
}
