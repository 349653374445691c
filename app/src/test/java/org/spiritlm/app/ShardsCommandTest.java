package org.spiritlm.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.checkpoint.ModelDirectory;
import org.spiritlm.checkpoint.TokenizerChecksum;
import org.spiritlm.corpus.PreparedParquetWriter;
import org.spiritlm.corpus.PreparedUtterance;
import org.spiritlm.corpus.WordFrames;
import org.spiritlm.corpus.WriterLock;
import org.spiritlm.shards.Sampler;
import org.spiritlm.shards.SamplerOptions;
import org.spiritlm.shards.Sequence;
import org.spiritlm.shards.ShardKind;
import org.spiritlm.shards.ShardSet;
import org.spiritlm.units.SpeechUnits;

/** shards, as a user runs it. */
final class ShardsCommandTest {
  private static final String MODEL =
      "m@"
          + TokenizerChecksum.ofUnits(
              ModelDirectory.open(Path.of(Parity.checkpoints()), "expressive"));

  @TempDir Path directory;

  private static PreparedUtterance utterance(int i, String model) {
    boolean words = i % 2 == 0;
    return new PreparedUtterance(
        "item-" + i,
        null,
        null,
        i % 5 == 0 ? "test" : "train",
        2,
        new SpeechUnits(
            IntStream.range(0, 50).map(k -> (i + k / 3) % 501).toArray(),
            IntStream.range(0, 25).map(k -> k % 64).toArray(),
            new int[] {i % 100, 3}),
        words
            ? List.of(
                new WordFrames("the", 2, 10),
                new WordFrames("black", 12, 25),
                new WordFrames("cat", 25, 48))
            : List.of(),
        words ? "the black cat" : null,
        null,
        model,
        "test");
  }

  /** A corpus as prepare leaves it, in two files. */
  private Path prepared(String name, String model) throws IOException {
    Path corpus = directory.resolve(name);
    Path units = Files.createDirectories(corpus.resolve("units"));
    for (int part = 0; part < 2; part++) {
      try (PreparedParquetWriter writer =
          new PreparedParquetWriter(units.resolve("part-" + part + ".parquet"))) {
        for (int i = 10 * part; i < 10 * part + 10; i++) {
          writer.write(utterance(i, model));
        }
      }
    }
    return corpus;
  }

  private static Run shards(Object... words) {
    List<String> all = new ArrayList<>(List.of("shards"));
    Arrays.stream(words).map(Object::toString).forEach(all::add);
    all.addAll(List.of("--model", Parity.checkpoints(), "--variant", "expressive"));
    return Run.of(all.toArray(String[]::new));
  }

  @Test
  void corporaAndTextsBecomeShardsFromWhichSequencesAreDrawn() throws IOException {
    Path corpus = prepared("corpus", MODEL);
    Path text = Files.writeString(directory.resolve("a.txt"), "One text.\n\nAnother\ntext.\n");
    Path lines =
        Files.writeString(
            directory.resolve("b.jsonl"), "{\"text\":\"third\"}\n{\"text\":\"say [Hu5]\"}\n");
    Path out = directory.resolve("shards");
    Run run = shards(corpus, "-o", out, "--json", "--items", 4, "--text", text, lines);
    JsonNode report = run.object();
    assertThat(report.at("/aligned/items").intValue()).isEqualTo(10);
    assertThat(report.at("/aligned/shards").intValue()).isEqualTo(3);
    assertThat(report.at("/speech/items").intValue()).isEqualTo(10);
    assertThat(report.at("/speech/seconds").doubleValue()).isEqualTo(20);
    assertThat(report.at("/text/items").intValue()).isEqualTo(3);
    assertThat(report.at("/rejected").intValue()).isEqualTo(1);
    assertThat(Files.readString(out.resolve("summary.json")).strip()).isEqualTo(run.out().strip());
    assertThat(Files.readString(out.resolve("rejected.jsonl")))
        .contains("b.jsonl:2", "token written out");
    try (ShardSet shards = ShardSet.open(out)) {
      shards.verify();
      assertThat(shards.items(ShardKind.TEXT)).isEqualTo(3);
      Sequence sequence = new Sampler(shards, SamplerOptions.of(shards, 512, 1)).next();
      assertThat(sequence.ids()).hasSize(512);
      assertThat(Arrays.stream(sequence.streams()).distinct().toArray()).hasSize(3);
    }
    try (Stream<Path> left = Files.list(directory)) {
      assertThat(left).containsExactlyInAnyOrder(corpus, text, lines, out);
    }
  }

  @Test
  void oneSplitAloneIsTaken() throws IOException {
    Path corpus = prepared("corpus", MODEL);
    Path out = directory.resolve("shards");
    JsonNode report = shards(corpus, "-o", out, "--json", "--split", "train").object();
    assertThat(report.at("/aligned/items").intValue()).isEqualTo(8);
    assertThat(report.at("/speech/items").intValue()).isEqualTo(8);
  }

