package org.spiritlm.synthesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.corpus.Manifest;
import org.spiritlm.corpus.Split;
import org.spiritlm.corpus.Utterance;
import org.spiritlm.corpus.WriterLock;
import org.spiritlm.torch.InputException;

/** A file of sentences becomes the same corpus, however it is made. */
final class SyntheticCorpusTest {
  private static final int SENTENCES = 5 * SyntheticCorpus.BLOCK + 3;

  @TempDir Path directory;
  private Path text;
  private final SynthesisRecipe recipe = recipe(11);

  private static SynthesisRecipe recipe(long seed) {
    return new SynthesisRecipe(
        VoiceProfile.first(4), SpeakingStyle.of(List.of("neutral", "whisper", "fast")), 1, seed);
  }

  @BeforeEach
  void writeText() throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < SENTENCES; i++) {
      lines.add(i % 40 == 7 ? "слово " + i : "Line " + (i % 50) + ".");
      lines.add("  ");
    }
    text = Files.write(directory.resolve("text.txt"), lines);
  }

  private SynthesisSummary make(Path corpus, int workers) {
    return new SyntheticCorpus(text, corpus, recipe, workers).make(false, progress -> {});
  }

  /** All files of a directory with their content. */
  private static Map<String, String> content(Path tree) throws IOException {
    Map<String, String> content = new TreeMap<>();
    try (Stream<Path> files = Files.walk(tree)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        byte[] hash = Sentences.sha256().digest(Files.readAllBytes(file));
        content.put(tree.relativize(file).toString(), HexFormat.of().formatHex(hash));
      }
    }
    return content;
  }

  private static List<Utterance> utterances(Path corpus) {
    List<Utterance> utterances = new ArrayList<>();
    Manifest.readWhole(corpus.resolve("manifest.jsonl"), utterances::add);
    return utterances;
  }

  @Test
  void workersAndInterruptionsChangeNoByte() throws IOException {
    Path one = directory.resolve("one");
    SynthesisSummary summary = make(one, 1);
    assertThat(summary.utterances() + summary.rejected()).isEqualTo(SENTENCES);

    Path three = directory.resolve("three");
    assertThat(make(three, 3)).isEqualTo(summary);
    assertThat(content(three)).isEqualTo(content(one));

    Path resumed = directory.resolve("resumed");
    SyntheticCorpus corpus = new SyntheticCorpus(text, resumed, recipe, 1);
    assertThatThrownBy(
            () ->
                corpus.make(
                    false,
                    progress -> {
                      throw new IllegalStateException("killed");
                    }))
        .hasMessage("killed");
    Path parts = resumed.resolve("parts");
    try (Stream<Path> blocks = Files.list(parts)) {
      assertThat(blocks.count()).isBetween(1L, 5L);
    }
    assertThat(resumed.resolve("summary.json")).doesNotExist();
    // What a kill in the middle of a block leaves.
    Files.createDirectories(parts.resolve(".000005.part"));
    Files.writeString(parts.resolve(".000005.part").resolve("manifest.jsonl"), "{\"id\":");
    Files.createDirectories(resolve(resumed, "audio", "000005"));
    Files.writeString(resolve(resumed, "audio", "000005").resolve(".a.wav.part"), "RIFF");
    long before = SENTENCES;
    long[] done = new long[1];
    double[] seconds = new double[1];
    assertThat(
            new SyntheticCorpus(text, resumed, recipe, 2)
                .make(
                    false,
                    progress -> {
                      done[0] = progress.done();
                      seconds[0] = progress.seconds();
                    }))
        .isEqualTo(summary);
    assertThat(done[0]).isEqualTo(before);
    assertThat(seconds[0]).isLessThan(summary.seconds());
    assertThat(content(resumed)).isEqualTo(content(one));
  }

  private static Path resolve(Path path, String first, String second) {
    return path.resolve(first).resolve(second);
  }

  @Test
  void aFinishedCorpusIsLeftAsItIs() throws IOException {
    Path corpus = directory.resolve("corpus");
    SynthesisSummary summary = make(corpus, 2);
    Map<String, String> content = content(corpus);
    SyntheticCorpus again = new SyntheticCorpus(text, corpus, recipe, 1);
    assertThat(
            again.make(
                false,
                progress -> {
                  throw new AssertionError("spoken again");
                }))
        .isEqualTo(summary);
    assertThat(content(corpus)).isEqualTo(content);
  }

  @Test
  void theManifestDescribesTheRecordings() throws IOException {
    Path corpus = directory.resolve("corpus");
    make(corpus, 2);
    List<Utterance> utterances = utterances(corpus);
    Map<String, String> splits = new TreeMap<>();
    for (Utterance utterance : utterances) {
      Path file = corpus.resolve(utterance.audio().file());
      double seconds = AudioReader.read(file).seconds();
      assertThat(utterance.end()).isEqualTo(seconds);
      assertThat(utterance.text()).startsWith("Line ");
      assertThat(utterance.words()).hasSize(2);
      assertThat(utterance.split()).isIn("train", "dev", "test");
      String text = String.valueOf(utterance.text());
      assertThat(splits.merge(text, String.valueOf(utterance.split()), (a, b) -> a))
          .isEqualTo(utterance.split());
    }
    Map<String, Long> pairs =
        utterances.stream()
            .collect(
                Collectors.groupingBy(u -> u.speaker() + " " + u.style(), Collectors.counting()));
    assertThat(pairs).hasSize(12);
    assertThat(pairs.values()).allMatch(count -> count >= SENTENCES / 12 - 3);
    List<String> rejected = Files.readAllLines(corpus.resolve("rejected.jsonl"));
    assertThat(rejected).hasSize(4).allMatch(line -> line.contains("another alphabet"));
    assertThat(rejected.get(0)).contains("\"line\":15").contains("0000008");

    double end = 0;
    for (String line : Files.readAllLines(corpus.resolve("phones.ctm"))) {
      String[] parts = line.split(" ", -1);
      assertThat(parts).hasSize(5);
      double start = Double.parseDouble(parts[2]);
      if (start > 0) {
        assertThat(start).isCloseTo(end, within(1e-9));
      }
      end = start + Double.parseDouble(parts[3]);
    }
  }

  @Test
  void sentencesAreSplitByTheirLettersAlone() {
    assertThat(Split.of("Hello, world!")).isEqualTo(Split.of("hello world"));
    Map<String, Long> counts =
        Stream.iterate(0, i -> i + 1)
            .limit(4000)
            .collect(Collectors.groupingBy(i -> Split.of("line " + i), Collectors.counting()));
    assertThat(counts.get("dev")).isBetween(140L, 260L);
    assertThat(counts.get("test")).isBetween(140L, 260L);
  }

  @Test
  void aSentenceIsTakenInDifferentPairs() {
    Path corpus = directory.resolve("corpus");
    SynthesisRecipe three =
        new SynthesisRecipe(VoiceProfile.first(2), SpeakingStyle.of(List.of("sad", "angry")), 3, 0);
    SynthesisSummary summary =
        new SyntheticCorpus(text, corpus, three, 2).make(false, progress -> {});
    assertThat(summary.utterances() + summary.rejected()).isEqualTo(3L * SENTENCES);
    assertThat(utterances(corpus)).extracting(Utterance::id).doesNotHaveDuplicates();
    assertThatThrownBy(
            () ->
                new SynthesisRecipe(VoiceProfile.first(1), SpeakingStyle.of(List.of("sad")), 2, 0))
        .hasMessageContaining("takes is 2, expected 1 to 1");
  }

  private void refused(Path corpus, SynthesisRecipe other, String... message) {
    assertThatThrownBy(
            () -> new SyntheticCorpus(text, corpus, other, 1).make(false, progress -> {}))
        .isInstanceOf(InputException.class)
        .hasMessageContainingAll(message);
  }

  @Test
  void badTextsAreToldBeforeAnythingIsWritten() throws IOException {
    Path corpus = directory.resolve("corpus");
    Files.writeString(text, "\n  \n");
    refused(corpus, recipe, "text.txt is empty", "one sentence a line");
    Files.write(text, "Fine.\nCaf\u00e9\n".getBytes(StandardCharsets.ISO_8859_1));
    refused(corpus, recipe, "text.txt, line 2", "not a text in UTF-8");
    text = directory;
    refused(corpus, recipe, "is no file");
    text = directory.resolve("none.txt");
    assertThatThrownBy(() -> make(corpus, 1)).hasMessageContaining("none.txt");
    assertThat(corpus).doesNotExist();
  }

  @Test
  void unknownStylesAndVoicesAreTold() {
    assertThatThrownBy(() -> SpeakingStyle.of(List.of("bored")))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "unknown style 'bored'; known are neutral, happy, sad, angry, whisper, sleepy,"
                + " enunciated, fast");
    assertThatThrownBy(() -> SpeakingStyle.of(List.of("sad", "sad")))
        .hasMessageContaining("named twice");
    assertThatThrownBy(() -> VoiceProfile.first(9)).hasMessageContaining("expected 1 to 8");
    assertThatThrownBy(() -> new SyntheticCorpus(text, directory, recipe, 0))
        .hasMessageContaining("number of workers is 0");
  }

  @Test
  void nothingElseIsOverwritten() throws IOException {
    Path corpus = directory.resolve("corpus");
    Files.writeString(corpus, "a file");
    refused(corpus, recipe, "is a file");
    refused(directory, recipe, "holds something else");
    Files.delete(corpus);
    make(corpus, 2);
    Map<String, String> content = content(corpus);
    refused(corpus, recipe(12), "another text, seed", "--force");
    assertThat(content(corpus)).isEqualTo(content);
    new SyntheticCorpus(text, corpus, recipe(12), 2).make(true, progress -> {});
    assertThat(content(corpus)).isNotEqualTo(content);
  }

  @Test
  void whatAKillBeforeTheRecipeLeftIsNoOtherCorpus() throws IOException {
    Path corpus = Files.createDirectory(directory.resolve("corpus"));
    Files.writeString(corpus.resolve(".recipe.json.part"), "{\"te");
    Files.createFile(corpus.resolve(".lock"));
    try (WriterLock lock =
        new CorpusFiles(corpus).begin(recipe.describe(Sentences.scan(text)), false)) {
      assertThat(lock.isValid()).isTrue();
      assertThat(corpus.resolve("recipe.json")).exists();
    }
    assertThat(corpus.resolve(".lock")).doesNotExist();
  }

  @Test
  void twoJobsOnOneCorpusAreToldApart() throws IOException {
    Path corpus = directory.resolve("corpus");
    CorpusFiles files = new CorpusFiles(corpus);
    try (WriterLock lock = files.begin(recipe.describe(Sentences.scan(text)), false)) {
      assertThat(lock.isValid()).isTrue();
      refused(corpus, recipe, "another process", corpus.toString());
    }
    assertThat(make(corpus, 1).utterances()).isPositive();
  }

  @Test
  void aWriteErrorIsToldAndWhatIsDoneIsKept() throws IOException {
    Path corpus = directory.resolve("corpus");
    Files.createDirectories(corpus);
    new CorpusFiles(corpus).begin(recipe.describe(Sentences.scan(text)), false).close();
    Files.writeString(corpus.resolve("audio"), "in the way");
    refused(corpus, recipe, "cannot write the corpus in " + corpus, "goes on with it");
    Files.delete(corpus.resolve("audio"));
    assertThat(make(corpus, 2).utterances()).isPositive();
  }
}
