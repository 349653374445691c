import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.spiritlm.Generation;
import org.spiritlm.GenerationOptions;
import org.spiritlm.LoadOptions;
import org.spiritlm.Segment;
import org.spiritlm.SpiritLm;

/**
 * Loads a model's language model, continues a prompt and prints as JSON what the process took, for
 * load_memory.py: {@code java -cp CLASSPATH tools/bench/LoadMemory.java MODEL}.
 */
final class LoadMemory {
  private static final String PROMPT =
      "they said that it was the time when all of them were there and she said it was not";
  private static final int NEW_TOKENS = 8;

  public static void main(String[] args) throws IOException {
    long weights = 0;
    try (var files = Files.list(Path.of(args[0], "lm"))) {
      for (Path file : files.toList()) {
        if (file.toString().endsWith(".safetensors") || file.toString().endsWith(".bin")) {
          weights += Files.size(file);
        }
      }
    }
    SpiritLm model = SpiritLm.load(Path.of(args[0]), LoadOptions.standard());
    Generation answer =
        model.generate(
            List.of(Segment.text(PROMPT)),
            GenerationOptions.text().withMaxNewTokens(NEW_TOKENS));
    System.out.printf(
        "{\"weights\": %d, \"peak\": %d, \"anonymous\": %d, \"file_pages\": %d, \"prompt_tokens\":"
            + " %d, \"new_tokens\": %d, \"load_s\": %.2f, \"prefill_s\": %.2f, \"decode_s\":"
            + " %.2f}%n",
        weights,
        status("VmHWM"),
        status("RssAnon"),
        status("RssFile"),
        answer.promptIds().length,
        answer.outputIds().length,
        answer.timings().load(),
        answer.timings().prefill(),
        answer.timings().decode());
  }

  /** A figure of /proc/self/status in bytes. */
  private static long status(String name) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith(name + ":")) {
        return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
      }
    }
    throw new IOException("/proc/self/status has no " + name);
  }
}
