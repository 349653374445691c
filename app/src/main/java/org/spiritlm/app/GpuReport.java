package org.spiritlm.app;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.global.torch;

/**
 * What is said about NVIDIA GPUs: how many libtorch shows, which, with which driver and versions.
 */
final class GpuReport {
  /** Where the driver says on Linux what it drives: one directory a GPU. */
  private static final Path GPUS = Path.of("/proc/driver/nvidia/gpus");

  private static final Path DRIVER_VERSION = Path.of("/sys/module/nvidia/version");
  private static final String MODEL = "Model:";

  private GpuReport() {}

  /** Adds what there is; where libtorch shows no GPU, only that. */
  static void describe(ObjectNode report) {
    int count = torch.cuda_is_available() ? torch.cuda_device_count() : 0;
    report.put("gpus", count);
    if (count == 0) {
      return;
    }
    ArrayNode names = report.putArray("gpu_models");
    models(GPUS).forEach(names::add);
    try {
      if (Files.isReadable(DRIVER_VERSION)) {
        report.put("gpu_driver", Files.readString(DRIVER_VERSION).strip());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    long cuda = Context.versionCUDART(); // 13010 is 13.1
    report.put("cuda", cuda / 1000 + "." + cuda % 1000 / 10);
    long cudnn = Context.versionRuntimeCuDNN(); // 91900 is 9.19.0
    report.put("cudnn", cudnn / 10_000 + "." + cudnn % 10_000 / 100 + "." + cudnn % 100);
  }

  /** The models that the driver names below a directory, in its order. */
  static List<String> models(Path directory) {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> gpus = Files.list(directory)) {
      return gpus.map(gpu -> gpu.resolve("information"))
          .filter(Files::isReadable)
          .sorted()
          .flatMap(GpuReport::lines)
          .filter(line -> line.startsWith(MODEL))
          .map(line -> line.substring(MODEL.length()).strip())
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Stream<String> lines(Path file) {
    try {
      return Files.readAllLines(file).stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
