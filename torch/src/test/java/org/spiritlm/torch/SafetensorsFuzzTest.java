package org.spiritlm.torch;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class SafetensorsFuzzTest {
  @Test
  void anythingIsReadOrRefused() throws IOException, InterruptedException {
    Fuzzing.run(SafetensorsFuzz.class, Fixtures.path("safetensors"));
  }
}
