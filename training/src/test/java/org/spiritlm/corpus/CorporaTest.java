package org.spiritlm.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.torch.InputException;

/** Each form of corpus is recognised and read, and its bad items are named. */
class CorporaTest {
  @TempDir Path directory;
  private SmallFiles files;

  @BeforeEach
  void begin() throws IOException {
    directory = directory.toRealPath();
    files = new SmallFiles(directory);
  }

  private Collected read(CorpusFormat expected) {
    assertThat(CorpusFormat.recognise(directory)).isEqualTo(expected);
    return Collected.of(expected.corpus(false), directory);
  }

  private String path(String name) {
    return AudioFiles.written(directory.resolve(name));
  }

  @Test
  void libriSpeech() {
    String chapter = "dev-clean/84/121123/84-121123-";
    files
        .text("SPEAKERS.TXT", "84 | F | dev-clean | 8.02 | Christie Nowak")
        .wav(chapter + "0000.flac", 1)
        .wav(chapter + "0001.flac", 1)
        .wav(chapter + "0003.flac", 1)
        .wav(chapter + "0004.flac", 1)
        .bytes(
            "dev-clean/84/121123/84-121123.trans.txt",
            """
            84-121123-0000 GO DO YOU HEAR
            84-121123-0001
            84-121123-0002 NOT THERE
            84-121123-0005 é
            84-121123-0003 BUT IN LESS\r
            """
                .getBytes(StandardCharsets.ISO_8859_1))
        .wav("test-other/7/8/7-8-0000.flac", 1)
        .text("test-other/7/8/7-8.trans.txt", "7-8-0000 AND\n");
    Collected read = read(CorpusFormat.LIBRISPEECH);
    assertThat(read.ids()).containsExactly("84-121123-0000", "84-121123-0003", "7-8-0000");
    Utterance first = read.get("84-121123-0000");
    assertThat(first.audio().file()).isEqualTo(path(chapter + "0000.flac"));
    assertThat(first.text()).isEqualTo("GO DO YOU HEAR");
    assertThat(first.speaker()).isEqualTo("84");
    assertThat(first.split()).isEqualTo("dev-clean");
    assertThat(read.get("84-121123-0003").text()).isEqualTo("BUT IN LESS");
    assertThat(read.rejections).hasSize(4);
    assertThat(read.reason("84-121123-0001")).contains("transcript is empty");
    assertThat(read.reason("84-121123-0002")).contains("no such recording").contains("line 3");
    assertThat(read.reason("84-121123-0004")).contains("no transcript");
    assertThat(read.rejections).anyMatch(bad -> bad.reason().contains("line 4: not a text in UTF"));
    Collected part = Collected.of(new LibriSpeechCorpus(), directory.resolve("dev-clean/84"));
    assertThat(part.utterances).isEqualTo(read.utterances.subList(0, 2));
  }

  @Test
  void ljSpeech() {
    files
        .text(
            "metadata.csv",
            "LJ001-0001|In 1455|In fourteen\nLJ001-0002|alone|\nLJ001-0003|x|gone\nnothing\n")
        .wav("wavs/LJ001-0001.wav", 1)
        .wav("wavs/LJ001-0002.wav", 1)
        .wav("wavs/LJ001-0009.wav", 1);
    Collected read = read(CorpusFormat.LJSPEECH);
    assertThat(read.get("LJ001-0001").text()).isEqualTo("In fourteen");
    assertThat(read.get("LJ001-0002").text()).isEqualTo("alone");
    assertThat(read.get("LJ001-0002").audio().file()).isEqualTo(path("wavs/LJ001-0002.wav"));
    assertThat(read.utterances).hasSize(2);
    assertThat(read.reason("LJ001-0003")).contains("no such recording");
    assertThat(read.reason("LJ001-0009")).contains("no transcript");
    assertThat(read.rejections).hasSize(3).anyMatch(bad -> bad.id().endsWith("line 4"));
    assertThat(Collected.of(new LjSpeechCorpus(), directory.resolve("metadata.csv")).utterances)
        .isEqualTo(read.utterances);
  }

