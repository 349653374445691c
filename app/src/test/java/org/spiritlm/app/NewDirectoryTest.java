package org.spiritlm.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.torch.InputException;

/** A directory that replaces another, also after a run that was killed on the way. */
final class NewDirectoryTest {
  @TempDir private Path folder;

  private static Path made(Path directory, String content) {
    try {
      Files.createDirectories(directory);
      return Files.writeString(directory.resolve("mark"), content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private NewDirectory output(boolean force) {
    NewDirectory output = new NewDirectory("mark", "thing");
    output.directory = folder.resolve("out");
    output.force = force;
    return output;
  }

  private static void fill(NewDirectory output, boolean beside, Consumer<Path> writer) {
    if (beside) {
      output.fillBeside(writer);
    } else {
      output.fill(writer);
    }
  }

  private List<String> left() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatAKilledRunWasReplacingIsPutBack(boolean beside) throws IOException {
    made(folder.resolve(".out.1a2b.old"), "old");
    made(folder.resolve(".other.1a2b.old"), "another's");
    assertThatThrownBy(() -> ModelPlace.find(folder.resolve("out").toString()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("was being replaced")
        .hasMessageContaining(folder.resolve(".out.1a2b.old").toString());

    assertThatThrownBy(() -> fill(output(false), beside, next -> made(next, "new")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("--force");
    assertThat(folder.resolve("out/mark")).hasContent("old");
    assertThat(left()).containsExactly(".other.1a2b.old", "out");

    fill(output(true), beside, next -> made(next, "new"));
    assertThat(folder.resolve("out/mark")).hasContent("new");
    assertThat(left()).containsExactly(".other.1a2b.old", "out");
  }

  @Test
  void whatAKilledRunDidNotComeToRemoveIsRemoved() throws IOException {
    made(folder.resolve("out"), "new");
    made(folder.resolve(".out.1a2b.old"), "old");
    assertThatThrownBy(() -> output(false).fill(next -> made(next, "newer")))
        .isInstanceOf(InputException.class);
    assertThat(folder.resolve("out/mark")).hasContent("new");
    assertThat(left()).containsExactly("out");
  }

  @Test
  void theOldOneIsBackWhereTheNewOneCannotBeMoved() throws IOException {
    made(folder.resolve("out"), "old");
    assertThatThrownBy(() -> output(true).fill(next -> {}))
        .isInstanceOf(UncheckedIOException.class);
    assertThat(folder.resolve("out/mark")).hasContent("old");
    assertThat(left()).containsExactly("out");
  }
}
