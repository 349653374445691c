package org.spiritlm.shards;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.spiritlm.corpus.PreparedUtterance;
import org.spiritlm.corpus.Rejection;
import org.spiritlm.interleaving.Utterances;
import org.spiritlm.prompt.TokenLayout;
import org.spiritlm.shards.ShardSetWriter.Limits;
import org.spiritlm.text.TextTokenizer;
import org.spiritlm.text.Vocabulary;

/** Shards made up for tests. */
final class Samples {
  static final TextTokenizer TOKENIZER = Utterances.expressive();
  static final Vocabulary VOCABULARY = Vocabulary.of(TOKENIZER, 32768);

  private Samples() {}

  static ShardSetWriter writer(Path directory, Limits limits, List<Rejection> rejections) {
    return new ShardSetWriter(
        directory, TOKENIZER, VOCABULARY, TokenLayout.SPIRIT_LM, limits, rejections::add);
  }

  static PreparedUtterance aligned(int i) {
    return Utterances.random("aligned-" + i, i, 1 + i % 50, i % 3 > 0);
  }

  static PreparedUtterance speech(int i) {
    PreparedUtterance words = Utterances.random("speech-" + i, 1000L + i, 5 + i % 40, i % 3 > 0);
    return new PreparedUtterance(
        words.id(),
        null,
        null,
        null,
        words.seconds(),
        words.units(),
        List.of(),
        null,
        null,
        "m",
        "c");
  }

  /** Speech with a text and no times of words. */
  static PreparedUtterance transcribed(int i) {
    PreparedUtterance speech = speech(100 + i);
    return new PreparedUtterance(
        "transcribed-" + i,
        null,
        null,
        null,
        speech.seconds(),
        speech.units(),
        List.of(),
        " " + text(i) + "\n",
        null,
        "m",
        "c");
  }

  static String text(int i) {
    Random random = new Random(i);
    return random
        .ints(1 + i % 70, 0, 9)
        .mapToObj(word -> "word" + word)
        .collect(Collectors.joining(" "));
  }

  /** A set of so many items of each kind, none of them transcribed. */
  static ShardSet write(Path directory, int aligned, int speech, int text) {
    return write(directory, aligned, speech, text, 0);
  }

  /** A set of so many items of each kind. */
  static ShardSet write(Path directory, int aligned, int speech, int text, int transcribed) {
    ShardSetWriter writer = writer(directory, new Limits(7, 1 << 20), new ArrayList<>());
    for (int i = 0; i < aligned; i++) {
      writer.add(aligned(i));
    }
    for (int i = 0; i < speech; i++) {
      writer.add(speech(i));
    }
    for (int i = 0; i < text; i++) {
      writer.addText("text-" + i, text(i));
    }
    for (int i = 0; i < transcribed; i++) {
      writer.add(transcribed(i));
    }
    writer.finish();
    return ShardSet.open(directory);
  }
}
