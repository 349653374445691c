package org.spiritlm.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Torch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code spiritlm doctor}: what this machine offers, and whether libtorch works on it. */
@Command(
    name = "doctor",
    description = "Show what this machine offers: processor, threads, GPU, memory, versions.",
    footer = {"", "Examples:", "  spiritlm doctor", "  spiritlm doctor --json"})
final class DoctorCommand implements Runnable {
  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

  /** Processor features that libtorch and MKL choose their kernels by. */
  private static final Pattern FEATURES =
      Pattern.compile(
          "avx|avx2|fma|f16c|avx512f|avx512_vnni|avx_vnni|avx512_bf16|avx512_fp16|amx_tile|amx_bf16|amx_int8"
              + "|asimd|asimdhp|asimddp|sve|sve2|bf16|i8mm");

  private final Console console;
  @Mixin CommonOptions common = new CommonOptions();

  DoctorCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    ObjectNode report = report();
    if (common.json) {
      console.json(report);
      return;
    }
    for (Map.Entry<String, JsonNode> field : report.properties()) {
      console.print(String.format("%-20s %s", field.getKey(), text(field.getValue())));
    }
  }

  private static ObjectNode report() {
    ObjectNode report = JsonNodeFactory.instance.objectNode();
    report.put("spiritlm", Versions.spiritlm());
    report.put("java", System.getProperty("java.vm.name") + " " + Runtime.version());
    report.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    report.put("architecture", System.getProperty("os.arch"));
    describeProcessor(report);
    if (ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean os) {
      report.put("memory_mib", os.getTotalMemorySize() >> 20);
      report.put("memory_free_mib", os.getFreeMemorySize() >> 20);
    }
    report.put("jvm_heap_mib", Runtime.getRuntime().maxMemory() >> 20);

    long began = System.nanoTime();
    Torch.start();
    report.put("libtorch", Torch.version());
    report.put("libtorch_load_s", secondsSince(began));
    began = System.nanoTime();
    multiply(Device.CPU);
    report.put("first_product_s", secondsSince(began));
    report.put("blas", Torch.blas());
    report.put("kernels", Torch.cpuCapability());
    report.put("threads", Torch.threads());
    Device device = Device.parse("auto");
    report.put("device", device.toString());
    GpuReport.describe(report);
    if (device.kind() == Device.Kind.CUDA) {
      began = System.nanoTime();
      multiply(device);
      report.put("first_gpu_product_s", secondsSince(began));
    }
    return report;
  }

  private static void multiply(Device device) {
    try (Scope scope = Scope.open()) {
      Tensor ones = device.place(torch.ones(64, 64));
      if (torch.mm(ones, ones).sum().item_float() != 64f * 64 * 64) {
        throw new IllegalStateException(
            "libtorch multiplies 64 by 64 ones wrongly on " + device + "; is the driver sound?");
      }
    }
  }

  private static void describeProcessor(ObjectNode report) {
    report.put("cores", Runtime.getRuntime().availableProcessors());
    if (!Files.isReadable(CPU_INFO)) {
      return;
    }
    try {
      List<String> lines = Files.readAllLines(CPU_INFO);
      lines.stream()
          .filter(line -> line.startsWith("model name"))
          .findFirst()
          .ifPresent(line -> report.put("processor", value(line)));
      TreeSet<String> found = new TreeSet<>();
      lines.stream()
          .filter(line -> line.startsWith("flags") || line.startsWith("Features"))
          .findFirst()
          .ifPresent(
              line -> {
                for (String flag : value(line).split(" ", -1)) {
                  if (FEATURES.matcher(flag).matches()) {
                    found.add(flag);
                  }
                }
              });
      ArrayNode features = report.putArray("processor_features");
      found.forEach(features::add);
    } catch (IOException e) {
      report.put("processor", "unreadable: " + e.getMessage());
    }
  }

  private static String value(String line) {
    return line.substring(line.indexOf(':') + 1).strip();
  }

  private static String text(JsonNode value) {
    if (!value.isArray()) {
      return value.asText();
    }
    StringBuilder text = new StringBuilder();
    value.forEach(item -> text.append(text.isEmpty() ? "" : " ").append(item.asText()));
    return text.toString();
  }

  private static double secondsSince(long began) {
    return Math.round((System.nanoTime() - began) / 1e3) / 1e6;
  }
}
