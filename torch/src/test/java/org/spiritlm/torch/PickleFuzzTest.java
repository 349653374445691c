package org.spiritlm.torch;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class PickleFuzzTest {
  @Test
  void anythingIsReadOrRefused() throws IOException, InterruptedException {
    Fuzzing.run(PickleFuzz.class, Fixtures.path("pickle"));
  }
}