  @Test
  void shardsAreReplacedOnlyWhenForcedAndNothingElseEver() throws IOException {
    Path corpus = prepared("corpus", MODEL);
    Path out = directory.resolve("shards");
    Run first = shards(corpus, "-o", out);
    assertThat(first.code()).as(first.err()).isZero();
    assertThat(first.out()).contains("aligned", "hours");
    byte[] list = Files.readAllBytes(out.resolve("shards.json"));
    Run again = shards(corpus, "-o", out);
    assertThat(again.code()).isEqualTo(2);
    assertThat(again.err()).contains("exists already", "--force");
    assertThat(shards(corpus, "-o", out, "--force").code()).isZero();
    assertThat(Files.readAllBytes(out.resolve("shards.json"))).isEqualTo(list);
    Run other = shards(corpus, "-o", corpus, "--force");
    assertThat(other.code()).isEqualTo(2);
    assertThat(other.err()).contains("is no directory of shards");
    try (Stream<Path> left = Files.list(directory)) {
      assertThat(left).containsExactlyInAnyOrder(corpus, out);
    }
  }

  @Test
  void mistakesLeaveNothing() throws IOException {
    Path corpus = prepared("corpus", MODEL);
    Path other = prepared("other", "another@0123456789abcdef");
    Path empty = Files.createDirectory(directory.resolve("empty"));
    Path text = Files.writeString(directory.resolve("a.txt"), "\n\n");
    Path out = directory.resolve("shards");
    assertMistake(shards("-o", out), "nothing to read");
    assertMistake(shards(corpus, other, "-o", out), "item-0", "another", "--any-units");
    assertMistake(shards(empty, "-o", out), "holds no .parquet file");
    assertMistake(shards(directory.resolve("x"), "-o", out), "x: no such file");
    assertMistake(shards("-o", out, "--text", text), "nothing for the shards");
    assertMistake(shards("-o", out, "--text", directory.resolve("y.txt")), "y.txt");
    assertMistake(shards(corpus, "-o", out, "--items", 0), "0 items");
    assertMistake(shards(corpus, "-o", out, "--split", "dev"), "nothing for the shards");
    Path file = corpus.resolve("units").resolve("part-1.parquet");
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length - 9));
    assertMistake(shards(corpus, "-o", out), "part-1.parquet");
    try (Stream<Path> left = Files.list(directory)) {
      assertThat(left).containsExactlyInAnyOrder(corpus, other, empty, text);
    }
  }

  @Test
  void unitsAreThoseOfTheModelUnlessTheUserKnowsBetter() throws IOException {
    Path same = prepared("same", MODEL);
    Path other = prepared("other", "m");
    Path out = directory.resolve("shards");
    String[] base = {"shards", "" + same, "-o", "" + out, "--model", Parity.checkpoints()};
    Run fewer =
        Run.of(
            Stream.concat(Arrays.stream(base), Stream.of("--variant", "base"))
                .toArray(String[]::new));
    assertThat(fewer.code()).as(fewer.err()).isZero();
    assertMistake(
        shards(other, "-o", out, "--force"),
        "other: the units of item-0",
        "model 'm'",
        "--any-units");
    assertThat(shards(other, "-o", out, "--force", "--any-units").code()).isZero();
  }

  @Test
  void nothingIsThereTwice() throws IOException {
    Path corpus = prepared("corpus", MODEL);
    Path same = prepared("same", MODEL);
    Path text = Files.writeString(directory.resolve("a.txt"), "One text.\n");
    Path link = Files.createSymbolicLink(directory.resolve("link"), corpus);
    Path out = directory.resolve("shards");
    assertMistake(shards(corpus, link, "-o", out), "link", "given twice");
    assertMistake(shards(corpus, corpus.resolve("units"), "-o", out), "units is given twice");
    assertMistake(shards("-o", out, "--text", text, text), "a.txt is given twice");
    JsonNode report = shards(corpus, same, "-o", out, "--json", "--split", "test").object();
    assertThat(report.at("/aligned/items").intValue()).isEqualTo(2);
    assertThat(report.at("/speech/items").intValue()).isEqualTo(2);
    assertThat(report.at("/rejected").intValue()).isEqualTo(4);
    assertThat(Files.readString(out.resolve("rejected.jsonl")))
        .contains("the id 'item-0' was there before");
  }

  @Test
  void aSecondJobIsRefusedAndWhatAKilledOneLeftIsRemoved() throws IOException {
    Path corpus = prepared("corpus", MODEL);
    Path out = directory.resolve("shards");
    Path left = Files.createDirectory(directory.resolve(".shards.0123abcd.new"));
    Files.writeString(left.resolve("speech-00000.safetensors"), "half");
    Path others = Files.createDirectory(directory.resolve(".shards2.0123abcd.new"));
    try (WriterLock lock = WriterLock.of(out)) {
      assertThat(lock.isValid()).isTrue();
      assertMistake(shards(corpus, "-o", out), "shards: another process is writing it");
      assertThat(left).isNotEmptyDirectory();
    }
    assertThat(shards(corpus, "-o", out).code()).isZero();
    try (Stream<Path> there = Files.list(directory)) {
      assertThat(there).containsExactlyInAnyOrder(corpus, out, others);
    }
  }

  private static void assertMistake(Run run, String... words) {
    assertThat(run.code()).as(run.err()).isEqualTo(2);
    assertThat(run.err()).contains(words);
    assertThat(run.out()).isEmpty();
  }
}
