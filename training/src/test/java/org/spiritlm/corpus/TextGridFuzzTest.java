package org.spiritlm.corpus;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.spiritlm.torch.Fuzzing;

class TextGridFuzzTest {
  @Test
  void anythingIsReadOrRefused() throws IOException, InterruptedException {
    Fuzzing.run(TextGridFuzz.class, Path.of("src", "test", "resources", "textgrid"));
  }
}
