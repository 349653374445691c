package org.spiritlm.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioWriter;

/** Whatever a user gives: one or two lines that say what to change, exit code 2, nothing left. */
final class BadInputTest {
  @TempDir Path directory;
  private Path output;

  @BeforeEach
  void outputDirectory() throws IOException {
    output = Files.createDirectory(directory.resolve("output"));
  }

  /** Runs a command, which must be refused with all of these words. */
  private void refused(String[] words, String... expected) throws IOException {
    Run run = Parity.run("expressive", words);
    assertRefused(run, expected);
    assertThat(run.out()).isEmpty();
  }

  private void assertRefused(Run run, String... expected) throws IOException {
    assertThat(run.code()).as(run.toString()).isEqualTo(2);
    assertThat(run.err()).contains(expected).doesNotContain("\tat ");
    assertThat(run.err().lines().count()).as(run.err()).isBetween(1L, 2L);
    try (Stream<Path> left = Files.list(output)) {
      assertThat(left).isEmpty();
    }
  }

  /** Every command that takes audio, with this file. */
  private List<String[]> hearing(Path audio) throws IOException {
    String file = audio.toString();
    Path examples =
        Files.writeString(
            directory.resolve("examples.jsonl"),
            "{\"input\": [{\"text\": \"a\"}], \"output\": [{\"text\": \"b\"}]}\n");
    return List.of(
        new String[] {"encode", file},
        new String[] {"resynthesize", file, "-o", output.resolve("a.wav").toString()},
        new String[] {"transcribe", file},
        new String[] {"classify", file, "--labels", "a,b"},
        new String[] {"task", "--examples", examples.toString(), file},
        new String[] {"generate", "--speech", file, "--to", "text"});
  }

  @Test
  void audioThatIsNone() throws IOException {
    Path text = Files.writeString(directory.resolve("text.wav"), "no sound at all\n".repeat(99));
    Path empty = Files.createFile(directory.resolve("empty.wav"));
    Path brief = directory.resolve("brief.wav");
    AudioWriter.write(brief, new Audio(new float[160], 16_000));
    Path nan = directory.resolve("nan.wav");
    writeWithoutNumber(nan);
    for (String[] words : hearing(text)) {
      refused(words, "text.wav");
    }
    for (String[] words : hearing(empty)) {
      refused(words, "empty.wav is empty");
    }
    for (String[] words : hearing(brief)) {
      refused(words, "brief.wav", "at least 0.08 s");
    }
    for (String[] words : hearing(nan)) {
      refused(words, "nan.wav", "not a finite number", "0.5 s");
    }
    for (String[] words : hearing(directory.resolve("none.wav"))) {
      refused(words, "none.wav", "does not exist");
    }
  }

  /** A second of silence as 32-bit floats, of which one is no number. */
  private static void writeWithoutNumber(Path file) throws IOException {
    try (AudioWriter writer = AudioWriter.open(file, 16_000, AudioWriter.Encoding.FLOAT32)) {
      writer.write(new float[16_000]);
      writer.finish();
    }
    byte[] bytes = Files.readAllBytes(file);
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putFloat(44 + 4 * 8000, Float.NaN);
    Files.write(file, bytes);
  }

  @Test
  void channelsThatAreNotThere() throws IOException {
    String stereo = Parity.audio("stereo.wav");
    refused(new String[] {"encode", stereo, "--channel", "3"}, "2 channels", "channel 3");
    refused(new String[] {"encode", stereo, "--channel", "0"}, "--channel", "from 1");
  }

  @Test
  void promptsThatTheModelCannotRead() throws IOException {
    for (String bad : List.of("[Hu999]", "[Foo1]", "[text]")) {
      refused(
          new String[] {"generate", "--prompt", "[Text]a" + bad, "--to", "text"},
          "character 8",
          bad);
    }
    refused(new String[] {"score", "--prompt", "[Text]a", "--continuation", "[Hu999]"}, "[Hu999]");
    assertRefused(
        Parity.run("base", "generate", "--prompt", "[Pi3]", "--to", "text"), "[Pi3]", "expressive");
    String endless = "one two three ".repeat(3000);
    refused(new String[] {"generate", "--text", endless, "--to", "text"}, "context of 4096");
    refused(new String[] {"score", "--prompt", endless, "--continuation", "a"}, "context of 4096");
    Path pairs = directory.resolve("pairs.jsonl");
    Files.writeString(
        pairs,
        "{\"prompt\": \"a\", \"continuation\": \"b\"}\n{\"prompt\": \"a\", \"continuation\": \"[Hu999]\"}\n");
    refused(new String[] {"score", "--file", pairs.toString()}, "pairs.jsonl, line 2", "[Hu999]");
    Files.writeString(pairs, "{\"prompt\": \"a\", \"continuation\": \"" + endless + "\"}\n");
    refused(new String[] {"score", "--file", pairs.toString()}, "pairs.jsonl, line 1", "4096");
  }

