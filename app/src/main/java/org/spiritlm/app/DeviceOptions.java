package org.spiritlm.app;

import org.spiritlm.torch.Device;
import org.spiritlm.torch.Rendezvous;
import org.spiritlm.torch.Torch;
import picocli.CommandLine.Option;

/** Where a command computes. */
final class DeviceOptions {
  @Option(
      names = "--device",
      paramLabel = "auto|cpu|cuda[:N]",
      description = "Where to compute (default: auto, the first GPU where there is one).")
  String device = "auto";

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads that one operation may use (default: one a core).")
  int threads;

  /**
   * The device, with the threads set for the whole process.
   *
   * @throws org.spiritlm.torch.InputException if there is no such device
   */
  Device open() {
    Torch.threads(threads);
    return Device.parse(device);
  }

  /** The same for one of several processes: cores are divided, and each has a GPU of its own. */
  Device open(Rendezvous place) {
    int share = Runtime.getRuntime().availableProcessors() / place.localSize();
    Torch.threads(threads > 0 ? threads : Math.max(1, share));
    Device named = Device.parse(device);
    return named.kind() == Device.Kind.CPU ? named : Device.parse("cuda:" + place.localRank());
  }
}
