package org.spiritlm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.spiritlm.prompt.OutputModality;

class FlatMemoryTest {
  private static final long MEBIBYTE = 1 << 20;
  private static final List<OutputModality> OUTPUTS = List.of(OutputModality.values());
  private static final List<String> PROMPTS =
      List.of("[Text]one two", "[Speech][Hu9][Hu4][Hu3]", "[Text]three[Speech][Hu1][Text]");

  /** The caches of all answers together, if they stayed, would be 60 MiB. */
  @Test
  void aThousandGenerationsNeedNoMoreMemoryThanTwoHundred() throws IOException {
    run(0, 200);
    long before = resident();
    run(200, 1000);
    assertThat(resident() - before).isLessThan(32 * MEBIBYTE);
  }

  private static void run(int from, int to) {
    for (int i = from; i < to; i++) {
      SpiritLm model = FacadeModels.parity(i % 2 == 0 ? "base" : "expressive");
      OutputModality output = OUTPUTS.get(i % OUTPUTS.size());
      GenerationOptions options =
          GenerationOptions.of(output).withMaxNewTokens(4 + i % 6).withSeed(i);
      String prompt = PROMPTS.get(i / 2 % PROMPTS.size());
      Heard heard = new Heard();
      Generation answer =
          i % 4 == 0
              ? model.stream(model.parse(prompt), options, heard)
              : model.generate(model.parse(prompt), options);
      assertThat(answer.outputIds()).isNotEmpty();
    }
  }

  /** Bytes of this process that are in memory, garbage collected. */
  private static long resident() throws IOException {
    System.gc();
    Path status = Path.of("/proc/self/status");
    if (!Files.isReadable(status)) {
      return Pointer.physicalBytes();
    }
    String line =
        Files.readAllLines(status).stream()
            .filter(entry -> entry.startsWith("VmRSS:"))
            .findFirst()
            .orElseThrow();
    return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
  }
}