  @Test
  void tokensThatCannotBeSpoken() throws IOException {
    String wav = output.resolve("a.wav").toString();
    for (String[] bad :
        List.of(
            new String[] {"[Hu1][Hu", "character 6"},
            new String[] {"[Pi1][St1][Hu9999]", "9999", "0 to 500"},
            new String[] {"[Hu1]", "pitch"},
            new String[] {"", "no units"},
            new String[] {"none.json", "neither a file nor a token string"})) {
      refused(
          new String[] {"decode", bad[0], "-o", wav},
          Stream.of(bad).skip(1).toArray(String[]::new));
    }
    Path json = directory.resolve("units.json");
    for (String[] bad :
        List.of(
            new String[] {"{\"pitch\": [1]}", "\"hubert\"", "found nothing"},
            new String[] {"{\"hubert\": 1}", "whole numbers", "found 1"},
            new String[] {"{\"hubert\": [1, 2.5]}", "2.5 at place 1"},
            new String[] {"{\"hubert\": [1], \"f0\": []}", "unknown key \"f0\""},
            new String[] {"[1, 2]", "expected a JSON object"},
            new String[] {"{\"hubert\": [1", "not a JSON object"})) {
      Files.writeString(json, bad[0]);
      refused(
          new String[] {"decode", json.toString(), "-o", wav},
          Stream.concat(Stream.of("units.json"), Stream.of(bad).skip(1)).toArray(String[]::new));
    }
    refused(new String[] {"decode", "[Hu1]", "-o", wav, "--speaker", "nobody"}, "'nobody'");
  }

  @Test
  void optionsThatContradictEachOther() throws IOException {
    String wav = output.resolve("a.wav").toString();
    String[] text = {"generate", "--text", "a", "--to", "text"};
    String[] speech = {"generate", "--text", "a", "--to", "speech"};
    refused(with(text, "--greedy", "--temperature", "0.5"), "--greedy", "--temperature");
    refused(with(text, "--greedy", "--top-k", "5"), "--greedy", "--top-k");
    refused(with(text, "--beams", "3", "--top-p", "0.5"), "--beams", "--top-p");
    refused(with(text, "--beams", "2", "--num-return", "3"), "--beams 2", "--num-return");
    refused(with(text, "--greedy", "--num-return", "2"), "--greedy", "--num-return");
    refused(with(text, "--temperature", "0", "--min-p", "0.1"), "--min-p", "--temperature");
    refused(with(text, "-o", output.toString()), "-o", "text");
    refused(with(text, "--speaker", "1"), "--speaker", "text");
    refused(with(text, "--max-seconds", "3"), "--max-seconds", "text");
    refused(with(speech, "--stop", "b"), "--stop", "speech");
    refused(with(text, "--stream", "--num-return", "2"), "--stream", "--num-return");
    refused(with(speech, "--stream"), "--stream", "-o");
    refused(with(speech, "-o", "-"), "--stream");
    refused(with(speech, "-o", "answers", "--look-ahead", "11"), "--look-ahead", "--stream");
    refused(with(text, "--stream", "--look-ahead", "11"), "--look-ahead");
    refused(with(speech, "--stream", "-o", "answer.wav", "--look-ahead", "0"), "--look-ahead", "0");
    refused(with(speech, "--stream", "-o", "-", "--json"), "--json", "-o -");
    refused(with(text, "--prompt", "[Text]b"), "--prompt", "--text");
    refused(new String[] {"generate", "--to", "text"}, "--text", "--speech", "--prompt");
    refused(new String[] {"generate", "--text", "a"}, "--to");
    refused(new String[] {"score"}, "--prompt", "--file");
    refused(new String[] {"score", "--prompt", "a"}, "--continuation");
    refused(
        new String[] {"score", "--file", "a.jsonl", "--prompt", "a", "--continuation", "b"},
        "--file",
        "--prompt");
    refused(new String[] {"transcribe", "a.wav", "--top-p", "0.5"}, "--top-p", "--temperature");
    refused(new String[] {"decode", "[Hu1]", "-o", "-", "--json"}, "--json", "-o -");
    refused(new String[] {"speak", " ", "-o", wav}, "no text to say");
    refused(new String[] {"speak", "a", "-o", wav, "--candidates", "0"}, "--candidates", "found 0");
    refused(
        new String[] {"classify", Parity.audio("odd.wav"), "--labels", "a,a"}, "label", "twice");
    refused(new String[] {"classify", Parity.audio("odd.wav"), "--labels", "a,,b"}, "label");
  }

