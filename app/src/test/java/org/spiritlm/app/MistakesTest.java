package org.spiritlm.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.InvalidPathException;
import org.junit.jupiter.api.Test;

class MistakesTest {

  @Test
  void aGpuThatIsTooSmallIsTheUsersToChange() {
    Throwable full =
        new RuntimeException(
            "CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 8 GiB.\n"
                + "Exception raised from malloc at CUDACachingAllocator.cpp:1\nframe #0: c10::Error");
    assertThat(Mistakes.explain(full))
        .isEqualTo(
            "CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 8 GiB."
                + " Use --device cpu, --dtype bf16, or ask for less at a time.");
  }

  @Test
  void aNameThatTheSystemCannotHaveIsTheUsersToChange() {
    assertThat(Mistakes.explain(new InvalidPathException("caf?", "Malformed input")))
        .contains("'caf?' is no name of a file here: Malformed input", "locale");
  }

  @Test
  void otherFailuresOfLibtorchAreThePrograms() {
    assertThat(Mistakes.explain(new RuntimeException("CUDA error: unspecified"))).isNull();
    assertThat(Mistakes.explain(new RuntimeException())).isNull();
  }
}
