package org.spiritlm.shards;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.spiritlm.corpus.PreparedUtterance;
import org.spiritlm.corpus.Rejection;
import org.spiritlm.corpus.WordFrames;
import org.spiritlm.interleaving.IdBuffer;
import org.spiritlm.interleaving.Modality;
import org.spiritlm.interleaving.SequenceTokens;
import org.spiritlm.interleaving.SequenceWriter;
import org.spiritlm.interleaving.Span;
import org.spiritlm.interleaving.WordTokenizer;
import org.spiritlm.prompt.TokenLayout;
import org.spiritlm.shards.ShardSummary.Counts;
import org.spiritlm.text.IdRange;
import org.spiritlm.text.TextTokenizer;
import org.spiritlm.text.Vocabulary;
import org.spiritlm.torch.InputException;

/**
 * Writes a directory of shards: each beside its place and moved, their list last. Memory holds one
 * shard of each kind. Not thread-safe.
 *
 * <p>An item that cannot be used is told to a listener and left out: one without speech or text,
 * with units or with tokens written out that would not be read as text, or whose words the
 * tokenizer does not read one by one.
 */
public final class ShardSetWriter {
  private final Path directory;
  private final Vocabulary vocabulary;
  private final SequenceTokens tokens;
  private final SequenceWriter sequences;
  private final WordTokenizer words;
  private final Limits limits;
  private final Consumer<Rejection> rejections;
  private final Map<ShardKind, ShardBuilder> builders = new EnumMap<>(ShardKind.class);
  private final Map<ShardKind, Counts> counts = new EnumMap<>(ShardKind.class);
  private final List<ShardRecord> records = new ArrayList<>();
  private final IdBuffer ids = new IdBuffer();
  private long rejected;

  /**
   * When a shard is full.
   *
   * @param items this many items
   * @param bytes or this many bytes
   */
  public record Limits(int items, long bytes) {
    /** 10,000 items or 64 MiB. */
    public static final Limits DEFAULT = new Limits(10_000, 1L << 26);

    public Limits {
      if (items < 1 || bytes < 1) {
        throw new InputException("a shard of " + items + " items and " + bytes + " bytes");
      }
    }
  }

