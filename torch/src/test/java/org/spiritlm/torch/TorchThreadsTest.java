package org.spiritlm.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One thread's operations can be kept to it, which changes nothing for others or for later. */
final class TorchThreadsTest {
  private int before;

  @BeforeEach
  void useThree() {
    before = Torch.threads();
    Torch.threads(3);
  }

  @AfterEach
  void useAsMany() {
    Torch.threads(before);
  }

  @Test
  void onlyTheCallersOperationsAreKeptToOneThread() {
    CompletableFuture<Integer> beside = new CompletableFuture<>();
    int within =
        Torch.onOneThread(
            () -> {
              new Thread(() -> beside.complete(Torch.threads())).start();
              beside.join();
              return Torch.threads();
            });
    assertThat(within).isEqualTo(1);
    assertThat(beside.join()).isEqualTo(3);
    assertThat(Torch.threads()).isEqualTo(3);
  }

  @Test
  void aFailureAndAnInnerUseChangeNothing() {
    assertThatThrownBy(
            () ->
                Torch.onOneThread(
                    () -> {
                      assertThat(Torch.<Integer>onOneThread(Torch::threads)).isEqualTo(1);
                      assertThat(Torch.threads()).isEqualTo(1);
                      throw new IllegalStateException("meant");
                    }))
        .hasMessage("meant");
    assertThat(Torch.threads()).isEqualTo(3);
  }

  @Test
  void someWorkWithinUsesAllThreadsAgain() {
    Torch.onOneThread(
        () -> {
          assertThat(Torch.<Integer>onAllThreads(Torch::threads)).isEqualTo(3);
          assertThat(Torch.threads()).isEqualTo(1);
          return true;
        });
    assertThat(Torch.<Integer>onAllThreads(Torch::threads)).isEqualTo(3);
  }
}
