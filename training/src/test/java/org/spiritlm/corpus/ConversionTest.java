package org.spiritlm.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.json.JsonLine;
import org.spiritlm.json.JsonLines;

/** A manifest holds what was read, relative to itself, and what was left out is told. */
class ConversionTest {
  @TempDir Path directory;
  private SmallFiles files;

  @BeforeEach
  void begin() throws IOException {
    directory = directory.toRealPath();
    files = new SmallFiles(directory);
  }

  private Conversion.Summary convert(String source, @Nullable String alignments, String output)
      throws IOException {
    Path manifest = directory.resolve(output);
    Files.createDirectories(manifest.getParent());
    Path from = directory.resolve(source);
    try (Alignments times =
        alignments == null ? null : Alignments.open(directory.resolve(alignments))) {
      return new Conversion(CorpusFormat.recognise(from).corpus(false), times, true)
          .run(from, manifest.getParent(), manifest, directory.resolve("rejected.jsonl"));
    }
  }

  private List<String> reasons() {
    List<String> reasons = new ArrayList<>();
    try (JsonLines lines = JsonLines.open(directory.resolve("rejected.jsonl"))) {
      for (JsonLine line : lines) {
        reasons.add(line.text("id") + ": " + line.text("reason"));
      }
    }
    return reasons;
  }

  @Test
  void aManifestHoldsWhatWasRead() throws IOException {
    files
        .wav("c/a/one.wav", 1)
        .text("c/a/one.txt", "One.")
        .wav("c/two.wav", 2)
        .text("c/two.txt", "Two");
    Conversion.Summary summary = convert("c", null, "out/m.jsonl");
    assertThat(summary).isEqualTo(new Conversion.Summary(2, 0, 2, 0, 0, null));
    Collected direct = Collected.of(new FolderCorpus(false), directory.resolve("c"));
    Collected again = Collected.of(new ManifestCorpus(), directory.resolve("out/m.jsonl"));
    assertThat(again.utterances).isEqualTo(direct.utterances);
    assertThat(Files.readString(directory.resolve("out/m.jsonl")))
        .contains("\"audio\":\"../c/a/one.wav\"");
    convert("out/m.jsonl", null, "elsewhere/deeper/n.jsonl");
    assertThat(
            Collected.of(new ManifestCorpus(), directory.resolve("elsewhere/deeper/n.jsonl"))
                .utterances)
        .isEqualTo(direct.utterances);
  }

  @Test
  void everyBadItemIsNamedAndTheRestIsKept() throws IOException {
    files
        .wav("good.wav", 1)
        .wav("c/long.flac", 2)
        .text("text.wav", "no audio")
        .text("empty.wav", "")
        .text(
            "m.jsonl",
            """
            {"id":"good","audio":"good.wav","text":"a b"}
            {"id":"missing","audio":"missing.wav","text":"a"}
            {"id":"unreadable","audio":"text.wav","text":"a"}
            {"id":"nothing","audio":"empty.wav","text":"a"}
            {"id":"good","audio":"good.wav","text":"again"}
            {"id":"blank","audio":"good.wav","text":" "}
            {"id":"backwards","audio":"good.wav","start":0.9,"end":0.1}
            {"id":"beyond","audio":"good.wav","start":0.5,"end":1.5}
            {"id":"after","audio":"good.wav","start":1.5}
            {"id":"overlap","audio":"good.wav","words":[{"w":"a","start":0.1,"end":0.5},{"w":"b","start":0.3,"end":0.6}]}
            {"id":"late","audio":"good.wav","words":[{"w":"a","start":0.1,"end":1.7}]}
            {"id":"turned","audio":"good.wav","words":[{"w":"a","start":0.5,"end":0.2}]}
            {"id":"outside","audio":"c/long.flac","start":1.0,"end":2.0,"words":[{"w":"a","start":0.1,"end":0.5}]}
            {"id":"channel","audio":"good.wav#channel=2"}
            {"id":"bytes","audio":"good.wav#bytes=10+99999999"}
            {"id":"far","audio":"hdfs://host/x.wav"}
            {"id":"part","audio":"c/long.flac","start":1.0,"end":2.0}
            """);
    Conversion.Summary summary = convert("m.jsonl", null, "n.jsonl");
    assertThat(Collected.of(new ManifestCorpus(), directory.resolve("n.jsonl")).ids())
        .containsExactly("good", "far", "part");
    assertThat(summary.rejected()).isEqualTo(14);
    List<String> expected =
        List.of(
            "missing: .*does not exist.*",
            "unreadable: .*not audio.*",
            "nothing: .*empty.*",
            "good: .*was there before.*",
            "blank: .*transcript is empty.*",
            "backwards: .*is none.*",
            "beyond: .*past the recording's end.*",
            "after: .*past the recording's end.*",
            "overlap: .*starts before.*",
            "late: .*past the recording's end.*",
            "turned: .*ends before it starts.*",
            "outside: .*lies outside.*",
            "channel: .*channel.*",
            "bytes: .*expected audio there.*");
    List<String> found = reasons();
    for (String reason : expected) {
      assertThat(found).as(reason).anyMatch(line -> line.matches("(?s)" + reason));
    }
    assertThat(found).hasSameSizeAs(expected);
  }

