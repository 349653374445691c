package org.spiritlm.shards;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.spiritlm.corpus.PreparedUtterance;
import org.spiritlm.corpus.WordFrames;
import org.spiritlm.interleaving.Draws;
import org.spiritlm.interleaving.WordTokenizer;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.SafetensorsWriter;
import org.spiritlm.torch.Scope;

/** Collects the items of one shard and writes it, see {@link Shard} for the form. */
final class ShardBuilder {
  private final ShardKind kind;
  private final List<Column> columns = new ArrayList<>();
  private final Column keys = column("keys", DType.I64);
  private final Lists names = new Lists("names", DType.U8);
  private final Lists ids = new Lists("ids", DType.I32);
  private final Lists hubert = new Lists("hubert", DType.I16);
  private final Lists pitch = new Lists("pitch", DType.I16);
  private final Lists style = new Lists("style", DType.I16);
  private final Lists words = new Lists("words", DType.I32);
  private final Column wordStarts = column("word_starts", DType.I32);
  private final Column wordEnds = column("word_ends", DType.I32);

  /** Each word's number in the lexicon. */
  private final Map<String, Integer> numbers = new HashMap<>();

  private final Lists lexiconText = new Lists("lexicon_text", DType.U8);
  private final Lists lexiconFirst = new Lists("lexicon_first", DType.I32);
  private final Lists lexiconLater = new Lists("lexicon_later", DType.I32);
  private final Column checksums = column("checksums", DType.I64);
  private final Column lexiconChecksums = column("lexicon_checksums", DType.I64);
  private final ItemChecksum checksum = new ItemChecksum();

  /** Lists of different lengths: all their numbers in a row, and where each list begins. */
  private final class Lists {
    private final Column values;
    private final Column offsets;
    private int last;

    Lists(String name, DType type) {
      values = column(name, type);
      offsets = column(name + Shard.OFFSETS, DType.I64);
      offsets.add(0);
    }

    void add(int[] list) {
      last = list.length;
      values.add(list);
      offsets.add(values.count());
    }

    void add(String text) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      last = bytes.length;
      values.add(bytes);
      offsets.add(values.count());
    }

    /** Adds the last list to a checksum. */
    void sum(ItemChecksum to) {
      to.add(last, values.last(last));
    }
  }

  ShardBuilder(ShardKind kind) {
    this.kind = kind;
  }

  private Column column(String name, DType type) {
    Column column = new Column(name, type);
    columns.add(column);
    return column;
  }

  int items() {
    return keys.count();
  }

  /** Bytes of what was added. */
  long bytes() {
    return columns.stream().mapToLong(Column::size).sum();
  }

  private void addName(String name) {
    long key = Draws.itemKey(name);
    keys.add(key);
    names.add(name);
    checksum.add(key);
    names.sum(checksum);
  }

  private void add(Lists lists, int[] list) {
    lists.add(list);
    lists.sum(checksum);
  }

  /**
   * Adds a text by its ids after {@code [Text]}.
   *
   * @throws InputException if it has a number that a shard cannot hold; then nothing of it is added
   */
  void addText(String name, int[] text) {
    whole(
        () -> {
          addName(name);
          add(ids, text);
        });
  }

  /**
   * Adds speech, with its words in a shard of aligned and its text in one of transcribed speech.
   *
   * @param text its ids after {@code [Text]}, for a shard of transcribed speech
   * @throws InputException as {@link #addText}
   */
  void addSpeech(PreparedUtterance utterance, int[] text, WordTokenizer tokenizer) {
    whole(() -> addParts(utterance, text, tokenizer));
  }

  /** Adds an item wholly or not at all. */
  private void whole(Runnable item) {
    int[] before = columns.stream().mapToInt(Column::count).toArray();
    try {
      item.run();
      checksums.add(checksum.take());
    } catch (InputException e) {
      checksum.take();
      for (int i = 0; i < before.length; i++) {
        columns.get(i).cut(before[i]);
      }
      numbers.values().removeIf(number -> number >= lexiconChecksums.count());
      throw e;
    }
  }

  private void addParts(PreparedUtterance utterance, int[] text, WordTokenizer tokenizer) {
    addName(utterance.id());
    int[] none = {};
    int[] pitches = utterance.units().pitch();
    int[] styles = utterance.units().style();
    add(hubert, utterance.units().hubert());
    add(pitch, pitches == null ? none : pitches);
    add(style, styles == null ? none : styles);
    if (kind == ShardKind.ALIGNED) {
      addWords(utterance.words(), tokenizer);
    } else if (kind == ShardKind.TRANSCRIBED) {
      add(ids, text);
    }
  }

  private void addWords(List<WordFrames> spans, WordTokenizer tokenizer) {
    int[] list = spans.stream().mapToInt(word -> number(word.word(), tokenizer)).toArray();
    add(words, list);
    for (WordFrames word : spans) {
      wordStarts.add(word.start());
      wordEnds.add(word.end());
    }
    checksum.add(list.length, wordStarts.last(list.length));
    checksum.add(list.length, wordEnds.last(list.length));
  }

  private int number(String word, WordTokenizer tokenizer) {
    Integer known = numbers.get(word);
    if (known != null) {
      return known;
    }
    int number = numbers.size();
    numbers.put(word, number);
    WordTokenizer.Ids tokens = tokenizer.ids(word);
    lexiconText.add(word);
    lexiconFirst.add(tokens.first());
    lexiconLater.add(tokens.later());
    ItemChecksum own = new ItemChecksum();
    lexiconText.sum(own);
    lexiconFirst.sum(own);
    lexiconLater.sum(own);
    lexiconChecksums.add(own.take());
    return number;
  }

  /**
   * Writes the shard.
   *
   * @throws InputException if the file exists or cannot be written
   */
  void write(Path file) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    try {
      for (Column column : columns) {
        if (Shard.tensors(kind).contains(column.name())) {
          tensors.put(column.name(), column.tensor());
        }
      }
      SafetensorsWriter.write(file, tensors, Map.of("format", Shard.FORMAT, "kind", kind.key()));
    } finally {
      tensors.values().forEach(Scope::free);
    }
  }
}
