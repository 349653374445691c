package org.spiritlm.app.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.spiritlm.corpus.PreparedUtterance;
import org.spiritlm.corpus.WordFrames;
import org.spiritlm.prompt.TokenLayout;
import org.spiritlm.shards.Sampler;
import org.spiritlm.shards.SamplerOptions;
import org.spiritlm.shards.ShardSet;
import org.spiritlm.shards.ShardSetWriter;
import org.spiritlm.text.NewTokenizer;
import org.spiritlm.text.TextTokenizer;
import org.spiritlm.text.Vocabulary;
import org.spiritlm.units.SpeechUnits;

/** How fast training data come. */
public final class DataBenchmarks {
  private static final int LENGTH = 4096;
  private static final int SEQUENCES = 250;
  private static final int ITEMS = 3000;

  private DataBenchmarks() {}

  /** The sampler: text, speech and aligned speech with pitch and style, a third each. */
  public static List<Benchmark> all() {
    return List.of(new Benchmark("sampler", "tokens/s", DataBenchmarks::sampler));
  }

  private static Benchmark.Task sampler() {
    ShardSet shards = newShards();
    Sampler sampler = new Sampler(shards, SamplerOptions.of(shards, LENGTH, 1));
    return (round, clock) -> {
      long sum = 0;
      for (int i = 0; i < SEQUENCES; i++) {
        sum += sampler.next().ids()[LENGTH - 1];
      }
      if (sum <= 0) {
        throw new IllegalStateException("the sampler gives nothing");
      }
      return SEQUENCES * (double) LENGTH;
    };
  }

  private static ShardSet newShards() {
    try {
      Path directory = Files.createTempDirectory("spiritlm-bench");
      Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(directory)));
      Path model = Files.createDirectory(directory.resolve("tokenizer"));
      NewTokenizer.small(Vocabulary.tokens(501, 64, 100)).write(model, LENGTH);
      TextTokenizer tokenizer = TextTokenizer.open(model);
      ShardSetWriter writer =
          new ShardSetWriter(
              directory.resolve("shards"),
              tokenizer,
              Vocabulary.of(tokenizer, tokenizer.size()),
              TokenLayout.SPIRIT_LM,
              ShardSetWriter.Limits.DEFAULT,
              rejection -> {
                throw new IllegalStateException(rejection.toString());
              });
      Random random = new Random(1);
      for (int i = 0; i < ITEMS; i++) {
        writer.add(utterance("aligned-" + i, 35, random));
        writer.add(utterance("speech-" + i, 0, random));
        writer.addText("text-" + i, String.join(" ", words(300, random)));
      }
      writer.finish();
      return ShardSet.open(directory.resolve("shards"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> words(int count, Random random) {
    return random
        .ints(count, 0, 20_000)
        .mapToObj(word -> Integer.toString(word, 36).replaceAll("[0-9]", "e"))
        .collect(Collectors.toCollection(ArrayList::new));
  }

  /** Twelve seconds of speech; units last two frames on average. */
  private static PreparedUtterance utterance(String id, int words, Random random) {
    int frames = 300;
    int[] hubert = new int[frames];
    for (int i = 0; i < frames; i++) {
      hubert[i] = i > 0 && random.nextBoolean() ? hubert[i - 1] : random.nextInt(501);
    }
    List<WordFrames> list = new ArrayList<>();
    for (String word : words(words, random)) {
      int start = 5 + 8 * list.size();
      list.add(new WordFrames(word, start, start + 7));
    }
    SpeechUnits units =
        new SpeechUnits(
            hubert,
            random.ints(frames / 2, 0, 64).toArray(),
            random.ints((frames + 24) / 25, 0, 100).toArray());
    return new PreparedUtterance(
        id, null, null, null, frames / 25.0, units, list, null, null, "", "");
  }

  private static void delete(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
