package org.spiritlm.prompt;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.spiritlm.torch.Fuzzing;

class PromptFuzzTest {
  @Test
  void anythingIsReadOrRefused() throws IOException, InterruptedException, URISyntaxException {
    Path seeds = Path.of(Objects.requireNonNull(getClass().getResource("/prompt")).toURI());
    Fuzzing.run(PromptFuzz.class, seeds);
  }
}
