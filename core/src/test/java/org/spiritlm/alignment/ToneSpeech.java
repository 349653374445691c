package org.spiritlm.alignment;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.audio.AudioWriter;

/**
 * Words of the letters a to h, each a tone, as the model {@code ctc/tones} was taught to hear them
 * (see tools/golden/ctc_tones.py).
 *
 * @param samples mono samples at 16 kHz
 * @param text the words
 * @param words the words with the seconds in which they sound
 */
@SuppressWarnings("ArrayRecordComponent")
public record ToneSpeech(float[] samples, String text, List<AlignedWord> words) {
  private static final int RATE = Audio.SPEECH_RATE;

  /** The model's directory. */
  public static Path aligner() {
    return Path.of("..", "core", "src", "test", "resources", "ctc", "tones"); // from any module
  }

  /** Some random words. */
  public static ToneSpeech random(int count, long seed) {
    Random random = new Random(seed);
    List<String> words = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      StringBuilder word = new StringBuilder();
      for (int letters = 1 + random.nextInt(5); letters > 0; letters--) {
        word.append((char) ('a' + random.nextInt(8)));
      }
      words.add(word.toString());
    }
    return of(String.join(" ", words), seed);
  }

  /** Says words; what is no letter from a to h sounds like nothing. */
  public static ToneSpeech of(String text, long seed) {
    Random random = new Random(seed);
    float[] samples = new float[RATE];
    List<AlignedWord> words = new ArrayList<>();
    int at = seconds(random, 0.1, 0.5);
    for (String word : text.split(" ", -1)) {
      double amplitude = 0.1 + 0.3 * random.nextDouble();
      int start = at;
      for (int i = 0; i < word.length(); i++) {
        at += i > 0 && word.charAt(i) == word.charAt(i - 1) ? RATE / 25 : 0;
        int length = seconds(random, 0.06, 0.16);
        samples = room(samples, at + length);
        tone(samples, at, length, word.charAt(i) - 'a', amplitude);
        at += length;
      }
      words.add(new AlignedWord(word, (double) start / RATE, (double) at / RATE));
      at += seconds(random, 0.06, 0.3);
    }
    samples = Arrays.copyOf(samples, at + seconds(random, 0.05, 0.4));
    for (int i = 0; i < samples.length; i++) {
      samples[i] += (float) (0.002 * random.nextGaussian());
    }
    return new ToneSpeech(samples, text, words);
  }

  private static int seconds(Random random, double least, double most) {
    return (int) (RATE * (least + (most - least) * random.nextDouble()));
  }

  private static float[] room(float[] samples, int needed) {
    return needed <= samples.length ? samples : Arrays.copyOf(samples, 2 * needed);
  }

  private static void tone(float[] samples, int at, int length, int letter, double amplitude) {
    double step = 2 * Math.PI * 300 * Math.pow(1.3, letter) / RATE;
    for (int i = 0; i < length; i++) {
      double edge = Math.min(1, Math.min(i, length - 1 - i) / (0.008 * RATE));
      double wave = Math.sin(step * i) + 0.3 * Math.sin(2 * step * i);
      samples[at + i] = (float) (amplitude * edge * wave);
    }
  }

  /** Writes the samples. */
  public ToneSpeech write(Path file) {
    try (AudioWriter writer = AudioWriter.open(file, RATE, AudioWriter.Encoding.FLOAT32)) {
      writer.write(samples);
      writer.finish();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return this;
  }

  /** The samples as a recording. */
  public SpeechSource source() {
    return source(samples);
  }

  /** Samples as a recording. */
  public static SpeechSource source(float[] samples) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (AudioWriter writer = AudioWriter.stream(bytes, RATE, AudioWriter.Encoding.FLOAT32)) {
      writer.write(samples);
      writer.finish();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return () ->
        AudioReader.open(
            new ByteArrayInputStream(bytes.toByteArray()), "tones", AudioReader.Options.speech());
  }
}
