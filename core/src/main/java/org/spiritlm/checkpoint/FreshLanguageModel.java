package org.spiritlm.checkpoint;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.spiritlm.lm.LlamaConfig;
import org.spiritlm.lm.LlamaModel;
import org.spiritlm.text.NewTokenizer;
import org.spiritlm.text.TextTokenizer;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.FreshTensors;
import org.spiritlm.torch.TensorSource;

/**
 * A language model that is yet to be trained, with its tokenizer; random, or what another has
 * learnt for the tokens that both have.
 *
 * @param sizes all but the vocabulary's, which is the tokenizer's, padded
 * @param tokenizer text and speech tokens
 * @param seed of all random values
 * @param dtype of the tensors
 * @param known the directory of a {@code LlamaForCausalLM} of the same sizes to begin with, or null
 */
public record FreshLanguageModel(
    LlamaConfig sizes, NewTokenizer tokenizer, long seed, DType dtype, @Nullable Path known) {
  /** The released vocabularies are padded to a multiple of this: 32512 and 32768. */
  private static final int VOCABULARY_STEP = 256;

  /**
   * Writes it as Hugging Face's {@code LlamaForCausalLM}.
   *
   * @param target a directory that does not exist or is empty
   * @throws org.spiritlm.torch.InputException if the target exists or cannot be written
   * @throws org.spiritlm.torch.CheckpointException if the known model has other sizes
   */
  public void write(Path target) {
    Directories.write(
        target, directory -> write(OwnLayoutWriter.ofOnePart(directory), written -> {}));
  }

  /**
   * Writes it among other parts.
   *
   * @param check takes the tokenizer before there are weights
   */
  void write(OwnLayoutWriter writer, Consumer<TextTokenizer> check) throws IOException {
    Path lm = writer.part(Part.LM);
    tokenizer.write(lm, sizes.context());
    TextTokenizer written = TextTokenizer.open(lm);
    check.accept(written);
    LlamaConfig padded = sizes.withVocabulary(padded(written.size()));
    ObjectNode ends = JsonNodeFactory.instance.objectNode();
    ends.put("bos_token_id", written.start().orElseThrow());
    ends.put("eos_token_id", written.end().orElseThrow());
    OwnLayoutWriter.json(lm.resolve(OwnLayout.GENERATION), ends);
    ObjectNode config = padded.json();
    config.setAll(ends);
    TensorSource fresh = tensors(padded, seed);
    writer.languageModel(config, known == null ? fresh : continued(known, fresh, written), dtype);
  }

  private static TensorSource continued(Path known, TensorSource fresh, TextTokenizer tokenizer) {
    return new ContinuedSource(
        Converter.languageModel(known),
        fresh,
        ContinuedSource.rows(tokenizer, TextTokenizer.open(known)));
  }

  /** Random weights for sizes. */
  static TensorSource tensors(LlamaConfig sizes, long seed) {
    return FreshTensors.of(seed, weights -> new LlamaModel(weights, sizes));
  }

  private static int padded(int size) {
    return (size + VOCABULARY_STEP - 1) / VOCABULARY_STEP * VOCABULARY_STEP;
  }
}
