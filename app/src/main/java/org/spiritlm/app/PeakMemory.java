package org.spiritlm.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * The most memory that this process holds at once, as Linux counts it ({@code VmHWM} of {@code
 * /proc/self/status}): the JVM, libtorch and everything else, mapped files included.
 */
final class PeakMemory {
  private static final Path FORGET = Path.of("/proc/self/clear_refs");
  private static final Path STATUS = Path.of("/proc/self/status");

  /** What makes Linux begin anew to look for the most. */
  private static final String FORGET_PEAK = "5";

  private PeakMemory() {}

  /** Watches from here on; what is held already counts, what was held before does not. */
  static PeakMemory watch() {
    try {
      Files.writeString(FORGET, FORGET_PEAK);
    } catch (IOException e) {
      // another system, or not allowed: the most since the process began, or nothing, is known
    }
    return new PeakMemory();
  }

  /** Bytes, or nothing on systems that do not say. */
  OptionalLong bytes() {
    try {
      for (String line : Files.readAllLines(STATUS)) {
        if (line.startsWith("VmHWM:")) {
          return OptionalLong.of(Long.parseLong(line.replaceAll("[^0-9]", "")) << 10);
        }
      }
    } catch (IOException e) {
      // another system
    }
    return OptionalLong.empty();
  }
}
