package org.spiritlm.app.bench;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.Scope;

/** What the machine itself can do. */
public final class MachineBenchmarks {
  /** How fast memory is read (GB/s): what others can be compared with. */
  public static final String READ_BANDWIDTH = "read-bandwidth";

  private static final long BYTES = 1L << 30;

  /** How often they are read in a round: once takes so little time that anything else shows. */
  private static final int READS = 8;

  private MachineBenchmarks() {}

  /** How fast a device's memory is read: the sum of more float32 numbers than any cache holds. */
  public static List<Benchmark> all(Device device) {
    return List.of(
        new Benchmark(
            READ_BANDWIDTH,
            "GB/s",
            () -> {
              Tensor numbers;
              try (Scope scope = Scope.open()) {
                numbers = Scope.detach(device.place(torch.ones(BYTES / Float.BYTES)));
              }
              return (round, clock) -> {
                for (int read = 0; read < READS; read++) {
                  try (Scope scope = Scope.open()) {
                    if (numbers.sum().item_float() < 1) {
                      throw new IllegalStateException("a sum of ones is " + numbers.sum());
                    }
                  }
                }
                return READS * BYTES / 1e9;
              };
            }));
  }
}
