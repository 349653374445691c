package org.spiritlm.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.app.ModelPlace.Variant;
import org.spiritlm.torch.InputException;

/** What is named comes before what the environment says, and that before what comes along. */
final class ModelPlaceTest {
  private static final String HOME = "spiritlm.home";

  @TempDir private Path home;
  private String before;

  @BeforeEach
  void moveHome() {
    before = System.getProperty(HOME, "");
    System.setProperty(HOME, home.toString());
  }

  @AfterEach
  void moveBack() {
    if (before.isEmpty()) {
      System.clearProperty(HOME);
    } else {
      System.setProperty(HOME, before);
    }
  }

  @Test
  void theFirstThatIsSaidIsTaken() throws IOException {
    assertThatThrownBy(() -> ModelPlace.find(null, null, null))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no model: give --model");
    Path second = Files.createDirectories(home.resolve("models/tiny-base"));
    assertThat(ModelPlace.find(null, null, null)).isEqualTo(second);
    assertThat(ModelPlace.besideStandard(null)).isEmpty();
    Path standard = Files.createDirectories(home.resolve("models/tiny-expressive"));
    Path other = Files.createDirectories(home.resolve("models/other"));
    Path checkpoints = Files.createDirectories(home.resolve("checkpoints"));
    assertThat(ModelPlace.find(null, null, null)).isEqualTo(standard);
    assertThat(ModelPlace.find(null, Variant.BASE, null)).isEqualTo(second);
    assertThat(ModelPlace.find(null, Variant.EXPRESSIVE, null)).isEqualTo(standard);
    assertThat(ModelPlace.besideStandard(null)).containsExactly(second);
    assertThat(ModelPlace.besideStandard(checkpoints.toString())).isEmpty();
    assertThat(ModelPlace.find(null, null, checkpoints.toString())).isEqualTo(checkpoints);
    assertThat(ModelPlace.find("other", null, checkpoints.toString())).isEqualTo(other);
    assertThat(ModelPlace.find(checkpoints.toString(), null, null)).isEqualTo(checkpoints);
    assertThatThrownBy(() -> ModelPlace.find("../checkpoints", null, null))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("neither a directory nor a bundled model");
    assertThatThrownBy(() -> ModelPlace.find("", null, null)).hasMessageContaining("is empty");
    Path file = Files.createFile(home.resolve("spiritlm.json"));
    assertThatThrownBy(() -> ModelPlace.find(file.toString(), null, null))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("spiritlm.json is a file; expected a model's directory");
  }
}
