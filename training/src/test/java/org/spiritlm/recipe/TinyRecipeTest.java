package org.spiritlm.recipe;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.torch.Device;

/** The whole recipe, with little of each stage. */
final class TinyRecipeTest {
  @TempDir private Path directory;

  @Test
  void makesModelsThatSpeakAndWrite() throws Exception {
    List<String> lines = new ArrayList<>();
    TinyRecipe recipe =
        new TinyRecipe(directory.resolve("out"), null, TinyRecipe.settings(true), Device.CPU);
    TinyRecipe.Result result = recipe.run(lines::add);
    assertThat(result.finished()).isTrue();
    assertThat(result.models()).hasSize(2);
  }
}
