package org.spiritlm.spark;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioWriter;
import org.spiritlm.checkpoint.Variant;
import org.spiritlm.corpus.PreparedUtterance;
import org.spiritlm.corpus.Rejection;

/** Whatever a corpus holds: a quarantine line that names the item, or an error that says why. */
final class BadInputTest {
  @TempDir static Path directory;
  private static Path corpus = Path.of("");
  private static Path good = Path.of("");
  private static Path model = Path.of("");

  @BeforeAll
  static void makeCorpus() throws IOException {
    corpus = directory.resolve("corpus");
    good = ToyCorpus.write(corpus, 2);
    model = ToyCorpus.model(directory.resolve("model"), Variant.BASE, 1);
    Files.writeString(corpus.resolve("text.wav"), "this is no sound");
    Files.createFile(corpus.resolve("empty.wav"));
    AudioWriter.write(corpus.resolve("short.wav"), new Audio(new float[1000], 16_000));
  }

  private static Path write(String name, byte[]... lines) throws IOException {
    Path manifest = corpus.resolve(name);
    Files.deleteIfExists(manifest);
    try (var out = Files.newOutputStream(manifest)) {
      for (byte[] line : lines) {
        out.write(line);
        out.write('\n');
      }
    }
    return manifest;
  }

  private static byte[] line(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void everyBadItemIsInQuarantineWithItsReasonAndNoGoodOneIsLost() throws IOException {
    byte[] latin =
        "{\"id\":\"umlaut-ä\",\"audio\":\"0.wav\"}".getBytes(StandardCharsets.ISO_8859_1);
    Path manifest =
        write(
            "bad.jsonl",
            line("{\"id\":\"first\",\"audio\":\"0.wav\"}"),
            line("{\"id\":\"missing\",\"audio\":\"none.wav\",\"text\":\"said\"}"),
            line("{\"id\":\"no sound\",\"audio\":\"text.wav\"}"),
            line("{\"id\":\"empty\",\"audio\":\"empty.wav\"}"),
            line("{\"id\":\"short\",\"audio\":\"short.wav\"}"),
            line("   "),
            latin,
            line("no JSON"),
            line("{\"id\":\"no audio\",\"text\":\"said\"}"),
            line("{\"audio\":\"0.wav\"}"),
            line("{\"id\":\"key\",\"audio\":\"0.wav\",\"speeker\":\"a\"}"),
            line("{\"id\":\"first\",\"audio\":\"1.wav\"}"),
            line("{\"id\":\"blank\",\"audio\":\"0.wav\",\"text\":\" \"}"),
            line("{\"id\":\"backwards\",\"audio\":\"0.wav\",\"start\":0.4,\"end\":0.2}"),
            line("{\"id\":\"past\",\"audio\":\"0.wav\",\"start\":0.1,\"end\":77.5}"),
            line(
                "{\"id\":\"word past\",\"audio\":\"0.wav\",\"words\":[{\"w\":\"x\",\"start\":0,"
                    + "\"end\":9}]}"),
            line(
                "{\"id\":\"overlap\",\"audio\":\"0.wav\",\"words\":[{\"w\":\"x\",\"start\":0,"
                    + "\"end\":0.3},{\"w\":\"y\",\"start\":0.1,\"end\":0.4}]}"),
            line(
                "{\"id\":\"words\",\"audio\":\"0.wav\",\"text\":\"the"
                    + " cat\",\"words\":[{\"w\":\"the\","
                    + "\"start\":0,\"end\":0.1},{\"w\":\"dog\",\"start\":0.1,\"end\":0.2}]}"),
            line("{\"id\":\"elsewhere\",\"audio\":\"nowhere://host/a.wav\"}"),
            line("{\"id\":\"first\",\"audio\":\"none.wav\"}"),
            line("{\"id\":\"last\",\"audio\":\"1.wav\"}"));
    Path output = directory.resolve("bad");
    ObjectNode summary =
        Run.prepare(manifest, output, model, "--max-bad", "1", "--partitions", "3").summary();
    assertThat(Tables.units(output))
        .extracting(PreparedUtterance::id)
        .containsExactly("first", "last");
    List<Rejection> bad = Tables.quarantine(output);
    assertThat(summary.get("items").intValue()).isEqualTo(20);
    assertThat(summary.get("prepared").intValue()).isEqualTo(2);
    assertThat(summary.get("rejected").intValue()).isEqualTo(18);
    String[][] expected = {
      {"missing", "none.wav", "does not exist"},
      {"no sound", "text.wav", "text.wav"},
      {"empty", "empty.wav", "is empty"},
      {"short", "short.wav", "no speech unit"},
      {"bad.jsonl, line 7", "", "not a text in UTF-8"},
      {"bad.jsonl, line 8", "", "not a JSON object"},
      {"no audio", "", "\"audio\""},
      {"bad.jsonl, line 10", "", "\"id\""},
      {"key", "", "unknown key \"speeker\""},
      {"first", "1.wav", "the id 'first' was there before"},
      {"blank", "0.wav", "the transcript is empty"},
      {"backwards", "0.wav", "from 0.400 s to 0.200 s is none"},
      {"past", "0.wav", "77.5"},
      {"word past", "0.wav", "'x'"},
      {"overlap", "0.wav", "'y'"},
      {"words", "0.wav", "'dog' stands where it has 'cat'"},
      {"elsewhere", "nowhere://host/a.wav", "nowhere"},
      {"first", "none.wav", "the id 'first' was there before"},
    };
    List<String> wrong = new ArrayList<>();
    for (int i = 0; i < expected.length; i++) {
      Rejection found = bad.get(i);
      String audio = found.audio() == null ? "" : found.audio().toString();
      if (!found.id().equals(expected[i][0])
          || !audio.equals(expected[i][1])
          || !found.reason().contains(expected[i][2])
          || !found.reason().contains("bad.jsonl, line ")) {
        wrong.add(found + " instead of " + String.join(" | ", expected[i]));
      }
    }
    assertThat(bad).hasSize(expected.length);
    assertThat(wrong).isEmpty();
  }

  @Test
  void tooManyBadItemsAreAnErrorThatSaysWhereTheyAre() throws IOException {
    Path manifest =
        write(
            "half.jsonl",
            line("{\"id\":\"a\",\"audio\":\"0.wav\"}"),
            line("{\"id\":\"b\",\"audio\":\"mended.wav\"}"));
    Path output = directory.resolve("half");
    Run run = Run.prepare(manifest, output, model, "--partitions", "1");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err())
        .contains("spiritlm prepare: 1 of 2 items are bad", "--max-bad 0.01")
        .contains(output.resolve("quarantine").toString())
        .doesNotContain("\tat ");
    assertThat(Tables.quarantine(output)).extracting(Rejection::id).containsExactly("b");
    assertThat(output.resolve("summary.json")).doesNotExist();

    ObjectNode again = Run.prepare(manifest, output, model, "--max-bad", "0.5").summary();
    assertThat(again.get("partitions_from_earlier").intValue()).isEqualTo(1);
    assertThat(output.resolve("summary.json")).exists();

    Files.copy(manifest.resolveSibling("0.wav"), manifest.resolveSibling("mended.wav"));
    assertThat(run.err()).contains("mend the recordings and add --retry");
    ObjectNode mended = Run.prepare(manifest, output, model, "--retry").summary();
    assertThat(mended.get("prepared").intValue()).isEqualTo(2);
    assertThat(mended.get("partitions_from_earlier").intValue()).isZero();
    assertThat(Tables.quarantine(output)).isEmpty();
    ObjectNode whole = Run.prepare(manifest, output, model, "--retry").summary();
    assertThat(whole.get("partitions_from_earlier").intValue()).isEqualTo(1);
  }