  /**
   * Begins.
   *
   * @param directory where there is none yet, or an empty one
   * @param rejections takes what cannot be used
   * @throws InputException if something is in the directory
   */
  public ShardSetWriter(
      Path directory,
      TextTokenizer tokenizer,
      Vocabulary vocabulary,
      TokenLayout layout,
      Limits limits,
      Consumer<Rejection> rejections) {
    this.directory = directory;
    this.vocabulary = vocabulary;
    this.tokens = SequenceTokens.of(tokenizer, vocabulary, layout);
    this.sequences = new SequenceWriter(tokens);
    this.words = new WordTokenizer(tokenizer);
    this.limits = limits;
    this.rejections = rejections;
    try {
      Files.createDirectories(directory);
      try (var content = Files.list(directory)) {
        if (content.findAny().isPresent()) {
          throw new InputException(directory + " is not empty; give a directory for the shards");
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Adds speech: to the aligned kind where the frames of its words are known, to the transcribed
   * one where its text is, else to the speech alone.
   */
  public void add(PreparedUtterance utterance) {
    ShardKind kind = ShardKind.of(utterance);
    try {
      if (utterance.units().hubert().length == 0) {
        throw new InputException("there are no units");
      }
      int[] text =
          kind == ShardKind.TRANSCRIBED ? read(String.valueOf(utterance.text())) : new int[0];
      Counts more = check(utterance, text.length);
      builder(kind).addSpeech(utterance, text, words);
      added(kind, more);
    } catch (InputException e) {
      reject(utterance.id(), e);
    }
  }

  /** Adds a text. */
  public void addText(String name, String text) {
    try {
      int[] read = read(text);
      builder(ShardKind.TEXT).addText(name, read);
      added(ShardKind.TEXT, new Counts(0, 1, 0, 0, 0, read.length, 0));
    } catch (InputException e) {
      reject(name, e);
    }
  }

  /** The ids of a text after {@code [Text]}, if all of them are text. */
  private int[] read(String text) {
    String plain = text.strip();
    if (plain.isEmpty()) {
      throw new InputException("the text is empty");
    }
    int[] read = words.text(plain);
    checkText(read);
    return read;
  }

  private void reject(String name, InputException reason) {
    reject(new Rejection(name, null, String.valueOf(reason.getMessage())));
  }

  /** Counts an item that could not even be read. */
  public void reject(Rejection rejection) {
    rejected++;
    rejections.accept(rejection);
  }

  /**
   * Whether all can be written, and how much it is.
   *
   * @param text ids of a transcript whose words have no frames
   */
  private Counts check(PreparedUtterance utterance, int text) {
    int frames = utterance.units().hubert().length;
    Span whole = new Span(Modality.SPEECH, 0, 0, 0, frames);
    ids.clear();
    sequences.write(List.of(whole), utterance.units(), words.of(List.of()), ids);
    int speech = ids.size() - tokens.speechStart().length;
    List<String> list = utterance.words().stream().map(WordFrames::word).toList();
    if (list.isEmpty()) {
      return new Counts(0, 1, utterance.seconds(), 0, speech, text, 0);
    }
    checkFrames(utterance.words(), frames);
    ids.clear();
    words.of(list).write(0, list.size(), ids);
    checkText(ids.toArray());
    if (!words.agrees(list)) {
      throw new InputException(
          "the tokenizer reads words together; spans need a tokenizer that reads them one by one");
    }
    return new Counts(0, 1, utterance.seconds(), list.size(), speech, ids.size(), 0);
  }

  private static void checkFrames(List<WordFrames> words, int frames) {
    int last = 0;
    for (WordFrames word : words) {
      if (word.start() < last || word.end() < word.start() || word.end() > frames) {
        throw new InputException(
            String.format(
                "'%s' is in frames %d to %d of %d; expected words in order within the frames",
                word.word(), word.start(), word.end(), frames));
      }
      last = word.start();
    }
  }

  private void checkText(int[] read) {
    if (read.length == 0) {
      throw new InputException("the tokenizer reads nothing in the text");
    }
    for (int id : read) {
      boolean text = false;
      for (IdRange range : vocabulary.text()) {
        text |= range.contains(id);
      }
      if (!text || isEnd(id)) {
        throw new InputException(
            "the text has a token written out in it, which would not be read as text: id " + id);
      }
    }
  }

  private boolean isEnd(int id) {
    return (vocabulary.start().isPresent() && vocabulary.start().getAsInt() == id)
        || (vocabulary.end().isPresent() && vocabulary.end().getAsInt() == id);
  }

  private ShardBuilder builder(ShardKind kind) {
    return builders.computeIfAbsent(kind, ShardBuilder::new);
  }

  private void added(ShardKind kind, Counts more) {
    count(kind, more);
    ShardBuilder builder = builder(kind);
    if (builder.items() >= limits.items() || builder.bytes() >= limits.bytes()) {
      write(kind, builder);
    }
  }

  private void count(ShardKind kind, Counts more) {
    counts.merge(kind, more, Counts::plus);
  }

  private void write(ShardKind kind, ShardBuilder builder) {
    long number = records.stream().filter(record -> record.kind() == kind).count();
    String name = String.format("%s-%05d.safetensors", kind.key(), number);
    Path file = directory.resolve(name);
    builder.write(file);
    builders.remove(kind);
    try {
      long bytes = Files.size(file);
      records.add(new ShardRecord(name, kind, builder.items(), bytes, Checksum.of(file)));
      count(kind, new Counts(1, 0, 0, 0, 0, 0, bytes));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Writes what is left and the list of all shards.
   *
   * @throws InputException if there was nothing that could be used
   */
  public ShardSummary finish() {
    for (ShardKind kind : ShardKind.values()) {
      @Nullable ShardBuilder builder = builders.get(kind);
      if (builder != null && builder.items() > 0) {
        write(kind, builder);
      }
    }
    if (records.isEmpty()) {
      throw new InputException(
          "there is nothing for the shards"
              + (rejected > 0 ? ": all " + rejected + " items were rejected" : ""));
    }
    ShardSet.writeList(directory, tokens, records);
    return new ShardSummary(counts, rejected);
  }
}
