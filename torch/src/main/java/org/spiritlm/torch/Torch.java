package org.spiritlm.torch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.Float32Backend;
import org.bytedeco.pytorch.global.torch.Float32Op;
import org.bytedeco.pytorch.global.torch.Float32Precision;

/**
 * Loads libtorch with the settings this project needs; every class that touches a tensor calls
 * {@link #start} first.
 */
public final class Torch {
  private static final String BLAS = "org.bytedeco.openblas.load";

  private static final boolean STARTED = load();

  private static volatile Precision precision = Precision.FULL;

  /** How many threads the calling one's operations used before it was held to one. */
  private static final ThreadLocal<Integer> BEFORE = new ThreadLocal<>();

  /** Sets what holds for threads other than the caller's. */
  private static final Executor OTHER =
      Executors.newSingleThreadExecutor(
          work -> {
            Thread thread = new Thread(work, "spiritlm-torch-threads");
            thread.setDaemon(true);
            return thread;
          });

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

  /** Whether the processor has instructions with which products in bfloat16 are fast: AVX-512. */
  public static boolean hasFastBfloat16() {
    start();
    return torch.get_cpu_capability().getString().equals("AVX512");
  }

  /**
   * Does something whose operations use only the calling thread: what is computed beside it is not
   * held up, as it would be where more threads compute than there are cores. To begin takes some
   * tens of microseconds, and longer where cores are busy, but within another such call.
   */
  public static <T> T onOneThread(Supplier<T> work) {
    start();
    int count = torch.get_num_threads();
    if (count <= 1) {
      return work.get();
    }
    limit(1, count);
    BEFORE.set(count);
    try {
      return work.get();
    } finally {
      BEFORE.remove();
      limit(count, count);
    }
  }

  /**
   * Within {@link #onOneThread}, does something whose operations use as many threads as before it.
   */
  public static <T> T onAllThreads(Supplier<T> work) {
    Integer count = BEFORE.get();
    if (count == null) {
      return work.get();
    }
    BEFORE.remove();
    limit(count, count);
    try {
      return work.get();
    } finally {
      limit(1, count);
      BEFORE.set(count);
    }
  }

  /**
   * Sets how many threads operations of the calling thread may use. libtorch keeps that number a
   * thread, but sets those of the whole process with it, which another thread sets back; one whose
   * first operation falls into the few microseconds in between stays at that number.
   */
  private static synchronized void limit(int ofThisThread, int ofOthers) {
    torch.set_num_threads(ofThisThread);
    if (ofThisThread != ofOthers) {
      CompletableFuture.runAsync(() -> torch.set_num_threads(ofOthers), OTHER).join();
    }
  }

  /** How products of float32 matrices are computed. */
  public enum Precision {
    /** In float32. */
    FULL("highest"),
    /** In bfloat16, summed in float32, where the processor has instructions for it. */
    BFLOAT16("medium");

    private final String key;

    Precision(String key) {
      this.key = key;
    }
  }

  /** Sets how products of float32 matrices are computed, for the whole process. */
  public static void precision(Precision wanted) {
    start();
    torch.globalContext().setFloat32MatmulPrecision(wanted.key);
    precision = wanted;
  }

  /** How products of float32 matrices are computed. */
  public static Precision precision() {
    return precision;
  }

  /** The version of libtorch with that of its Java binding, such as {@code 2.10.0-1.5.13}. */
  public static String version() {
    start();
    try {
      return Loader.getVersion("org.bytedeco", "pytorch");
    } catch (IOException e) {
      return "unknown";
    }
  }

  /** The instruction set that libtorch's own kernels are chosen for, such as {@code AVX512}. */
  public static String cpuCapability() {
    start();
    return torch.get_cpu_capability().getString();
  }

  /** The library that multiplies matrices in this process: {@code mkl} or {@code openblas}. */
  public static String blas() {
    start();
    Path mappings = Path.of("/proc/self/maps");
    if (Files.isReadable(mappings)) {
      try {
        return Files.readString(mappings).contains("/libmkl_core") ? "mkl" : "openblas";
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return System.getProperty(BLAS, "openblas");
  }

  private static boolean load() {
    // Mapped weights count as this process's memory; JavaCPP's own limit (four heaps) would stop a
    // 7B model.
    setDefault("org.bytedeco.javacpp.maxPhysicalBytes", "0");
    setDefault("org.bytedeco.javacpp.maxBytes", "0");
    if (hasMkl()) {
      setDefault(BLAS, "mkl");
    }
    FoundLibraries.keep();
    Loader.load(torch.class);
    settleGpu();
    return true;
  }

  /**
   * Float32 is float32 on a GPU too: cuDNN would round what convolutions read to 10 bits. And
   * attention leaves out cuDNN, which plans anew for every length, so for every token.
   */
  private static void settleGpu() {
    Context context = torch.globalContext();
    context.setFloat32Precision(Float32Backend.CUDA, Float32Op.CONV, Float32Precision.IEEE);
    context.setSDPUseCuDNN(false);
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
