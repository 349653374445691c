package org.spiritlm.interleaving;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.spiritlm.corpus.PreparedUtterance;
import org.spiritlm.corpus.WordFrames;
import org.spiritlm.text.TextTokenizer;
import org.spiritlm.units.SpeechUnits;

/** Utterances made up for tests, and tokenizers to write them with. */
public final class Utterances {
  private static final List<String> WORDS =
      List.of(
          "the",
          "cat",
          "sat",
          "on",
          "a",
          "mat,",
          "and",
          "I",
          "don't",
          "know",
          "why",
          "naïve",
          "Überraschung",
          "42",
          "yes.",
          "\"No!\"",
          "日本",
          "x",
          "def",
          "return");

  private static final Path CHECKPOINTS =
      Path.of("..", "core", "src", "test", "resources", "parity", "checkpoints");

  private Utterances() {}

  /** A tokenizer of the parity fixtures. */
  public static TextTokenizer tokenizer(String path) {
    return TextTokenizer.open(CHECKPOINTS.resolve(path));
  }

  /** The expressive one in the released layout. */
  public static TextTokenizer expressive() {
    return tokenizer("spiritlm_model/spirit-lm-expressive-7b");
  }

  /**
   * An utterance.
   *
   * @param words how many; some have no frame, some follow each other with gaps, some overlap
   */
  public static PreparedUtterance random(String id, long seed, int words, boolean expressive) {
    Random random = new Random(seed);
    int frames = random.nextInt(6);
    List<WordFrames> list = new ArrayList<>();
    for (int i = 0; i < words; i++) {
      int start = Math.max(0, frames + random.nextInt(-1, 4));
      if (!list.isEmpty()) {
        start = Math.max(start, list.get(list.size() - 1).start());
      }
      int end = start + (random.nextInt(5) == 0 ? 0 : random.nextInt(1, 12));
      list.add(new WordFrames(WORDS.get(random.nextInt(WORDS.size())), start, end));
      frames = Math.max(frames, end);
    }
    int[] hubert = random.ints(frames + random.nextInt(6), 0, 6).map(unit -> unit * 100).toArray();
    int[] pitch = random.ints(hubert.length / 2 + random.nextInt(2), 0, 3).toArray();
    int[] style = random.ints((hubert.length + 24) / 25, 0, 100).toArray();
    String text =
        words == 0 ? null : list.stream().map(WordFrames::word).collect(Collectors.joining(" "));
    return new PreparedUtterance(
        id,
        null,
        null,
        "train",
        hubert.length / 25.0,
        new SpeechUnits(hubert, expressive ? pitch : null, expressive ? style : null),
        list,
        text,
        null,
        "toy",
        "test");
  }
}