  @Test
  void shardsAreMadeOnlyOfWhatIsFinished() throws IOException {
    Path manifest =
        write(
            "unfinished.jsonl",
            line("{\"id\":\"a\",\"audio\":\"0.wav\"}"),
            line("{\"id\":\"b\",\"audio\":\"none.wav\"}"));
    Path output = directory.resolve("unfinished");
    String[] shards = {
      "shards",
      output.toString(),
      "-o",
      directory.resolve("shards").toString(),
      "--model",
      model.toString()
    };
    expect(Run.prepare(manifest, output, model, "--partitions", "2"), "1 of 2 items are bad");
    expect(Run.of(shards), "unfinished: prepare was stopped there, failed, or still runs");
    assertThat(Run.prepare(manifest, output, model, "--max-bad", "0.5").code()).isZero();
    expect(Run.prepare(manifest, output, model, "--retry"), "1 of 2 items are bad");
    assertThat(output.resolve("summary.json")).doesNotExist();
    expect(Run.of(shards), "prepare was stopped there");
    shards[1] = output.resolve("units").toString();
    expect(Run.of(shards), "prepare was stopped there");

    assertThat(Run.prepare(manifest, output, model, "--max-bad", "0.5").code()).isZero();
    Path second = output.resolve("units").resolve("part-00001.parquet");
    Path aside = Files.move(second, directory.resolve("aside.parquet"));
    expect(Run.of(shards), "holds 1 files, summary.json says 2");
    Files.move(aside, second);
    Run finished = Run.of(shards);
    assertThat(finished.code()).as(finished.err()).isZero();
  }

