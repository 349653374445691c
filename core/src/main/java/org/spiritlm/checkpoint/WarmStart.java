package org.spiritlm.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.spiritlm.lm.LlamaConfig;
import org.spiritlm.prompt.TaskToken;
import org.spiritlm.text.ExtendedTokenizer;
import org.spiritlm.text.TextTokenizer;
import org.spiritlm.text.Vocabulary;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.TensorSource;

/**
 * A model whose language model knows text and is yet to learn speech, as the paper begins with
 * Llama 2: the speech tokens stand behind its vocabulary, with random vectors, and its rotary base
 * may be raised (to 100,000 in the paper, appendix A). The parts around it are another model's.
 *
 * @param languageModel the directory of a {@code LlamaForCausalLM} with its tokenizer
 * @param speech the model whose parts and speech tokens are taken
 * @param ropeBase base of the rotary frequencies, or null for the model's own
 * @param taskTokens whether the tokens of recognition and synthesis are added, too
 * @param dtype of the language model's tensors, or null for their own
 * @param seed of the new vectors
 */
public record WarmStart(
    Path languageModel,
    ModelDirectory speech,
    @Nullable Double ropeBase,
    boolean taskTokens,
    @Nullable DType dtype,
    long seed) {
  /** Rows of tables are padded to a multiple of this, as in the released models. */
  private static final int VOCABULARY_STEP = 256;

  /** The deviation of new vectors where the model does not say which ones it began with. */
  private static final double DEVIATION = 0.02;

  public WarmStart {
    if (ropeBase != null && (!(ropeBase > 1) || Double.isInfinite(ropeBase))) {
      throw new InputException("a rotary base of " + ropeBase + "; expected a number above 1");
    }
  }

  /**
   * Writes the model.
   *
   * @param target a directory that does not exist or is empty
   * @param progress is told what is being done
   * @return what was written
   * @throws CheckpointException if the language model or a part is missing or damaged
   * @throws InputException if the target exists or cannot be written
   */
  public ModelRecord write(Path target, Consumer<String> progress) {
    if (!Files.isRegularFile(languageModel.resolve(OwnLayout.CONFIG))) {
      throw new CheckpointException(
          languageModel
              + ": holds no config.json; expected the directory of a LlamaForCausalLM with its"
              + " weights and tokenizer");
    }
    ModelLayout layout = speech.layout();
    if (!layout.parts().contains(Part.LM)) {
      throw new CheckpointException(
          speech.path()
              + ": has no language model, of which the speech tokens are taken; expected a whole"
              + " model, such as the command init writes");
    }
    return OwnLayoutWriter.model(
        target,
        layout.variant(),
        List.copyOf(layout.parts()),
        (part, writer) -> {
          if (part == Part.LM) {
            languageModel(writer);
          } else {
            Converter.write(layout, part, writer, null);
          }
        },
        "lm: its owner's (" + name(languageModel) + "); other parts: " + Converter.licence(layout),
        provenance(layout),
        progress);
  }

  private static String name(Path path) {
    return String.valueOf(path.toAbsolutePath().normalize().getFileName());
  }

  private Map<String, String> provenance(ModelLayout layout) {
    Map<String, String> provenance = new LinkedHashMap<>(Converter.provenance(layout, null));
    provenance.keySet().removeAll(Set.of("tokenizer", "preset")); // of the language model
    provenance.put(
        "lm", "weights of " + name(languageModel) + ", vectors of the speech tokens random");
    provenance.put("seed", Long.toString(seed));
    return provenance;
  }

  /** The tokens that the vocabulary gets. */
  private List<String> tokens() {
    Vocabulary known =
        Vocabulary.of(
            speech.textTokenizer(),
            LlamaConfig.read(
                    ConfigFile.read(speech.languageModelDirectory().resolve(OwnLayout.CONFIG)))
                .vocabulary());
    List<String> tokens =
        new ArrayList<>(
            Vocabulary.tokens(known.hubert().size(), known.pitch().size(), known.style().size()));
    if (taskTokens) {
      tokens.addAll(TaskToken.pieces());
    }
    return tokens;
  }

  private void languageModel(OwnLayoutWriter writer) throws IOException {
    Path lm = writer.part(Part.LM);
    ConfigFile file = ConfigFile.read(languageModel.resolve(OwnLayout.CONFIG));
    LlamaConfig before = LlamaConfig.read(file);
    int added = ExtendedTokenizer.write(languageModel, lm, tokens(), before.context());
    TextTokenizer tokenizer = TextTokenizer.open(lm);
    int size = tokenizer.size();
    Vocabulary.of(tokenizer, size); // speech tokens of its own may be out of order
    int kept = size - added;
    if (kept > before.vocabulary()) {
      throw new CheckpointException(
          languageModel
              + ": its tokenizer has "
              + kept
              + " ids and its tables have "
              + before.vocabulary()
              + " rows; they do not belong together");
    }
    LlamaConfig sizes =
        before
            .withVocabulary(Math.max(before.vocabulary(), padded(size)))
            .withRopeBase(ropeBase == null ? before.ropeBase() : ropeBase);
    ObjectNode config = file.node().deepCopy();
    config.remove(List.of("rope_parameters", "rope_scaling")); // which sizes say in their own way
    config.setAll(sizes.json());
    if (dtype != null) {
      config.remove("dtype"); // the newer name
    }
    Path generation = languageModel.resolve(OwnLayout.GENERATION);
    if (Files.exists(generation)) {
      Files.copy(generation, lm.resolve(OwnLayout.GENERATION));
    }
    TensorSource extended =
        new ExtendedSource(
            Converter.languageModel(languageModel),
            before,
            new ExtendedSource.Rows(
                kept, sizes.vocabulary(), file.number("initializer_range", DEVIATION), seed));
    writer.languageModel(config, extended, dtype);
  }

  private static int padded(int size) {
    return (size + VOCABULARY_STEP - 1) / VOCABULARY_STEP * VOCABULARY_STEP;
  }
}
