package org.spiritlm.lm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.FreshTensors;
import org.spiritlm.torch.SafetensorsFile;
import org.spiritlm.torch.SafetensorsWriter;
import org.spiritlm.torch.Weights;

/**
 * A model needs no second copy of its weights, whether they stay in the file's pages or are packed.
 */
@EnabledOnOs(OS.LINUX)
class LoadMemoryTest {
  /** 130 million parameters; the largest matrix has 75 MB. */
  private static final LlamaConfig CONFIG =
      new LlamaConfig(
          49_152,
          768,
          8,
          12,
          12,
          64,
          2048,
          1e-5,
          100_000,
          new RopeScaling.None(),
          4096,
          false,
          false,
          false);

  @TempDir static Path folder;

  private static Path file = Path.of("");
  private static long bytes;

  @BeforeAll
  static void write() throws IOException {
    file = folder.resolve("model.safetensors");
    SafetensorsWriter.write(
        file, FreshTensors.of(1, weights -> new LlamaModel(weights, CONFIG)), DType.BF16, Map.of());
    bytes = Files.size(file);
    assertThat(bytes).isGreaterThan(200_000_000);
    // what the first products set aside stays: it is no copy of these weights
    run(new LlamaModel(Weights.initialise(1), LlamaModels.SMALL));
  }

  @Test
  void aMappedModelLivesInItsFile() throws IOException {
    long before = memory("RssAnon");
    LlamaModel model = new LlamaModel(Weights.of(SafetensorsFile.open(file)), CONFIG);
    run(model);

    assertThat(mapped(file)).isGreaterThan(bytes * 3 / 4);
    assertThat(memory("RssAnon") - before).isLessThan(bytes / 4);
    assertThat(model.dtype()).isEqualTo(DType.BF16);
  }

  @Test
  void aPackedModelIsTheOnlyCopyAndAnswersAlike() throws IOException {
    int[] mapped = run(new LlamaModel(Weights.of(SafetensorsFile.open(file)), CONFIG));

    long before = memory("RssAnon");
    LlamaModel model = new LlamaModel(Weights.of(SafetensorsFile.open(file)).allPacked(), CONFIG);
    assertThat(run(model)).isEqualTo(mapped);

    // a second copy would be 2; the rest is what the allocator keeps
    assertThat(memory("RssAnon") - before).isLessThan(bytes * 8 / 5);
  }

  private static int[] run(LlamaModel model) {
    int[] prompt = new int[16];
    for (int i = 0; i < prompt.length; i++) {
      prompt[i] = i * model.config().vocabulary() / prompt.length;
    }
    int[] ids = new Generator(model).generate(Request.greedy(prompt, 8)).ids();
    assertThat(ids).hasSize(8);
    return ids;
  }

  /** Bytes of a file's pages that this process has in memory. */
  private static long mapped(Path mapped) throws IOException {
    long resident = 0;
    boolean within = false;
    for (String line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
      if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
        within = line.endsWith(mapped.toRealPath().toString());
      } else if (within && line.startsWith("Rss:")) {
        resident += Long.parseLong(line.replaceAll("\\D", "")) * 1024;
      }
    }
    return resident;
  }

  /** A figure of /proc/self/status in bytes, such as anonymous pages. */
  private static long memory(String name) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith(name + ":")) {
        return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
      }
    }
    throw new IOException("/proc/self/status has no " + name);
  }
}
