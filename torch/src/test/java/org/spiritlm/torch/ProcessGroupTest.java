package org.spiritlm.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What processes exchange is what a sum over all of them gives. */
final class ProcessGroupTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void exchanges(int size) {
    List<Integer> ranks =
        TogetherRanks.run(
            size,
            group -> {
              int rank = group.rank();
              assertThat(group.size()).isEqualTo(size);
              float sum = size * (size + 1) / 2f;

              Tensor all = Tensors.of(new float[] {rank + 1, 10 * (rank + 1)});
              group.allReduce(all).await();
              assertThat(Tensors.floats(all)).containsExactly(sum, 10 * sum);

              float[] counted = new float[2 * size];
              for (int i = 0; i < counted.length; i++) {
                counted[i] = (float) i * (rank + 1);
              }
              Tensor scattered = Tensors.of(counted);
              group.reduceScatter(scattered).await();
              assertThat(Tensors.floats(group.share(scattered)))
                  .containsExactly(2f * rank * sum, (2f * rank + 1) * sum);

              Tensor gathered = Tensors.zeros(DType.F32, 2L * size);
              group.share(gathered).fill_(Tensors.scalar(rank + 0.5));
              group.allGather(gathered).await();
              for (int i = 0; i < size; i++) {
                assertThat(Tensors.floats(gathered)[2 * i + 1]).isEqualTo(i + 0.5f);
              }

              Tensor one = Tensors.of(new long[] {rank + 7L});
              group.broadcast(one, size - 1).await();
              assertThat(Tensors.longs(one)).containsExactly(size + 6L);

              assertThat(group.sum(1, 1L << 40)).containsExactly(size, (double) size * (1L << 40));
              group.barrier();
              return rank;
            });
    assertThat(ranks).isSorted().hasSize(size);
  }

  @Test
  void aProcessThatIsAloneExchangesNothing() {
    try (ProcessGroup alone = ProcessGroup.alone()) {
      Tensor tensor = Tensors.of(new float[] {1, 2});
      alone.allReduce(tensor).await();
      alone.broadcast(tensor, 0).await();
      assertThat(Tensors.floats(alone.share(tensor))).containsExactly(1, 2);
      assertThat(alone.sum(3)).containsExactly(3);
    }
  }

  @Test
  void theOthersSeeThatOneEnded() {
    List<Boolean> lost =
        TogetherRanks.run(
            3,
            group -> {
              group.barrier();
              if (group.rank() == 1) {
                return false; // and closes its connections
              }
              assertThatThrownBy(() -> group.allReduce(Tensors.zeros(DType.F32, 4)).await())
                  .isInstanceOf(LostRankException.class)
                  .hasMessageContaining("rank " + group.rank() + " of 3 lost another one");
              return true;
            });
    assertThat(lost).containsExactly(true, false, true);
  }

  @Test
  void whoMeetsNobodySaysSo() {
    Rendezvous place = TogetherRanks.place(0, 2, TogetherRanks.freePort());
    assertThatThrownBy(() -> ProcessGroup.join(place, Device.CPU, Duration.ofMillis(500)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("rank 0 of 2 did not meet the others at 127.0.0.1:")
        .hasMessageContaining("see that all were started");
    assertThatThrownBy(
            () ->
                ProcessGroup.join(
                    new Rendezvous(0, 2, 0, 1, "no-such-machine.invalid", 29500),
                    Device.CPU,
                    Duration.ofMillis(500)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("MASTER_ADDR no-such-machine.invalid");
  }

  @Test
  void aPortInUseIsNamed() throws IOException {
    try (ServerSocket taken = new ServerSocket(0)) {
      Rendezvous place = TogetherRanks.place(0, 2, taken.getLocalPort());
      assertThatThrownBy(() -> ProcessGroup.join(place, Device.CPU, Duration.ofSeconds(5)))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("MASTER_PORT " + taken.getLocalPort() + " is in use");
    }
  }

  @Test
  void aRankThatIsThereTwiceIsRefused() {
    int port = TogetherRanks.freePort();
    List<String> messages =
        Stream.of(0, 1, 1)
            .map(
                rank ->
                    CompletableFuture.supplyAsync(
                        () -> refusal(TogetherRanks.place(rank, 3, port)),
                        command -> new Thread(command).start()))
            .toList()
            .stream()
            .map(CompletableFuture::join)
            .toList();
    assertThat(messages)
        .anyMatch(
            message -> message.contains("another process with RANK 1 is at 127.0.0.1:" + port));
    assertThat(messages).doesNotContain("joined");
  }

  private static String refusal(Rendezvous place) {
    try (ProcessGroup group = ProcessGroup.join(place, Device.CPU, Duration.ofSeconds(2))) {
      return "joined";
    } catch (InputException e) {
      return String.valueOf(e.getMessage());
    }
  }
}
