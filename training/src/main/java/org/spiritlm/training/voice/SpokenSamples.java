package org.spiritlm.training.voice;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioWriter;
import org.spiritlm.torch.NoGradients;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;

/**
 * How well a vocoder speaks recordings that it does not learn from: the distance of mel
 * spectrograms and of durations, and the sounds as WAV files to listen to.
 */
final class SpokenSamples {
  /** What is longer is cut. */
  private static final int LONGEST_SECONDS = 10;

  private final VoiceItems items;
  private final VoiceFrames frames;
  private final MelDistance mel;
  private final int count;
  private final Path directory;

  /**
   * @param count how many recordings at most; the first ones
   * @param directory where the sounds are written: {@code original}, and one folder a time
   */
  SpokenSamples(VoiceFrames frames, VoiceItems items, MelDistance mel, int count, Path directory) {
    this.items = items;
    this.frames = frames;
    this.mel = mel;
    this.count = Math.min(count, items.count());
    this.directory = directory;
  }

  /**
   * Speaks all and compares, {@code mel} first.
   *
   * @param step what the folder is called
   */
  Map<String, Double> measure(TrainableVocoder vocoder, long step) {
    int hop = vocoder.config().hop();
    double distance = 0;
    double errors = 0;
    int heard = 0;
    try (NoGradients none = NoGradients.open()) {
      for (int i = 0; i < count; i++) {
        int length = Math.min(frames.count(i), LONGEST_SECONDS * Audio.SPEECH_RATE / hop);
        if ((long) length * hop < mel.shortest()) {
          continue;
        }
        float[] original = Arrays.copyOf(items.samples(i), length * hop);
        try (Scope scope = Scope.open()) {
          FrameBatch one = frames.stretches(new int[] {i}, new int[1], length);
          Tensor spoken = vocoder.forward(one);
          Tensor real = vocoder.device().place(Tensors.of(original, 1, original.length));
          distance += mel.forward(spoken, real).item_double();
          if (vocoder.predictsDurations()) {
            int[][] units = {items.item(i).units().hubert()};
            errors += vocoder.durationLoss(DurationBatch.of(units)).item_double();
          }
          write(directory.resolve(String.format(Locale.ROOT, "%09d", step)), i, spoken);
          write(directory.resolve("original"), i, real);
        }
        heard++;
      }
    }
    Map<String, Double> measured = new LinkedHashMap<>();
    if (heard > 0) {
      measured.put("mel", distance / heard);
      if (vocoder.predictsDurations()) {
        measured.put("durations", errors / heard);
      }
    }
    return measured;
  }

  private void write(Path folder, int index, Tensor samples) {
    String safe = items.item(index).id().replaceAll("[^\\p{L}\\p{N}._-]", "_");
    String name = index + "-" + safe.substring(0, Math.min(60, safe.length())) + ".wav";
    try {
      Files.createDirectories(folder);
      AudioWriter.write(
          folder.resolve(name), new Audio(Tensors.floats(samples), Audio.SPEECH_RATE));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