  /** A run that was killed after it wrote quarantine and before units. */
  @Test
  void nothingOfAKilledRunStaysInQuarantine() throws IOException {
    Path manifest =
        write(
            "later.jsonl",
            line("{\"id\":\"a\",\"audio\":\"0.wav\"}"),
            line("{\"id\":\"b\",\"audio\":\"later.wav\"}"));
    Path output = directory.resolve("later");
    Run.prepare(manifest, output, model, "--partitions", "1", "--max-bad", "0.5").summary();
    assertThat(Tables.quarantine(output)).extracting(Rejection::id).containsExactly("b");
    try (Stream<Path> files = Files.list(output.resolve("units"))) {
      for (Path each : files.filter(path -> path.toString().endsWith(".parquet")).toList()) {
        Files.delete(each);
      }
    }
    Files.copy(manifest.resolveSibling("0.wav"), manifest.resolveSibling("later.wav"));
    ObjectNode summary = Run.prepare(manifest, output, model).summary();
    assertThat(summary.get("prepared").intValue()).isEqualTo(2);
    assertThat(Tables.quarantine(output)).isEmpty();
  }

  @Test
  void whatIsAskedForMustBePossible() throws IOException {
    Path empty = write("empty.jsonl", line(""));
    Path file = Files.writeString(directory.resolve("file"), "mine");
    Path other = Files.createDirectories(directory.resolve("other"));
    Files.writeString(other.resolve("mine.txt"), "mine");
    Path output = directory.resolve("never");
    expect(Run.prepare(corpus.resolve("no.jsonl"), output, model), "no.jsonl: no such file");
    expect(Run.prepare(corpus, output, model), "is a directory, expected a manifest");
    expect(Run.prepare(empty, output, model), "empty.jsonl: holds nothing");
    expect(Run.prepare(good, file, model), "file is a file; give -o a directory");
    expect(Run.prepare(good, other, model), "other holds something that prepare did not make");
    expect(Run.prepare(good, output, directory.resolve("none")), "neither a directory nor a");
    expect(Run.prepare(good, output, model, "--partitions", "-1"), "--partitions must be 1");
    expect(Run.prepare(good, output, model, "--max-bad", "2"), "--max-bad is a share");
    expect(Run.prepare(good, output, model, "--threads", "0"), "--threads must be 1");
    expect(Run.prepare(good, output, model, "--master", "moon"), "--master moon");
    expect(Run.prepare(good, output, model, "--device", "moon"), "--device 'moon'");
    expect(Run.prepare(good, "nowhere://host/out", model), "nowhere://host/out");
    assertThat(file).hasContent("mine");
    assertThat(other.resolve("mine.txt")).hasContent("mine");
  }

  private static void expect(Run run, String message) {
    assertThat(run.err()).contains(message).doesNotContain("\tat ");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
  }

  @Test
  void anOutputTakesNoOtherModelManifestOrDivision() throws IOException {
    Path output = directory.resolve("taken");
    Path manifest = write("taken.jsonl", line("{\"id\":\"a\",\"audio\":\"0.wav\"}"));
    assertThat(Run.prepare(manifest, output, model, "--partitions", "1").code()).isZero();
    String content = Tables.contentHash(output);

    Path otherModel = ToyCorpus.model(directory.resolve("other-model"), Variant.BASE, 2);
    expect(Run.prepare(manifest, output, otherModel), "was begun with another model");
    expect(Run.prepare(good, output, model), "was begun with another manifest");
    expect(
        Run.prepare(manifest, output, model, "--partitions", "2"),
        "was begun with another number of --partitions: 1, now 2");
    assertThat(Tables.contentHash(output)).isEqualTo(content);

    ObjectNode anew = Run.prepare(good, output, otherModel, "--force").summary();
    assertThat(anew.get("prepared").intValue()).isEqualTo(2);
    assertThat(Tables.units(output)).hasSize(2);
  }

  @Test
  void aSecondJobOnOneOutputIsRefused() throws IOException {
    Path output = directory.resolve("shared");
    Storage storage = new Storage(new org.apache.hadoop.conf.Configuration());
    OutputDirectory locked = new OutputDirectory(storage, Storage.path(output.toString()));
    locked.claim();
    try (OutputLock lock = OutputLock.take(storage, locked)) {
      expect(Run.prepare(good, output, model), "another prepare is writing there");
      assertThat(output.resolve("units")).doesNotExist();
    }
    assertThat(Run.prepare(good, output, model).code()).isZero();
  }
}
