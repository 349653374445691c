package org.spiritlm.corpus.alignment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.alignment.ToneSpeech;
import org.spiritlm.corpus.AudioLocation;
import org.spiritlm.corpus.Manifest;
import org.spiritlm.corpus.Utterance;
import org.spiritlm.json.Json;
import org.spiritlm.json.JsonLine;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;

/** From manifest to manifest: every item is in one of the two results, once, whatever happens. */
final class CorpusAlignmentTest {
  private static final CorpusAlignment ALIGNMENT =
      CorpusAlignment.open(ToneSpeech.aligner(), Device.CPU, CorpusAlignment.DEFAULT_LEAST_SCORE);
  private static final CorpusAlignment.Progress SILENT = (done, all, before, seconds) -> {};

  @TempDir Path directory;
  private Path manifest = Path.of("");
  private Path output = Path.of("");
  private Path rejections = Path.of("");

  @BeforeEach
  void name() {
    manifest = directory.resolve("in.jsonl");
    output = directory.resolve("out.jsonl");
    rejections = directory.resolve("out.rejected.jsonl");
  }

  /** Stands for a process that is killed. */
  private static final class Killed extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  @Test
  void wordsGetTimesOfTheFileAndTheRestIsKept() throws IOException {
    ToneSpeech speech = ToneSpeech.of("abba cafe bad deed", 1).write(directory.resolve("a.wav"));
    double start = speech.words().get(1).start() - 0.03;
    double end = speech.words().get(2).end() + 0.03;
    Utterance whole = Utterance.of("whole", AudioLocation.of("a.wav"), "Abba, cafe bad deed.");
    Utterance stretch =
        new Utterance(
            "stretch",
            AudioLocation.of("a.wav"),
            start,
            end,
            "cafe bad",
            List.of(new AlignedWord("old", start, end)),
            "a speaker",
            "whispered",
            "train");
    Utterance onlyWords =
        Utterance.of("words", AudioLocation.of("a.wav"), null)
            .withWords(speech.words().stream().map(word -> word).toList());
    write(List.of(whole, stretch, onlyWords));

    CorpusAlignment.Summary summary = run();

    List<Utterance> aligned = read(output);
    assertThat(aligned).extracting(Utterance::id).containsExactly("whole", "stretch", "words");
    assertThat(aligned.get(1)).isEqualTo(stretch.withWords(aligned.get(1).words()));
    assertThat(aligned.get(0).words())
        .extracting(AlignedWord::word)
        .containsExactly("Abba,", "cafe", "bad", "deed.");
    assertNear(aligned.get(0).words(), speech.words());
    assertNear(aligned.get(1).words(), speech.words().subList(1, 3));
    assertNear(aligned.get(2).words(), speech.words());
    assertThat(summary.utterances()).isEqualTo(3);
    assertThat(summary.words()).isEqualTo(10);
    assertThat(summary.rejected()).isZero();
    assertThat(summary.wildcards()).isZero();
    assertThat(summary.meanScore()).isNotNull();
    assertThat(files()).containsExactly("a.wav", "in.jsonl", "out.jsonl");
  }

  @Test
  void everyBadItemIsToldWithItsReason() throws IOException {
    ToneSpeech.of("abba cafe bad deed", 1).write(directory.resolve("a.wav"));
    Files.writeString(directory.resolve("noise.wav"), "no audio at all");
    Files.writeString(
        manifest,
        """
        {"id":"good","audio":"a.wav","text":"abba cafe bad deed"}
        {"id":"silent","audio":"a.wav"}
        {"id":"blank","audio":"a.wav","text":" "}
        {"id":"numbers","audio":"a.wav","text":"12 13"}
        {"id":"missing","audio":"b.wav","text":"abba"}
        {"id":"noise","audio":"noise.wav","text":"abba"}
        {"id":"long","audio":"a.wav","start":0.2,"end":0.4,"text":"abba cafe bad deed"}
        {"id":"past","audio":"a.wav","start":100,"end":101,"text":"abba"}
        {"id":"wrong","audio":"a.wav","text":"hugh gage fee egg"}
        {"id":"good","audio":"a.wav","text":"abba cafe bad deed"}
        no json
        {"id":"remote","audio":"s3a://bucket/a.wav","text":"abba"}
        """);

    CorpusAlignment.Summary summary = run();

    assertThat(read(output)).extracting(Utterance::id).containsExactly("good");
    assertThat(summary.rejected()).isEqualTo(11);
    List<JsonLine> rejected = Json.lines(rejections);
    assertThat(rejected)
        .extracting(line -> line.text("id"))
        .containsExactly(
            "silent", "blank", "numbers", "missing", "noise", "long", "past", "wrong", "good",
            "line 11", "remote");
    List<String> reasons =
        List.of(
            "no transcript",
            "the transcript is empty",
            "none of its 2 words has a letter that the aligner knows",
            "b.wav",
            "noise.wav",
            "shorter than its transcript",
            "a.wav",
            "below -2.00",
            "was there before",
            "line 11",
            "not a local file");
    for (int i = 0; i < reasons.size(); i++) {
      assertThat(rejected.get(i).text("reason")).contains(reasons.get(i));
    }
    assertThat(rejected.get(3).text("audio")).isEqualTo("b.wav");
    assertThat(rejected.get(9).object().get("audio").isNull()).isTrue();
  }