  @Test
  void alignmentsAreAdded() throws IOException {
    files
        .wav("c/a.wav", 1)
        .text("c/a.txt", "The cat.")
        .wav("c/b.wav", 1)
        .text("c/b.txt", "A dog")
        .wav("c/d.wav", 1)
        .text("c/d.txt", "Alone")
        .text(
            "t/a.json",
            "{\"words\":[{\"w\":\"the\",\"start\":0.1,\"end\":0.2},"
                + "{\"w\":\"cat\",\"start\":0.2,\"end\":0.4}]}")
        .text(
            "t/b.json",
            "{\"words\":[{\"w\":\"a\",\"start\":0.1,\"end\":0.2},"
                + "{\"w\":\"cow\",\"start\":0.2,\"end\":0.4}]}");
    Conversion.Summary summary = convert("c", "t", "m.jsonl");
    assertThat(summary.aligned()).isEqualTo(1);
    assertThat(summary.words()).isEqualTo(2);
    Collected read = Collected.of(new ManifestCorpus(), directory.resolve("m.jsonl"));
    assertThat(read.ids()).containsExactly("a", "d");
    assertThat(read.get("a").words())
        .containsExactly(new AlignedWord("The", 0.1, 0.2), new AlignedWord("cat.", 0.2, 0.4));
    assertThat(reasons()).singleElement().asString().contains("b: ", "'cow'", "'dog'");
  }

  @Test
  void whatIsAlignedWithoutATranscriptTakesTheWordsForOne() throws IOException {
    files
        .wav("a.wav", 1)
        .text("m.jsonl", "{\"id\":\"a\",\"audio\":\"a.wav\"}\n")
        .text("a.ctm", "a 1 0.1 0.2 hello\na 1 0.4 0.2 there\n");
    convert("m.jsonl", "a.ctm", "n.jsonl");
    assertThat(Collected.of(new ManifestCorpus(), directory.resolve("n.jsonl")).get("a").text())
        .isEqualTo("hello there");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aFullDiskIsToldWithTheFile() {
    Manifest.Writer writer = new Manifest.Writer(Path.of("/dev/full"));
    writer.write(Utterance.of("a", AudioLocation.of("a.wav"), null));
    assertThatThrownBy(writer::close)
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("cannot write /dev/full: No space left on device");
  }

  @Property(tries = 50)
  void namesAreSeenOnceEach(@ForAll @Size(max = 3000) List<@StringLength(max = 3) String> names) {
    SeenNames seen = new SeenNames();
    java.util.Set<String> expected = new java.util.HashSet<>();
    for (String name : names) {
      assertThat(seen.contains(name)).isEqualTo(expected.contains(name));
      assertThat(seen.add(name)).isEqualTo(expected.add(name));
    }
    for (int i = 0; i < 10_000; i++) {
      assertThat(seen.add("name " + i)).isTrue();
    }
  }
}
