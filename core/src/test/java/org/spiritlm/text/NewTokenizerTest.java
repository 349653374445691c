package org.spiritlm.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.Golden;
import org.spiritlm.torch.CheckpointException;

class NewTokenizerTest {
  private static final List<String> SPEECH = Vocabulary.tokens(501, 64, 100);

  @TempDir Path folder;

  @Test
  void everyPieceIsReachedAndSpeechTokensFollowTheText() throws IOException {
    TextTokenizer tokenizer = small(folder);
    Vocabulary vocabulary = Vocabulary.of(tokenizer, 1280);

    assertThat(vocabulary.text()).containsExactly(new IdRange(0, 512));
    assertThat(vocabulary.pitch()).isEqualTo(new IdRange(1015, 1079));
    assertThat(vocabulary.style()).isEqualTo(new IdRange(1079, 1179));
    assertThat(vocabulary.start()).hasValue(1);
    assertThat(vocabulary.end()).hasValue(2);
    for (int id = 3 + 256; id < tokenizer.size(); id++) {
      String piece = tokenizer.piece(id);
      // behind a letter with which nothing is merged there is no blank of the tokenizer's
      int[] ids = tokenizer.encode("~" + piece.replace('▁', ' '), false);
      assertThat(ids[ids.length - 1]).as(piece).isEqualTo(id);
      assertThat(ids).as(piece).hasSize(3);
    }
    assertThat(tokenizer.encode("they said", true)).hasSize(3);
  }

  @Test
  void anExistingModelIsExtendedInTheOrderOfTheReleasedOnes() throws IOException {
    Path before = Golden.path("checkpoints/extra/tokenizer_added_tokens/base");
    NewTokenizer.extending(before, SPEECH).write(folder, 4096);
    SentencePieceModel extended = SentencePieceModel.read(folder.resolve("tokenizer.model"));
    SentencePieceModel released =
        SentencePieceModel.read(
            Golden.path("checkpoints/spiritlm_model/spirit-lm-expressive-7b/tokenizer.model"));

    assertThat(extended.pieces()).isEqualTo(released.pieces());
    TextTokenizer tokenizer = TextTokenizer.open(folder);
    assertThat(tokenizer.size()).isEqualTo(32_667);

    NewTokenizer.extending(folder, SPEECH).write(folder, 4096);
    assertThat(TextTokenizer.open(folder).size()).isEqualTo(32_667);
  }

  @Test
  void whatIsNoTokenizerIsRefused() throws IOException {
    Path file = folder.resolve("tokenizer.model");
    assertThatThrownBy(() -> NewTokenizer.extending(folder, SPEECH))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("tokenizer.model: no such file");
    NewTokenizer.small(SPEECH).write(folder, 4096);
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(whole, whole.length / 2));
    assertThatThrownBy(() -> NewTokenizer.extending(file, SPEECH))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("SentencePiece model");
    SentencePieceWriter onlyUnknown = new SentencePieceWriter(new byte[0], 0);
    onlyUnknown.piece("<unk>", SentencePieceModel.PieceType.UNKNOWN, 0);
    Files.write(file, onlyUnknown.finish());
    assertThatThrownBy(() -> NewTokenizer.extending(file, SPEECH))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("no piece <s>");
    assertThatThrownBy(() -> NewTokenizer.extending(Path.of("/dev/zero"), SPEECH))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("expected a SentencePiece model, a file");
  }

  /** Everything but the blank's own letter, which stands for a blank, and halves of characters. */
  @Property(tries = 300)
  void anyTextComesBack(@ForAll String text) throws IOException {
    String whole = text.replace('▁', '_').replaceAll("\\p{Cs}", "?");
    String marked = "x" + whole; // a leading blank is the tokenizer's
    assertThat(Shared.TOKENIZER.decode(Shared.TOKENIZER.encode(marked))).isEqualTo(marked);
  }

  /** One for all tries. */
  private static final class Shared {
    static final TextTokenizer TOKENIZER = make();

    private static TextTokenizer make() {
      try {
        Path folder = Files.createTempDirectory("tokenizer");
        TextTokenizer tokenizer = small(folder);
        for (String name :
            List.of("tokenizer.model", "tokenizer_config.json", "special_tokens_map.json")) {
          Files.delete(folder.resolve(name));
        }
        Files.delete(folder);
        return tokenizer;
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
  }

  private static TextTokenizer small(Path folder) throws IOException {
    NewTokenizer.small(SPEECH).write(folder, 4096);
    return TextTokenizer.open(folder);
  }
}