  /** Killed after any group and started again, the result is that of one run. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void aRunThatWasKilledGoesOn(int groups) throws IOException {
    writeMany();
    run();
    String whole = Files.readString(output);
    String wholeRejections = Files.readString(rejections);
    Files.delete(output);
    Files.delete(rejections);

    int[] left = {groups};
    assertThatThrownBy(
            () ->
                ALIGNMENT.run(
                    manifest,
                    output,
                    rejections,
                    (done, all, before, seconds) -> {
                      if (--left[0] == 0) {
                        throw new Killed();
                      }
                    }))
        .isInstanceOf(Killed.class);
    assertThat(output).doesNotExist();
    Path journal = directory.resolve(".out.jsonl.journal");
    Files.writeString(journal, "+{\"id\":\"half a li", StandardOpenOption.APPEND);

    List<Long> told = new ArrayList<>();
    CorpusAlignment.Summary summary =
        ALIGNMENT.run(
            manifest,
            output,
            rejections,
            (done, all, before, seconds) -> {
              assertThat(all).isEqualTo(40);
              assertThat(before).isEqualTo(16L * groups > 40 ? 40 : 16L * groups);
              told.add(done);
            });

    assertThat(Files.readString(output)).isEqualTo(whole);
    assertThat(Files.readString(rejections)).isEqualTo(wholeRejections);
    assertThat(summary.resumed()).isEqualTo(Math.min(40, 16L * groups));
    assertThat(summary.utterances()).isEqualTo(36);
    assertThat(summary.rejected()).isEqualTo(4);
    assertThat(told).hasSize(3 - groups);
    assertThat(journal).doesNotExist();
  }

  /** So that a run that is killed in a corpus of chapters loses one at most. */
  @Test
  void aLongRecordingIsNotedByItself() throws IOException {
    ToneSpeech speech = ToneSpeech.random(140, 1).write(directory.resolve("long.wav"));
    double seconds = speech.samples().length / 16000.0;
    assertThat(seconds).isGreaterThan(61);
    ToneSpeech brief = ToneSpeech.random(2, 2).write(directory.resolve("brief.wav"));
    List<Utterance> utterances = new ArrayList<>();
    for (String id : List.of("a", "b", "c", "d")) {
      utterances.add(Utterance.of(id, AudioLocation.of("brief.wav"), brief.text()));
    }
    utterances.add(
        2,
        new Utterance(
            "long",
            AudioLocation.of("long.wav"),
            0.0,
            seconds,
            speech.text(),
            List.of(),
            null,
            null,
            null));
    write(utterances);
    List<Long> told = new ArrayList<>();
    ALIGNMENT.run(manifest, output, rejections, (done, all, before, spoken) -> told.add(done));
    assertThat(told).containsExactly(2L, 3L, 5L);
    assertThat(read(output)).extracting(Utterance::id).containsExactly("a", "b", "long", "c", "d");
  }

