package org.spiritlm.torch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.pytorch.Tensor;

/** What Linux says of this process's memory. */
final class SystemMemory {
  static final long MEBIBYTE = 1 << 20;

  private SystemMemory() {}

  /** Resident memory in bytes. */
  static long resident() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
      }
    }
    throw new IOException("/proc/self/status has no VmRSS");
  }

  /** Whether a tensor's first byte lies in a mapping of a file. */
  static boolean maps(Path file, Tensor tensor) throws IOException {
    long address = tensor.data_ptr().address();
    for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
      if (line.endsWith(" " + file.toRealPath())) {
        String[] range = line.substring(0, line.indexOf(' ')).split("-", 2);
        if (Long.compareUnsigned(address, Long.parseUnsignedLong(range[0], 16)) >= 0
            && Long.compareUnsigned(address, Long.parseUnsignedLong(range[1], 16)) < 0) {
          return true;
        }
      }
    }
    return false;
  }
}