  @Test
  void valuesThatAreNotAllowed() throws IOException {
    String[] text = {"generate", "--text", "a", "--to", "text"};
    refused(with(text, "--max-new-tokens", "0"), "new tokens", "found 0");
    refused(with(text, "--temperature", "-1"), "temperature", "found -1");
    refused(with(text, "--top-p", "1.5"), "top-p", "found 1.5");
    refused(with(text, "--top-k", "many"), "--top-k", "many");
    refused(with(text, "--beams", "0"), "beams", "found 0");
    refused(with(text, "--num-return", "0"), "answers", "found 0");
    refused(with(text, "--threads", "-1"), "--threads", "found -1");
    assertRefused(
        Run.of(with(text, "--model", Parity.checkpoints(), "--device", "abacus")),
        "abacus",
        "cuda");
    refused(new String[] {"generate", "--text", "a", "--to", "song"}, "--to", "song");
    refused(
        new String[] {"generate", "--text", "a", "--to", "speech", "--max-seconds", "0"},
        "seconds",
        "found 0");
  }

  @Test
  void placesThatCannotBeWritten() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "mine");
    List<String[]> writing =
        List.of(
            new String[] {"decode", "[Pi1][St1][Hu1][Hu2]"},
            new String[] {"resynthesize", Parity.audio("odd.wav")},
            new String[] {"speak", "hello"},
            new String[] {"generate", "--text", "a", "--to", "speech", "--stream"});
    for (String[] words : writing) {
      refused(
          with(words, "-o", directory.resolve("none").resolve("a.wav").toString()),
          "none",
          "does not exist");
      refused(with(words, "-o", file.toString()), "exists already", "--force");
      refused(with(words, "-o", output.toString()), "is a directory");
    }
    refused(
        new String[] {
          "generate", "--text", "a", "--to", "speech", "-o", file.resolve("below").toString()
        },
        "cannot write to the directory",
        "is a file");
    assertThat(file).hasContent("mine");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aFullDisk() throws IOException {
    String full = "No space left on device";
    String[] speech = {"generate", "--text", "a", "--to", "speech", "--max-new-tokens", "60"};
    refused(new String[] {"decode", "[Pi1][St1][Hu1][Hu2]", "-o", "/dev/full"}, "/dev/full", full);
    refused(new String[] {"resynthesize", Parity.audio("odd.wav"), "-o", "/dev/full"}, full);
    refused(with(speech, "--stream", "-o", "/dev/full"), full);
    for (String[] words :
        List.of(
            new String[] {"encode", Parity.audio("odd.wav"), Parity.audio("odd.wav")},
            new String[] {"generate", "--text", "a", "--to", "text", "--stream"},
            with(speech, "--json"))) {
      try (OutputStream device = new FileOutputStream("/dev/full")) {
        assertRefused(into(device, words), "standard output");
      }
    }
  }

  @Test
  void standardOutputThatNobodyReads() throws IOException {
    OutputStream closed =
        new OutputStream() {
          @Override
          public void write(int value) throws IOException {
            throw new IOException("Broken pipe");
          }
        };
    for (String[] words :
        List.of(
            new String[] {"encode", Parity.audio("odd.wav"), "--json"},
            new String[] {"generate", "--text", "a", "--to", "text"},
            new String[] {"generate", "--text", "a", "--to", "speech", "--stream", "-o", "-"},
            new String[] {"score", "--prompt", "a", "--continuation", "b"},
            new String[] {"decode", "[Pi1][St1][Hu1]", "-o", "-"})) {
      assertRefused(into(closed, words), "standard output");
    }
  }

  private static Run into(OutputStream out, String... words) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code =
        App.run(
            Parity.words("expressive", words),
            new PrintStream(out, false, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    return new Run(code, "", err.toString(StandardCharsets.UTF_8));
  }

  @Test
  void modelsThatAreNotThere() throws IOException {
    assertRefused(
        Run.of("encode", Parity.audio("odd.wav"), "--model", directory.resolve("no").toString()),
        "neither a directory nor a bundled model");
    assertRefused(
        Run.of("encode", Parity.audio("odd.wav"), "--model", output.toString()), output.toString());
    assertRefused(
        Run.of("encode", Parity.audio("odd.wav"), "--model", Parity.checkpoints()),
        "--variant base");
    Path own = directory.resolve("own");
    Run converted =
        Run.of("convert", Parity.checkpoints(), "--variant", "base", "-o", own.toString());
    assertThat(converted.code()).as(converted.err()).isZero();
    assertRefused(
        Run.of(
            "generate",
            "--text",
            "a",
            "--to",
            "text",
            "--model",
            own.toString(),
            "--variant",
            "expressive"),
        "base",
        "expressive");
  }

  @Test
  void checkpointFilesThatAreMissingOrTruncated() throws IOException {
    Path own = directory.resolve("own");
    Run converted =
        Run.of("convert", Parity.checkpoints(), "--variant", "base", "-o", own.toString());
    assertThat(converted.code()).as(converted.err()).isZero();
    String wav = output.resolve("a.wav").toString();
    String odd = Parity.audio("odd.wav");
    assertNeeded(
        own,
        List.of("--model", own.toString()),
        List.of(
            new String[] {"lm/model.safetensors", "generate", "--text", "a", "--to", "text"},
            new String[] {"lm/config.json", "generate", "--text", "a", "--to", "text"},
            new String[] {"lm/tokenizer.model", "score", "--prompt", "a", "--continuation", "b"},
            new String[] {"hubert/model.safetensors", "encode", odd, odd},
            new String[] {"hubert/quantizer.safetensors", "transcribe", odd, odd},
            new String[] {"vocoder/model.safetensors", "decode", "[Hu1]", "-o", wav},
            new String[] {"vocoder/config.json", "resynthesize", odd, "-o", wav}));
  }

  @Test
  void filesOfMetasLayoutThatAreMissingOrTruncated() throws IOException {
    Path checkpoints = directory.resolve("checkpoints");
    copy(Path.of(Parity.checkpoints()), checkpoints);
    String odd = Parity.audio("odd.wav");
    String wav = output.resolve("a.wav").toString();
    String model = "spiritlm_model/spirit-lm-expressive-7b/";
    String tokenizer = "speech_tokenizer/";
    assertNeeded(
        checkpoints,
        List.of("--model", checkpoints.toString(), "--variant", "expressive"),
        List.of(
            new String[] {model + "pytorch_model.bin", "generate", "--text", "a", "--to", "text"},
            new String[] {tokenizer + "hubert_25hz/mhubert_base_25hz.pt", "encode", odd},
            new String[] {tokenizer + "hubert_25hz/L11_quantizer_500.pt", "encode", odd},
            new String[] {tokenizer + "vqvae_f0_quantizer/model.pt", "encode", odd},
            new String[] {tokenizer + "style_encoder_w2v2/pytorch_model.bin", "encode", odd},
            new String[] {
              tokenizer + "hifigan_spiritlm_expressive_w2v2/generator.pt",
              "decode",
              "[St1][Pi1][Hu1]",
              "-o",
              wav
            }));
  }

  /** Each case is a file, and a command that fails without it, or with its first half alone. */
  private void assertNeeded(Path root, List<String> model, List<String[]> cases)
      throws IOException {
    for (String[] words : cases) {
      Path file = root.resolve(words[0]);
      byte[] bytes = Files.readAllBytes(file);
      String[] command =
          with(Stream.of(words).skip(1).toArray(String[]::new), model.toArray(String[]::new));
      Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
      assertRefused(Run.of(command), file.getFileName().toString());
      Files.delete(file);
      assertRefused(Run.of(command), file.getFileName().toString());
      Files.write(file, bytes);
      Run whole = Run.of(command);
      assertThat(whole.code()).as(whole.err()).isZero();
      Files.deleteIfExists(output.resolve("a.wav"));
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
  }

  private static String[] with(String[] words, String... more) {
    return Stream.of(words, more).flatMap(Stream::of).toArray(String[]::new);
  }
}
