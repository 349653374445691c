package org.spiritlm.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioWriter;
import org.spiritlm.checkpoint.FreshModel;
import org.spiritlm.checkpoint.Preset;
import org.spiritlm.checkpoint.Variant;
import org.spiritlm.corpus.AudioLocation;
import org.spiritlm.corpus.Manifest;
import org.spiritlm.corpus.Utterance;
import org.spiritlm.torch.DType;

/** Short sounds with words, and a small model. */
final class ToyCorpus {
  private ToyCorpus() {}

  /** A model with random weights in a new directory. */
  static Path model(Path directory, Variant variant, long seed) {
    new FreshModel(Preset.TOY, variant, seed, DType.F32, null).write(directory, step -> {});
    return directory;
  }

  /** A sound of half a second to a second and a half, another one for each number. */
  static Audio sound(int number) {
    Random random = new Random(number);
    float[] samples = new float[8_000 + random.nextInt(16_000)];
    double frequency = 100 + 50 * random.nextInt(20);
    for (int i = 0; i < samples.length; i++) {
      double glide = frequency * (1 + 0.5 * Math.sin(i / 4000.0));
      samples[i] =
          (float) (0.3 * Math.sin(i * glide * 2 * Math.PI / 16_000) + 0.05 * random.nextGaussian());
    }
    return new Audio(samples, Audio.SPEECH_RATE);
  }

  /** The transcript of a sound, another one for each number. */
  static String text(int number) {
    return "The cat" + "!".repeat(number);
  }

  /** Writes sounds and a manifest of them. */
  static Path write(Path directory, int count) throws IOException {
    Files.createDirectories(directory);
    List<Utterance> utterances = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      AudioWriter.write(directory.resolve(i + ".wav"), sound(i));
      utterances.add(
          new Utterance(
              "item-" + i,
              AudioLocation.of(i + ".wav"),
              i % 5 == 0 ? 0.1 : null,
              i % 5 == 0 ? 0.45 : null,
              text(i),
              List.of(new AlignedWord("the", 0.1, 0.2), new AlignedWord("cat", 0.21, 0.4)),
              i % 2 == 0 ? "speaker " + i % 3 : null,
              i % 3 == 0 ? "happy" : null,
              "train"));
    }
    return manifest(directory, utterances);
  }

  /** Writes a manifest. */
  static Path manifest(Path directory, List<Utterance> utterances) {
    Path manifest = directory.resolve("corpus.jsonl");
    try (Manifest.Writer writer = new Manifest.Writer(manifest)) {
      utterances.forEach(writer::write);
    }
    return manifest;
  }
}
