package org.spiritlm.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.torch.Torch;

class GpuReportTest {
  @TempDir Path directory;

  @Test
  void modelsAreThoseThatTheDriverNames() throws IOException {
    gpu("0000:41:00.0", "Model: \t\t NVIDIA H100 80GB HBM3\nIRQ:   \t\t 26\n");
    gpu("0000:01:00.0", "Model: \t\t NVIDIA L4\nIRQ:   \t\t 25\n");
    Files.createDirectory(directory.resolve("0000:61:00.0"));
    assertThat(GpuReport.models(directory)).containsExactly("NVIDIA L4", "NVIDIA H100 80GB HBM3");
    assertThat(GpuReport.models(directory.resolve("missing"))).isEmpty();
  }

  @Test
  void saysHowManyThereAre() {
    Torch.start();
    ObjectNode report = JsonNodeFactory.instance.objectNode();
    GpuReport.describe(report);
    int count = torch.cuda_is_available() ? torch.cuda_device_count() : 0;
    assertThat(report.get("gpus").intValue()).isEqualTo(count);
    assertThat(report.has("cuda")).isEqualTo(count > 0);
  }

  private void gpu(String address, String information) throws IOException {
    Path gpu = Files.createDirectory(directory.resolve(address));
    Files.writeString(gpu.resolve("information"), information);
  }
}
