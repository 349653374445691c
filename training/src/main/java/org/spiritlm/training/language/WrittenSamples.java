package org.spiritlm.training.language;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.spiritlm.Generation;
import org.spiritlm.GenerationOptions;
import org.spiritlm.Segment;
import org.spiritlm.SpiritLm;
import org.spiritlm.audio.AudioWriter;
import org.spiritlm.checkpoint.Part;
import org.spiritlm.json.Json;
import org.spiritlm.prompt.OutputModality;
import org.spiritlm.prompt.Prompt;
import org.spiritlm.torch.InputException;

/**
 * Continuations of a few prompts as files, to be read and heard while a model is trained: in a
 * folder for each step {@code samples.jsonl} (prompt, token string, text) and a WAV file for each
 * that was spoken.
 */
final class WrittenSamples {
  /** The paper's numbers of new tokens, of text and of speech (section 4.2). */
  private static final int TEXT_TOKENS = 50;

  private static final int SPEECH_TOKENS = 200;

  private final Path directory;
  private final List<Asked> prompts;

  /**
   * What is continued.
   *
   * @param id of the utterance or text that it was taken from
   * @param output what comes after it
   */
  record Asked(String id, Prompt prompt, OutputModality output) {}

  /**
   * Samples of a run.
   *
   * @param directory where the folders are made
   */
  WrittenSamples(Path directory, List<Asked> prompts) {
    this.directory = directory;
    this.prompts = List.copyOf(prompts);
  }

  /** Continues each; the same draws every time. */
  void write(SpiritLm model, long step) {
    Path folder = directory.resolve(String.format(Locale.ROOT, "%09d", step));
    boolean spoken = model.directory().parts().contains(Part.VOCODER);
    StringBuilder lines = new StringBuilder();
    try {
      Files.createDirectories(folder);
      for (int i = 0; i < prompts.size(); i++) {
        lines.append(Json.line(sample(model, prompts.get(i), spoken, folder, i))).append('\n');
      }
      Path beside = folder.resolve("samples.jsonl.part");
      Files.writeString(beside, lines);
      Files.move(beside, folder.resolve("samples.jsonl"), StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ObjectNode sample(
      SpiritLm model, Asked asked, boolean spoken, Path folder, int number) throws IOException {
    boolean speech = asked.output() == OutputModality.SPEECH;
    GenerationOptions options =
        GenerationOptions.of(asked.output())
            .withMaxNewTokens(speech ? SPEECH_TOKENS : TEXT_TOKENS)
            .withSeed(number)
            .withSpoken(speech && spoken);
    ObjectNode line = Json.object();
    line.put("id", asked.id()).put("prompt", asked.prompt().string());
    try {
      Generation answer = model.generate(asked.prompt(), options);
      line.put("tokens", pieces(model, answer.outputIds()));
      line.put("text", answer.text());
      boolean heard =
          answer.segments().stream()
              .anyMatch(segment -> segment instanceof Segment.Speech s && s.audio() != null);
      if (heard) {
        String name = String.format(Locale.ROOT, "%02d.wav", number);
        AudioWriter.write(folder.resolve(name), answer.audio());
        line.put("audio", name);
      }
    } catch (InputException e) { // a prompt that fills the context, a unit that is not spoken
      line.put("error", e.getMessage());
    }
    return line;
  }

  private static String pieces(SpiritLm model, int[] ids) {
    int known = model.tokenizer().size(); // padding has no piece
    return Arrays.stream(ids)
        .mapToObj(id -> id < known ? model.tokenizer().piece(id) : "<" + id + ">")
        .collect(Collectors.joining());
  }
}