  @Test
  void anotherRunsRemainsAreNotGoneOnWith() throws IOException {
    writeMany();
    assertThatThrownBy(
            () ->
                ALIGNMENT.run(
                    manifest,
                    output,
                    rejections,
                    (done, all, before, seconds) -> {
                      throw new Killed();
                    }))
        .isInstanceOf(Killed.class);
    CorpusAlignment other = CorpusAlignment.open(ToneSpeech.aligner(), Device.CPU, -1);
    assertThatThrownBy(() -> other.run(manifest, output, rejections, SILENT))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("another run left")
        .hasMessageContaining(".out.jsonl.journal");
    Files.writeString(
        manifest, "{\"id\":\"more\",\"audio\":\"0.wav\"}\n", StandardOpenOption.APPEND);
    assertThatThrownBy(this::run).isInstanceOf(InputException.class);
  }

  @Test
  void twoRunsDoNotShareAnOutput() throws IOException {
    writeMany();
    try (FileChannel held =
            FileChannel.open(
                directory.resolve(".out.jsonl.journal"),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        var lock = held.lock()) {
      assertThat(lock.isValid()).isTrue();
      assertThatThrownBy(this::run)
          .isInstanceOf(InputException.class)
          .hasMessageContaining("another process");
    }
  }

  @Test
  void relativeAudioIsFoundFromWhereTheOutputLies() throws IOException {
    Path in = Files.createDirectories(directory.resolve("corpus/lists"));
    Path audio = Files.createDirectories(directory.resolve("corpus/audio")).resolve("a.wav");
    Path out = Files.createDirectories(directory.resolve("results"));
    ToneSpeech speech = ToneSpeech.of("abba cafe", 1).write(audio);
    manifest = in.resolve("in.jsonl");
    output = out.resolve("out.jsonl");
    write(
        List.of(
            Utterance.of("relative", AudioLocation.of("../audio/a.wav"), speech.text()),
            Utterance.of("absolute", AudioLocation.of(audio.toString()), speech.text())));
    run();
    assertThat(read(output))
        .extracting(utterance -> utterance.audio().file())
        .containsExactly("../corpus/audio/a.wav", audio.toString());
  }

  @Test
  void whatIsNoFileIsNotReplaced() throws IOException {
    writeMany();
    for (Path taken : List.of(output, rejections)) {
      Files.createDirectory(taken);
      assertThatThrownBy(this::run)
          .isInstanceOf(InputException.class)
          .hasMessageContaining(taken + " is no file");
      Files.delete(taken);
    }
    manifest = directory;
    assertThatThrownBy(this::run)
        .isInstanceOf(InputException.class)
        .hasMessageContaining("is a directory");
  }

  @Test
  void emptyAndMissingManifestsAreRefused() throws IOException {
    Files.writeString(manifest, "\n \n");
    assertThatThrownBy(this::run)
        .isInstanceOf(InputException.class)
        .hasMessageContaining("holds no utterance");
    Files.delete(manifest);
    assertThatThrownBy(this::run).isInstanceOf(UncheckedIOException.class);
    assertThat(files()).isEmpty();
  }

  private CorpusAlignment.Summary run() {
    return ALIGNMENT.run(manifest, output, rejections, SILENT);
  }

  /** Forty items, of which every tenth has the words of another. */
  private void writeMany() throws IOException {
    List<Utterance> utterances = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      Path file = directory.resolve(i + ".wav");
      ToneSpeech speech = ToneSpeech.random(2, i).write(file);
      String text = i % 10 == 9 ? "hgfhgf ahahah hbhbhb" : speech.text();
      utterances.add(Utterance.of("u" + i, AudioLocation.of(i + ".wav"), text));
    }
    write(utterances);
  }

  private void write(List<Utterance> utterances) throws IOException {
    try (Manifest.Writer writer = new Manifest.Writer(manifest)) {
      utterances.forEach(writer::write);
    }
  }

  private static List<Utterance> read(Path file) {
    List<Utterance> utterances = new ArrayList<>();
    Manifest.readWhole(file, utterances::add);
    return utterances;
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> String.valueOf(file.getFileName())).sorted().toList();
    }
  }

  private static void assertNear(List<AlignedWord> found, List<AlignedWord> expected) {
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < found.size(); i++) {
      assertThat(found.get(i).start()).isEqualTo(expected.get(i).start(), Offset.offset(0.05));
      assertThat(found.get(i).end()).isEqualTo(expected.get(i).end(), Offset.offset(0.05));
    }
  }
}
