package org.spiritlm.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.lm.LlamaConfig;
import org.spiritlm.lm.RopeScaling;
import org.spiritlm.prompt.TaskToken;
import org.spiritlm.text.NewTokenizer;
import org.spiritlm.text.TextTokenizer;
import org.spiritlm.text.Vocabulary;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.TensorFiles;
import org.spiritlm.torch.TensorSource;
import org.spiritlm.torch.Tensors;

/** A model that begins with another knows what that knows, wherever a token has got to. */
class FreshLanguageModelTest {
  private static final String TABLE = "model.embed_tokens.weight";

  @TempDir private Path folder;

  private static LlamaConfig sizes(int width) {
    return new LlamaConfig(
        1, width, 2, 4, 4, 8, 48, 1e-5, 1e5, new RopeScaling.None(), 64, true, false, false);
  }

  /** Those of tasks stand behind all others, wherever that is. */
  private static List<String> tokens(int units, int pitch, int style) {
    List<String> tokens = new ArrayList<>(Vocabulary.tokens(units, pitch, style));
    tokens.addAll(TaskToken.pieces());
    return tokens;
  }

  private Path write(String name, FreshLanguageModel model) {
    Path directory = folder.resolve(name);
    model.write(directory);
    return directory;
  }

  @Test
  void whatBothHaveIsTakenOver() {
    NewTokenizer few = NewTokenizer.small(tokens(20, 0, 0));
    NewTokenizer many = NewTokenizer.small(tokens(20, 8, 4));
    Path base = write("base", new FreshLanguageModel(sizes(32), few, 1, DType.F32, null));
    Path alone = write("alone", new FreshLanguageModel(sizes(32), many, 2, DType.F32, null));
    Path begun = write("begun", new FreshLanguageModel(sizes(32), many, 2, DType.F32, base));
    TextTokenizer known = TextTokenizer.open(base);
    TextTokenizer tokens = TextTokenizer.open(begun);
    TensorSource before = TensorFiles.open(base);
    TensorSource after = TensorFiles.open(begun);
    TensorSource fresh = TensorFiles.open(alone);
    assertThat(after.names()).isEqualTo(before.names());
    try (Scope scope = Scope.open()) {
      for (String name : before.names()) {
        if (!name.equals(TABLE)) {
          assertThat(Tensors.floats(after.load(name))).isEqualTo(Tensors.floats(before.load(name)));
        }
      }
      Tensor table = after.load(TABLE);
      assertThat(tokens.size()).isEqualTo(known.size() + 12);
      int moved = 0;
      for (int id = 0; id < tokens.size(); id++) {
        int was = known.id(tokens.piece(id)).orElse(-1);
        moved += was >= 0 && was != id ? 1 : 0;
        float[] expected = was >= 0 ? row(before.load(TABLE), was) : row(fresh.load(TABLE), id);
        assertThat(row(table, id)).as(tokens.piece(id)).isEqualTo(expected);
      }
      assertThat(moved).as("tokens whose id differs").isPositive();
    }
  }

  private static float[] row(Tensor table, int id) {
    int width = (int) table.size(1);
    return Arrays.copyOfRange(Tensors.floats(table), id * width, (id + 1) * width);
  }

  @Test
  void otherSizesAreRefused() {
    NewTokenizer tokenizer = NewTokenizer.small(List.of());
    Path base = write("base", new FreshLanguageModel(sizes(32), tokenizer, 1, DType.F32, null));
    FreshLanguageModel wider = new FreshLanguageModel(sizes(64), tokenizer, 1, DType.F32, base);
    assertThatThrownBy(() -> wider.write(folder.resolve("wider")))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining(TABLE)
        .hasMessageContaining("give both the same sizes");
  }
}