  @Test
  void vctk() {
    files
        .wav("wav48_silence_trimmed/p225/p225_001_mic1.flac", 1)
        .wav("wav48_silence_trimmed/p225/p225_001_mic2.flac", 1)
        .wav("wav48_silence_trimmed/p225/p225_003_mic1.flac", 1)
        .wav("wav48_silence_trimmed/p315/p315_001_mic1.flac", 1)
        .text("wav48_silence_trimmed/log.txt", "no recording")
        .text("txt/p225/p225_001.txt", "Please call Stella.\n")
        .text("txt/p225/p225_002.txt", "Ask her.\n")
        .bytes("txt/p225/p225_003.txt", new byte[] {(byte) 0xff, (byte) 0xfe, 'a', 0});
    Collected read = read(CorpusFormat.VCTK);
    assertThat(read.ids()).containsExactly("p225_001_mic1", "p225_001_mic2");
    assertThat(read.get("p225_001_mic2").text()).isEqualTo("Please call Stella.");
    assertThat(read.get("p225_001_mic2").speaker()).isEqualTo("p225");
    assertThat(read.refused())
        .containsExactlyInAnyOrder("p225_003_mic1", "p315_001_mic1", "p225_002");
    assertThat(read.reason("p225_003_mic1")).contains("not a text in UTF-8");
  }

  @Test
  void olderVctk() {
    files.wav("wav48/p225/p225_001.wav", 1).text("txt/p225/p225_001.txt", "Please call Stella.\n");
    assertThat(read(CorpusFormat.VCTK).ids()).containsExactly("p225_001");
  }

  @Test
  void commonVoice() {
    String header = "client_id\tpath\tsentence\tup_votes\n";
    files
        .text(
            "train.tsv",
            header + "abc\tcv_1.mp3\t\"\"\"Hi\"\", he said\"\t2\nabc\tcv_2.mp3\tGone\t2\n")
        .text("test.tsv", header + "d\tcv_3.mp3\tOne \"two\" three\t2\nd\tcv_3.mp3\tAgain\t2\n")
        .text("validated.tsv", header + "abc\tcv_1.mp3\tHi\t2\n\tcv_4\tFour\t0\nshort\n")
        .wav("clips/cv_1.mp3", 1)
        .wav("clips/cv_3.mp3", 1)
        .wav("clips/cv_4.mp3", 1);
    Collected read = read(CorpusFormat.COMMON_VOICE);
    assertThat(read.ids()).containsExactly("cv_1", "cv_3", "cv_3", "cv_4");
    assertThat(read.get("cv_1").text()).isEqualTo("\"Hi\", he said");
    assertThat(read.get("cv_1").speaker()).isEqualTo("abc");
    assertThat(read.get("cv_1").split()).isEqualTo("train");
    assertThat(read.get("cv_3").text()).isEqualTo("One \"two\" three");
    assertThat(read.get("cv_4").split()).isEqualTo("validated");
    assertThat(read.get("cv_4").speaker()).isNull();
    assertThat(read.reason("cv_2")).contains("no such recording").contains("line 3");
    assertThat(read.rejections).hasSize(2);
    assertThat(CorpusFormat.recognise(directory.resolve("test.tsv")))
        .isEqualTo(CorpusFormat.COMMON_VOICE);
    files.text("dev.tsv", "a\tb\n");
    assertThatThrownBy(() -> read(CorpusFormat.COMMON_VOICE))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("sentence");
  }

