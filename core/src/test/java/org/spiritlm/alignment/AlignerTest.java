package org.spiritlm.alignment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;

/** A model that hears letters finds the words that were said, and what cannot be aligned. */
final class AlignerTest {
  private static final Aligner ALIGNER = Aligner.open(ToneSpeech.aligner(), Device.CPU);

  @TempDir Path directory;

  @Test
  void wordsAreFoundWhereTheyAreSaid() {
    List<Double> errors = new ArrayList<>();
    for (int seed = 0; seed < 10; seed++) {
      ToneSpeech speech = ToneSpeech.random(12, seed);
      AlignedTranscript aligned = align(speech, speech.text());
      assertThat(aligned.words()).extracting(AlignedWord::word).containsExactly(words(speech));
      assertThat(aligned.seconds())
          .isEqualTo(speech.samples().length / 16000.0, Offset.offset(1e-9));
      assertThat(aligned.score()).isBetween(-0.3, 0.0);
      for (int i = 0; i < aligned.words().size(); i++) {
        AlignedWord found = aligned.words().get(i);
        errors.add(Math.abs(found.start() - speech.words().get(i).start()));
        errors.add(Math.abs(found.end() - speech.words().get(i).end()));
        assertThat(found.score()).isNotNull();
      }
    }
    errors.sort(null);
    assertThat(errors.get(errors.size() / 2)).isLessThanOrEqualTo(0.02);
    assertThat(errors.get(errors.size() * 95 / 100)).isLessThanOrEqualTo(0.08);
  }

  @Test
  void otherWordsScoreFarLess() {
    ToneSpeech speech = ToneSpeech.of("abba cafe bad deed", 3);
    double right = align(speech, "abba cafe bad deed").score();
    AlignedTranscript wrong = align(speech, "hugh gage fee egg");
    assertThat(right).isGreaterThan(-0.3);
    assertThat(wrong.score()).isLessThan(-2);
    AlignedTranscript oneWrong = align(speech, "abba gehe bad deed");
    assertThat(oneWrong.words())
        .extracting(word -> word.score() != null && word.score() > -1)
        .containsExactly(true, false, true, true);
  }

  /** What the alphabet cannot write takes the sound between its neighbours. */
  @Test
  void unknownWordsAreWildcards() {
    ToneSpeech speech = ToneSpeech.of("abba cafe hag deed", 4);
    AlignedTranscript known = align(speech, speech.text());
    AlignedTranscript aligned = align(speech, "Abba, 1984 — HAG 日本!");
    assertThat(aligned.words())
        .extracting(AlignedWord::word)
        .containsExactly("Abba,", "1984", "—", "HAG", "日本!");
    List<AlignedWord> words = aligned.words();
    assertThat(words.get(0).start()).isEqualTo(known.words().get(0).start());
    assertNear(words.get(1), known.words().get(1));
    assertThat(words.get(1).score()).isNull();
    assertThat(words.get(2))
        .isEqualTo(new AlignedWord("—", words.get(1).end(), words.get(1).end(), null));
    assertNear(words.get(3), known.words().get(2));
    assertNear(words.get(4), known.words().get(3));
    assertThat(aligned.score()).isGreaterThan(-0.3);
  }

  @Test
  void aTranscriptMayBeginWithWhatIsNotSaid() {
    ToneSpeech speech = ToneSpeech.of("abba cafe", 5);
    List<AlignedWord> words = align(speech, "... abba cafe").words();
    assertThat(words.get(0).start()).isEqualTo(words.get(0).end()).isEqualTo(words.get(1).start());
  }

  /** What is aligned together is what each is alone, and what fails touches no other. */
  @Test
  void batchIsSingles() {
    List<Aligner.Task> tasks = new ArrayList<>();
    List<AlignedTranscript> singles = new ArrayList<>();
    for (int seed = 0; seed < 6; seed++) {
      ToneSpeech speech = ToneSpeech.random(1 + 3 * seed, 20 + seed);
      tasks.add(new Aligner.Task(speech.source(), speech.text()));
      singles.add(align(speech, speech.text()));
    }
    tasks.add(2, new Aligner.Task(ToneSpeech.random(2, 1).source(), "日本"));
    List<Aligner.Outcome> outcomes = new ArrayList<>(ALIGNER.align(tasks));
    assertThat(outcomes.remove(2).failure())
        .isNotNull()
        .hasMessageContaining("none of its 1 words");
    for (int i = 0; i < singles.size(); i++) {
      assertSame(outcomes.get(i).get(), singles.get(i));
    }
  }

