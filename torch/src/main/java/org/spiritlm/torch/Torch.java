package org.spiritlm.torch;

import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.global.torch;

/**
 * Loads libtorch with the settings this project needs; every class that touches a tensor calls
 * {@link #start} first.
 */
public final class Torch {
  private static final boolean STARTED = load();

  private Torch() {}

  /** Loads the native libraries once; later calls cost nothing. */
  public static void start() {
    if (!STARTED) {
      throw new IllegalStateException("libtorch is not loaded");
    }
  }

  /**
   * Sets how many threads one operation may use, for the whole process; 0 leaves libtorch's own
   * choice.
   */
  public static void threads(int count) {
    start();
    if (count < 0) {
      throw new InputException("--threads must be 0 or more, found " + count);
    }
    if (count > 0) {
      torch.set_num_threads(count);
    }
  }

  /** The number of threads that one operation may use. */
  public static int threads() {
    start();
    return torch.get_num_threads();
  }

  private static boolean load() {
    // Mapped weights count as this process's memory; JavaCPP's own limit (four heaps) would stop a
    // 7B model.
    setDefault("org.bytedeco.javacpp.maxPhysicalBytes", "0");
    setDefault("org.bytedeco.javacpp.maxBytes", "0");
    if (hasMkl()) {
      setDefault("org.bytedeco.openblas.load", "mkl");
    }
    Loader.load(torch.class);
    return true;
  }

  private static void setDefault(String key, String value) {
    if (System.getProperty(key) == null) {
      System.setProperty(key, value);
    }
  }

  /** Whether Intel MKL is on the class path for this platform. */
  static boolean hasMkl() {
    return Torch.class.getResource("/org/bytedeco/mkl/" + Loader.getPlatform() + "/") != null;
  }
}