  @Test
  void expresso() {
    String read48 = "audio_48khz/read/";
    String talk = "audio_48khz/conversational/";
    files
        .text(
            "read_transcriptions.txt",
            "ex01_happy_00001\tThe *best* day.\nex01_happy_00002\tGone.\nex02_default_longform_1\tL\n")
        .text(
            "VAD_segments.txt",
            """
            # comment
            ex01-ex02_sad-calm_001/channel1\t(0.5, 2.0) (3.0, 6.0)
            ex01-ex02_sad-calm_001/channel2\t(1.0, 3.5)
            broken\tno times
            ex02_default_longform_1\t(0, 1.5) (2.5, 4)
            """)
        .text("splits/train.txt", "# x\nex01_happy_00001\nex01-ex02_sad-calm_001\t(, 4.0s)\n")
        .text(
            "splits/test.txt",
            "ex01-ex02_sad-calm_001\t(4.0s, )\nex02_default_longform_1\t(0.0, 3.0)\n")
        .wav(read48 + "ex01/happy/base/ex01_happy_00001.wav", 1)
        .wav(read48 + "ex01/happy/base/ex01_happy_00003.wav", 1)
        .wav(read48 + "ex02/default/longform/ex02_default_longform_1.wav", 5)
        .wav(talk + "ex01-ex02/sad-calm/ex01-ex02_sad-calm_001.wav", 7)
        .wav(talk + "ex01/singing/ex01_singing_001.wav", 7);
    Collected read = read(CorpusFormat.EXPRESSO);
    Utterance base = read.get("ex01_happy_00001");
    assertThat(base.text()).isEqualTo("The best day.");
    assertThat(base.speaker()).isEqualTo("ex01");
    assertThat(base.style()).isEqualTo("happy");
    assertThat(base.split()).isEqualTo("train");
    String dialogue = "ex01-ex02_sad-calm_001/channel";
    assertThat(read.ids())
        .containsExactly(
            "ex01_happy_00001",
            "ex02_default_longform_1/0.00-1.50",
            "ex02_default_longform_1/2.50-3.00",
            "ex01_singing_001",
            dialogue + "1/0.50-2.00",
            dialogue + "1/3.00-4.00",
            dialogue + "1/4.00-6.00",
            dialogue + "2/1.00-3.50");
    Utterance left = read.get(dialogue + "1/4.00-6.00");
    assertThat(left.audio().channel()).isEqualTo(1);
    assertThat(left.start()).isEqualTo(4.0);
    assertThat(left.end()).isEqualTo(6.0);
    assertThat(left.split()).isEqualTo("test");
    assertThat(left.style()).isEqualTo("sad");
    assertThat(left.text()).isNull();
    Utterance right = read.get(dialogue + "2/1.00-3.50");
    assertThat(right.speaker()).isEqualTo("ex02");
    assertThat(right.style()).isEqualTo("calm");
    assertThat(right.split()).isEqualTo("train");
    assertThat(read.get("ex01_singing_001").style()).isEqualTo("singing");
    assertThat(read.refused()).hasSize(3).contains("ex01_happy_00002", "ex01_happy_00003");
    assertThat(read.rejections).anyMatch(bad -> bad.reason().contains("after broken"));
  }

  @Test
  void folders() throws IOException {
    files
        .wav("a/one.wav", 1)
        .text("a/one.txt", "\uFEFFFirst thing \n")
        .wav("b.wav", 1)
        .text("c.txt", "nobody says it")
        .wav(".hidden.wav", 1);
    Files.createSymbolicLink(directory.resolve("a/up"), directory);
    Collected read = read(CorpusFormat.FOLDER);
    assertThat(read.utterances)
        .containsExactly(Utterance.of("a/one", AudioLocation.of(path("a/one.wav")), "First thing"));
    assertThat(read.refused()).containsExactly("b", "c");
    Collected spoken = Collected.of(CorpusFormat.FOLDER.corpus(true), directory);
    assertThat(spoken.ids()).containsExactly("b", "a/one");
    assertThat(spoken.get("b").text()).isNull();
    assertThatThrownBy(() -> CorpusFormat.VCTK.corpus(true)).isInstanceOf(InputException.class);
  }

  @Test
  void whatIsNoCorpusIsRefused() {
    files.text("notes.txt", "x").text("x.tar.gz", "x");
    for (String name : new String[] {"", "none", "notes.txt", "x.tar.gz"}) {
      assertThatThrownBy(() -> CorpusFormat.recognise(directory.resolve(name)))
          .as(name)
          .isInstanceOf(InputException.class);
    }
    assertThatThrownBy(() -> CorpusFormat.parse("timit"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("common-voice");
    assertThatThrownBy(() -> CorpusFormat.VCTK.corpus(false).read(directory, new Collected()))
        .isInstanceOf(InputException.class);
  }
}
