package org.spiritlm.training.language;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.spiritlm.LoadOptions;
import org.spiritlm.SpiritLm;
import org.spiritlm.checkpoint.FreshModel;
import org.spiritlm.checkpoint.Preset;
import org.spiritlm.checkpoint.Variant;
import org.spiritlm.corpus.PreparedParquetWriter;
import org.spiritlm.corpus.PreparedUtterance;
import org.spiritlm.corpus.WordFrames;
import org.spiritlm.shards.ShardSet;
import org.spiritlm.shards.ShardSetWriter;
import org.spiritlm.torch.DType;
import org.spiritlm.units.SpeechUnits;

/** Utterances of which every word has units of its own, and a small model that can learn them. */
final class SpokenNumbers {
  private static final List<String> WORDS = List.of("one", "two", "three", "four");
  private static final int FRAMES = 2;

  private SpokenNumbers() {}

  /** A toy model. */
  static Path model(Path target, boolean taskTokens) {
    new FreshModel(Preset.TOY, Variant.BASE, 3, DType.F32, null, taskTokens)
        .write(target, line -> {});
    return target;
  }

  /** So many utterances; every fifth is of the split dev. Loud ones have other units. */
  static List<PreparedUtterance> utterances(int count) {
    List<PreparedUtterance> utterances = new ArrayList<>();
    SplittableRandom random = new SplittableRandom(5);
    for (int i = 0; i < count; i++) {
      boolean loud = random.nextBoolean();
      List<WordFrames> words = new ArrayList<>();
      int[] units = new int[FRAMES * (1 + random.nextInt(2))];
      for (int at = 0; at < units.length; at += FRAMES) {
        int word = random.nextInt(WORDS.size());
        for (int frame = 0; frame < FRAMES; frame++) {
          units[at + frame] = (loud ? 100 : 0) + FRAMES * word + frame;
        }
        words.add(new WordFrames(WORDS.get(word), at, at + FRAMES));
      }
      utterances.add(
          new PreparedUtterance(
              "number-" + i,
              "speaker" + i % 2,
              loud ? "loud" : "soft",
              i % 5 == 0 ? "dev" : "train",
              units.length / 25.0,
              new SpeechUnits(units, null, null),
              words,
              String.join(" ", words.stream().map(WordFrames::word).toList()),
              null,
              "m",
              "c"));
    }
    return utterances;
  }

  /** The same as the command prepare writes them. */
  static Path prepared(Path directory, int count) throws IOException {
    Path file = Files.createDirectories(directory.resolve("units")).resolve("part.parquet");
    try (PreparedParquetWriter writer = new PreparedParquetWriter(file)) {
      utterances(count).forEach(writer::write);
    }
    return directory;
  }

  /** The same as shards of a model. */
  static Path shards(Path directory, Path model, int count) {
    SpiritLm opened = SpiritLm.load(model, LoadOptions.standard());
    ShardSetWriter writer =
        new ShardSetWriter(
            directory,
            opened.tokenizer(),
            opened.vocabulary(),
            opened.tokenLayout(),
            ShardSetWriter.Limits.DEFAULT,
            rejection -> {
              throw new AssertionError(rejection);
            });
    utterances(count).forEach(writer::add);
    writer.finish();
    ShardSet.open(directory).close();
    return directory;
  }
}
