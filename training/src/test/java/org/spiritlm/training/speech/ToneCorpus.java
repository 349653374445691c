package org.spiritlm.training.speech;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioWriter;
import org.spiritlm.corpus.AudioLocation;
import org.spiritlm.corpus.Manifest;
import org.spiritlm.corpus.Utterance;

/** Speech of a very simple tongue: each letter is a tone of 160 ms, and words are apart. */
final class ToneCorpus {
  private static final String LETTERS = "abcd";
  private static final int LETTER_SAMPLES = 2560;

  private ToneCorpus() {}

  /** Writes recordings and their manifest. */
  static Path write(Path directory, int utterances) {
    Path manifest = directory.resolve("manifest.jsonl");
    Random random = new Random(5);
    try (Manifest.Writer writer = new Manifest.Writer(manifest)) {
      for (int i = 0; i < utterances; i++) {
        List<String> words = new ArrayList<>();
        for (int w = 0; w < 2 + random.nextInt(2); w++) {
          StringBuilder word = new StringBuilder();
          for (int c = 0; c < 2 + random.nextInt(2); c++) {
            word.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
          }
          words.add(word.toString());
        }
        List<AlignedWord> times = new ArrayList<>();
        float[] samples = speech(words, random, times);
        AudioWriter.write(
            directory.resolve("u" + i + ".wav"), new Audio(samples, Audio.SPEECH_RATE));
        writer.write(
            new Utterance(
                "u" + i,
                AudioLocation.of("u" + i + ".wav"),
                null,
                null,
                String.join(" ", words),
                times,
                null,
                null,
                i % 8 == 0 ? "dev" : "train"));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return manifest;
  }

  /** When each letter of an utterance is heard. */
  static List<AlignedWord> letters(Utterance utterance) {
    double seconds = (double) LETTER_SAMPLES / Audio.SPEECH_RATE;
    List<AlignedWord> letters = new ArrayList<>();
    for (AlignedWord word : utterance.words()) {
      for (int i = 0; i < word.word().length(); i++) {
        double start = word.start() + i * seconds;
        letters.add(new AlignedWord(word.word().substring(i, i + 1), start, start + seconds));
      }
    }
    return letters;
  }

  static float[] speech(List<String> words, Random random, List<AlignedWord> times) {
    int letters = words.stream().mapToInt(String::length).sum() + words.size() + 1;
    float[] samples = new float[letters * LETTER_SAMPLES];
    int at = LETTER_SAMPLES;
    for (String word : words) {
      double start = (double) at / Audio.SPEECH_RATE;
      for (int c = 0; c < word.length(); c++) {
        double frequency = 300 * Math.pow(1.6, LETTERS.indexOf(word.charAt(c)));
        double phase = 2 * Math.PI * random.nextDouble();
        for (int i = 0; i < LETTER_SAMPLES; i++) {
          double rise = Math.sin(Math.PI * (i + 0.5) / LETTER_SAMPLES); // apart also where equal
          samples[at++] =
              (float)
                  (0.4 * rise * Math.sin(2 * Math.PI * frequency * i / Audio.SPEECH_RATE + phase));
        }
      }
      times.add(new AlignedWord(word, start, (double) at / Audio.SPEECH_RATE));
      at += LETTER_SAMPLES;
    }
    for (int i = 0; i < samples.length; i++) {
      samples[i] += (float) (0.003 * random.nextGaussian());
    }
    return samples;
  }
}
