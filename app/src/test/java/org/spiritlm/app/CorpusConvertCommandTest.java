package org.spiritlm.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.corpus.WriterLock;

/** {@code corpus convert} on the excerpt of LibriSpeech that comes along. */
class CorpusConvertCommandTest {
  private static final String ID = "7143-88743-0029";

  @TempDir Path directory;

  @BeforeEach
  void copyTheExcerpt() throws IOException {
    Path chapter = Files.createDirectories(directory.resolve("LibriSpeech/dev/7143/88743"));
    Files.copy(Path.of("..", "examples", "speech.flac"), chapter.resolve(ID + ".flac"));
    Files.writeString(
        chapter.resolve("7143-88743.trans.txt"), ID + " SOME WORDS\n7143-88743-0030 MISSING\n");
  }

  private String path(String name) {
    return directory.resolve(name).toString();
  }

  @Test
  void aManifestAndWhatWasLeftOutAreWritten() throws IOException {
    JsonNode summary =
        Run.of("corpus", "convert", path("LibriSpeech"), "-o", path("m.jsonl"), "--json").object();
    assertThat(summary.path("format").asText()).isEqualTo("librispeech");
    assertThat(summary.path("utterances").asInt()).isEqualTo(1);
    assertThat(summary.path("rejected").asInt()).isEqualTo(1);
    assertThat(summary.path("rejected_file").asText()).isEqualTo(path("m.rejected.jsonl"));
    assertThat(directory.resolve("m.jsonl"))
        .hasContent(
            "{\"id\":\"7143-88743-0029\",\"audio\":"
                + "\"LibriSpeech/dev/7143/88743/7143-88743-0029.flac\",\"text\":\"SOME WORDS\","
                + "\"speaker\":\"7143\",\"split\":\"dev\"}");
    assertThat(Files.readString(directory.resolve("m.rejected.jsonl")))
        .startsWith(
            "{\"id\":\"7143-88743-0030\",\"audio\":"
                + "\"LibriSpeech/dev/7143/88743/7143-88743-0030.flac\",\"reason\":\"there is no");
    try (Stream<Path> left = Files.list(directory)) {
      assertThat(left).hasSize(3);
    }
  }

  @Test
  void whereAllIsBadTheReasonsAreKept() throws IOException {
    Path corpus = Files.createDirectory(directory.resolve("bad"));
    for (String name : List.of("a", "b")) {
      Files.writeString(corpus.resolve(name + ".wav"), "no sound");
      Files.writeString(corpus.resolve(name + ".txt"), "words");
    }
    Run run = Run.of("corpus", "convert", corpus.toString(), "-o", path("m.jsonl"));
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("all 2 were refused (see " + path("m.rejected.jsonl"));
    assertThat(Files.readAllLines(directory.resolve("m.rejected.jsonl"))).hasSize(2);
    assertThat(directory.resolve("m.jsonl")).doesNotExist();
  }

  @Test
  void aSecondJobOnOneManifestIsRefused() {
    try (WriterLock lock = WriterLock.of(directory.resolve("m.jsonl"))) {
      assertThat(lock.isValid()).isTrue();
      Run run = Run.of("corpus", "convert", path("LibriSpeech"), "-o", path("m.jsonl"));
      assertThat(run.code()).isEqualTo(2);
      assertThat(run.err()).contains("m.jsonl: another process is writing it");
      assertThat(directory.resolve("m.jsonl")).doesNotExist();
    }
    assertThat(Run.of("corpus", "convert", path("LibriSpeech"), "-o", path("m.jsonl")).code())
        .isZero();
    assertThat(directory.resolve(".m.jsonl.lock")).doesNotExist();
  }

  @Test
  void wordTimesAreAddedAndNothingIsLeftOutInSilence() throws IOException {
    Files.writeString(
        directory.resolve("a.ctm"), ID + " 1 0.5 0.2 some\n" + ID + " 1 0.7 0.3 words\n");
    Run run =
        Run.of(
            "corpus",
            "convert",
            path("LibriSpeech"),
            "--format",
            "LibriSpeech",
            "--alignments",
            path("a.ctm"),
            "-o",
            path("m.jsonl"));
    assertThat(run.code()).isZero();
    assertThat(run.out().lines()).contains("aligned: 1", "words: 2", "rejected: 1");
    assertThat(run.err()).contains("7143-88743-0030").contains("no such recording");
    assertThat(Files.readString(directory.resolve("m.jsonl")))
        .contains("{\"w\":\"WORDS\",\"start\":0.7,\"end\":1.0}");
  }

  @Test
  void mistakesAreTheUsersAndReplaceNothing() throws IOException {
    Files.writeString(directory.resolve("old.jsonl"), "old");
    Files.writeString(directory.resolve("none.jsonl"), "{\"id\":\"a\",\"audio\":\"no.wav\"}\n");
    String corpus = path("LibriSpeech");
    List<String[]> mistakes =
        List.of(
            new String[] {path("none"), "-o", path("m.jsonl")},
            new String[] {corpus, "-o", path("old.jsonl")},
            new String[] {corpus, "-o", path("no/m.jsonl")},
            new String[] {corpus, "--format", "timit", "-o", path("m.jsonl")},
            new String[] {corpus, "--format", "vctk", "-o", path("m.jsonl")},
            new String[] {corpus, "--untranscribed", "-o", path("m.jsonl")},
            new String[] {corpus, "--alignments", path("no.ctm"), "-o", path("m.jsonl")},
            new String[] {path("none.jsonl"), "-o", path("m.jsonl")},
            new String[] {corpus});
    for (String[] words : mistakes) {
      String[] args =
          Stream.concat(Stream.of("corpus", "convert"), Stream.of(words)).toArray(String[]::new);
      Run run = Run.of(args);
      assertThat(run.code()).as(run.err()).isEqualTo(2);
      assertThat(run.err().lines().count()).as(run.err()).isLessThanOrEqualTo(2);
      assertThat(run.out()).isEmpty();
    }
    assertThat(directory.resolve("old.jsonl")).hasContent("old");
    assertThat(directory.resolve("m.jsonl")).doesNotExist();
    assertThat(directory.resolve("m.rejected.jsonl")).doesNotExist();
    assertThat(Run.of("corpus").err()).contains("a command is missing");
    assertThat(Run.of("corpus", "convert", corpus, "-o", path("old.jsonl"), "--force").code())
        .isZero();
    assertThat(directory.resolve("old.jsonl")).content().contains(ID);
  }
}