  @Test
  void whatCannotBeAlignedIsRefused() {
    ToneSpeech speech = ToneSpeech.of("abba", 6);
    assertRefused(() -> align(speech, " \t "), "no words");
    assertRefused(() -> align(speech, "12 — 日本"), "none of its 3 words");
    String tooLong = "abcdefgh ".repeat(20);
    assertRefused(() -> align(speech, tooLong), "shorter than its transcript", "at least 179");
    Path missing = directory.resolve("missing.wav");
    assertRefused(() -> ALIGNER.align(() -> AudioReader.open(missing), "abba"), "missing.wav");
    SpeechSource short1 = ToneSpeech.source(new float[100]);
    assertRefused(() -> ALIGNER.align(short1, "a"), "has 0 frames");
  }

  @Test
  void directoriesThatHoldNoAlignerAreRefused() throws IOException {
    assertThatThrownBy(() -> Aligner.open(directory.resolve("none"), Device.CPU))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("no such directory");
    for (String file :
        List.of("config.json", "model.safetensors", "vocab.json", "preprocessor_config.json")) {
      Path copy = copy("without-" + file);
      Files.delete(copy.resolve(file));
      assertThatThrownBy(() -> Aligner.open(copy, Device.CPU))
          .isInstanceOf(CheckpointException.class)
          .hasMessageContaining(file);
    }
    Path other = copy("other-size");
    replace(other.resolve("config.json"), "\"vocab_size\": 11", "\"vocab_size\": 12");
    assertThatThrownBy(() -> Aligner.open(other, Device.CPU))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("lm_head.weight")
        .hasMessageContaining("[11, 32], expected [12, 32]");
    Path rate = copy("other-rate");
    replace(rate.resolve("preprocessor_config.json"), "16000", "8000");
    assertThatThrownBy(() -> Aligner.open(rate, Device.CPU))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("'sampling_rate' must be 16000, found 8000");
  }

  @Test
  void stridesOfNoUseAreRefused() throws IOException {
    for (String strides : List.of("1000000, 1000000, 1000000, 1000000", "5, 40, 40, 40")) {
      Path copy = copy("strides-" + strides.length());
      Path file = copy.resolve("config.json");
      String text = Files.readString(file);
      String changed =
          text.replaceAll("(?s)\"conv_stride\": \\[.*?]", "\"conv_stride\": [" + strides + "]");
      assertThat(changed).isNotEqualTo(text);
      Files.writeString(file, changed);
      assertThatThrownBy(() -> Aligner.open(copy, Device.CPU))
          .isInstanceOf(CheckpointException.class)
          .hasMessageContaining("'conv_stride' must be such that a frame sees at most 1.0 s");
    }
  }

  @Test
  void aDirectoryWithoutATokenizerConfigurationServes() throws IOException {
    Path copy = copy("no-tokenizer");
    Files.delete(copy.resolve("tokenizer_config.json"));
    ToneSpeech speech = ToneSpeech.of("abba cafe", 7);
    assertThat(Aligner.open(copy, Device.CPU).align(speech.source(), speech.text()))
        .isEqualTo(align(speech, speech.text()));
  }

  private Path copy(String name) throws IOException {
    Path copy = Files.createDirectory(directory.resolve(name));
    try (Stream<Path> files = Files.list(ToneSpeech.aligner())) {
      for (Path file : files.toList()) {
        Files.copy(file, copy.resolve(file.getFileName()));
      }
    }
    return copy;
  }

  private static void replace(Path file, String what, String with) throws IOException {
    String text = Files.readString(file);
    assertThat(text).contains(what);
    Files.writeString(file, text.replace(what, with));
  }

  private static void assertRefused(Runnable work, String... messages) {
    assertThatThrownBy(work::run)
        .isInstanceOf(InputException.class)
        .hasMessageContainingAll(messages);
  }

  static void assertSame(AlignedTranscript found, AlignedTranscript expected) {
    assertThat(found.seconds()).isEqualTo(expected.seconds());
    assertThat(found.score()).isEqualTo(expected.score(), Offset.offset(2e-4));
    assertThat(found.words()).hasSameSizeAs(expected.words());
    for (int i = 0; i < found.words().size(); i++) {
      AlignedWord word = found.words().get(i);
      AlignedWord other = expected.words().get(i);
      assertThat(new AlignedWord(word.word(), word.start(), word.end()))
          .isEqualTo(new AlignedWord(other.word(), other.start(), other.end()));
    }
  }

  private static void assertNear(AlignedWord found, AlignedWord expected) {
    assertThat(found.start()).isEqualTo(expected.start(), Offset.offset(0.041));
    assertThat(found.end()).isEqualTo(expected.end(), Offset.offset(0.041));
  }

  private AlignedTranscript align(ToneSpeech speech, String text) {
    return ALIGNER.align(speech.source(), text);
  }

  private static String[] words(ToneSpeech speech) {
    return Arrays.stream(speech.text().split(" ", -1)).toArray(String[]::new);
  }
}
