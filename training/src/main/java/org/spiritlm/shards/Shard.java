package org.spiritlm.shards;

import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.spiritlm.interleaving.IdBuffer;
import org.spiritlm.interleaving.WordCuts;
import org.spiritlm.interleaving.WordIds;
import org.spiritlm.torch.InputException;
import org.spiritlm.units.SpeechUnits;

/**
 * A safetensors file of items, mapped into memory, of which any can be read at once. Safe for
 * concurrent use until it is closed.
 *
 * <p>All tensors have one dimension. A list of lists X is two: {@code X} has all values in a row,
 * {@code X_offsets} (int64) where each list begins, and at the end where the last one ends. Every
 * shard has {@code keys} (int64, {@link org.spiritlm.interleaving.Draws#itemKey} of the name) and
 * {@code names} (lists of UTF-8 bytes). Text: {@code ids} (lists of int32, after {@code [Text]}).
 * Speech: {@code hubert}, {@code pitch}, {@code style} (lists of int16, at their full rates; empty
 * where there is none). Transcribed speech has both. Aligned speech also has {@code words} (lists
 * of int32: numbers in the lexicon), {@code word_starts} and {@code word_ends} (int32, frames, one
 * for each of {@code words}), and the lexicon, of each word once: {@code lexicon_text} (UTF-8
 * bytes), {@code lexicon_first} (its ids right after {@code [Text]}) and {@code lexicon_later} (its
 * ids after a blank). {@code checksums} and {@code lexicon_checksums} (int64, see {@link
 * ItemChecksum}) tell what is damaged without reading the rest; shards that were made before there
 * were any have none.
 */
public final class Shard implements AutoCloseable {
  /** The version of this form, in the file's metadata as {@code format}. */
  static final String FORMAT = "1";

  static final String OFFSETS = "_offsets";

  private static final String CHECKSUMS = "checksums";
  private static final String LEXICON_CHECKSUMS = "lexicon_checksums";

  private static final List<String> COMMON = List.of("keys", "names", "names" + OFFSETS, CHECKSUMS);
  private static final List<String> TEXT = lists("ids");
  private static final List<String> SPEECH = lists("hubert", "pitch", "style");
  private static final List<String> WORDS =
      lists("words", "lexicon_text", "lexicon_first", "lexicon_later");

  private final Path file;
  private final MappedColumns columns;
  private final ShardKind kind;
  private final int items;
  private final LongBuffer keys;
  private final Bytes names;
  private final Ints ids;
  private final Shorts hubert;
  private final Shorts pitch;
  private final Shorts style;
  private final Ints words;
  private final IntBuffer wordStarts;
  private final IntBuffer wordEnds;
  private final Bytes lexiconText;
  private final Ints lexiconFirst;
  private final Ints lexiconLater;
  private final LongBuffer checksums;
  private final LongBuffer lexiconChecksums;
  private final ItemChecks checks;

  private record Bytes(Offsets offsets, ByteBuffer values) {
    String text(int list) {
      byte[] bytes = new byte[offsets.length(list)];
      values.get(offsets.from(list), bytes);
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }

  private record Shorts(Offsets offsets, ShortBuffer values) {
    int[] list(int list) {
      int from = offsets.from(list);
      int[] numbers = new int[offsets.length(list)];
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = values.get(from + i) & 0xFFFF;
      }
      return numbers;
    }
  }

  private record Ints(Offsets offsets, IntBuffer values) {
    void copy(int list, IdBuffer out) {
      int to = offsets.to(list);
      for (int i = offsets.from(list); i < to; i++) {
        out.add(values.get(i));
      }
    }
  }

  private static List<String> lists(String... names) {
    List<String> all = new ArrayList<>();
    for (String name : names) {
      all.add(name);
      all.add(name + OFFSETS);
    }
    return List.copyOf(all);
  }

  /** The tensors of a shard of this kind. */
  static List<String> tensors(ShardKind kind) {
    List<String> names = new ArrayList<>(COMMON);
    names.addAll(kind == ShardKind.TEXT ? List.of() : SPEECH);
    names.addAll(hasText(kind) ? TEXT : List.of());
    if (kind == ShardKind.ALIGNED) {
      names.addAll(WORDS);
      names.addAll(List.of("word_starts", "word_ends", LEXICON_CHECKSUMS));
    }
    return names;
  }

  /** Whether items have the ids of a whole text. */
  private static boolean hasText(ShardKind kind) {
    return kind == ShardKind.TEXT || kind == ShardKind.TRANSCRIBED;
  }

  private Shard(Path file, MappedColumns columns, ShardKind kind) {
    this.file = file;
    this.columns = columns;
    this.kind = kind;
    this.keys = columns.longs("keys");
    this.items = keys.remaining();
    this.names = bytes("names");
    this.ids = ints("ids", TEXT);
    this.hubert = shorts("hubert");
    this.pitch = shorts("pitch");
    this.style = shorts("style");
    this.words = ints("words", WORDS);
    boolean aligned = kind == ShardKind.ALIGNED;
    this.wordStarts = aligned ? columns.ints("word_starts") : IntBuffer.allocate(0);
    this.wordEnds = aligned ? columns.ints("word_ends") : IntBuffer.allocate(0);
    this.lexiconText = aligned ? bytes("lexicon_text") : names;
    this.lexiconFirst = ints("lexicon_first", WORDS);
    this.lexiconLater = ints("lexicon_later", WORDS);
    this.checksums = columns.has(CHECKSUMS) ? columns.longs(CHECKSUMS) : LongBuffer.allocate(0);
    this.lexiconChecksums =
        aligned && columns.has(CHECKSUMS)
            ? columns.longs(LEXICON_CHECKSUMS)
            : LongBuffer.allocate(0);
    requireFitting(sizesFit());
    this.checks = checks();
  }

  /**
   * Opens a shard and checks its form, of which the items are no part: {@link #check(int)} is for
   * one of them, {@link #check()} for all.
   *
   * @throws InputException if it is missing, damaged, or no shard of this kind
   */
  static Shard open(Path file, ShardKind kind) {
    MappedColumns columns = new MappedColumns(file);
    try {
      String format = columns.metadata().get("format");
      if (!FORMAT.equals(format) || !kind.key().equals(columns.metadata().get("kind"))) {
        throw new InputException(
            file
                + ": is no shard of "
                + kind.key()
                + " in the form "
                + FORMAT
                + "; its metadata are "
                + columns.metadata());
      }
      return new Shard(file, columns, kind);
    } catch (RuntimeException e) {
      columns.close();
      throw e;
    }
  }

  private Offsets offsets(String name, int values) {
    return Offsets.of(file + ", " + name, columns.longs(name + OFFSETS), values);
  }

  private static final Offsets NO_OFFSETS = new Offsets("none", LongBuffer.allocate(1));

  private Bytes bytes(String name) {
    ByteBuffer values = columns.bytes(name);
    return new Bytes(offsets(name, values.remaining()), values);
  }

  private Ints ints(String name, List<String> group) {
    if (group == WORDS ? kind != ShardKind.ALIGNED : !hasText(kind)) {
      return new Ints(NO_OFFSETS, IntBuffer.allocate(0));
    }
    IntBuffer values = columns.ints(name);
    return new Ints(offsets(name, values.remaining()), values);
  }

  private Shorts shorts(String name) {
    if (kind == ShardKind.TEXT) {
      return new Shorts(NO_OFFSETS, ShortBuffer.allocate(0));
    }
    ShortBuffer values = columns.shorts(name);
    return new Shorts(offsets(name, values.remaining()), values);
  }

  private void requireFitting(boolean fit) {
    if (!fit) {
      throw new InputException(file + ": damaged: its tensors do not fit together");
    }
  }

  /** The lists of which there is one for each item. */
  private List<Offsets> itemLists() {
    List<Offsets> lists = new ArrayList<>(List.of(names.offsets()));
    if (kind != ShardKind.TEXT) {
      lists.addAll(List.of(hubert.offsets(), pitch.offsets(), style.offsets()));
    }
    if (hasText(kind)) {
      lists.add(ids.offsets());
    }
    if (kind == ShardKind.ALIGNED) {
      lists.add(words.offsets());
    }
    return lists;
  }

  /** The lists of which there is one for each word of the lexicon. */
  private List<Offsets> lexiconLists() {
    return kind == ShardKind.ALIGNED
        ? List.of(lexiconText.offsets(), lexiconFirst.offsets(), lexiconLater.offsets())
        : List.of();
  }

  private boolean sizesFit() {
    int lexicon = kind == ShardKind.ALIGNED ? lexiconText.offsets().lists() : 0;
    int spans = words.values().remaining();
    return itemLists().stream().allMatch(list -> list.lists() == items)
        && lexiconLists().stream().allMatch(list -> list.lists() == lexicon)
        && wordStarts.remaining() == spans
        && wordEnds.remaining() == spans
        && (!hasChecksums()
            || (checksums.remaining() == items && lexiconChecksums.remaining() == lexicon));
  }

  /** Whether single items can be checked. */
  boolean hasChecksums() {
    return columns.has(CHECKSUMS);
  }

  /**
   * Checks everything but the checksums.
   *
   * @throws InputException if something is damaged
   */
  void check() {
    itemLists().forEach(Offsets::check);
    lexiconLists().forEach(Offsets::check);
    boolean fit = kind != ShardKind.ALIGNED || (numbersFit() && wordsFit());
    for (IntBuffer tokens : List.of(ids.values(), lexiconFirst.values(), lexiconLater.values())) {
      for (int i = 0; i < tokens.remaining(); i++) {
        fit &= tokens.get(i) >= 0;
      }
    }
    requireFitting(fit);
  }

  /**
   * Checks one item by its checksum, and its words by theirs, when it is first asked for.
   *
   * @throws InputException if it is damaged
   */
  void check(int item) {
    checks.check(item);
  }

  private ItemChecks checks() {
    boolean aligned = kind == ShardKind.ALIGNED;
    List<ItemChecks.Bytes> lists = new ArrayList<>();
    lists.add(new ItemChecks.Bytes(names.offsets(), names.values(), 1));
    if (kind != ShardKind.TEXT) {
      lists.add(raw("hubert", hubert.offsets(), Short.BYTES));
      lists.add(raw("pitch", pitch.offsets(), Short.BYTES));
      lists.add(raw("style", style.offsets(), Short.BYTES));
    }
    if (hasText(kind)) {
      lists.add(raw("ids", ids.offsets(), Integer.BYTES));
    }
    return new ItemChecks(
        file,
        keys,
        lists,
        aligned ? List.of(raw("words", words.offsets(), Integer.BYTES)) : List.of(),
        aligned ? List.of(columns.raw("word_starts"), columns.raw("word_ends")) : List.of(),
        aligned
            ? List.of(
                new ItemChecks.Bytes(lexiconText.offsets(), lexiconText.values(), 1),
                raw("lexicon_first", lexiconFirst.offsets(), Integer.BYTES),
                raw("lexicon_later", lexiconLater.offsets(), Integer.BYTES))
            : List.of(),
        checksums,
        lexiconChecksums,
        ItemChecks.Known.nothing(items, lexiconChecksums.remaining()));
  }

  private ItemChecks.Bytes raw(String name, Offsets offsets, int size) {
    return new ItemChecks.Bytes(offsets, columns.raw(name), size);
  }

  private boolean numbersFit() {
    int lexicon = lexiconText.offsets().lists();
    boolean fit = true;
    for (int i = 0; i < words.values().remaining(); i++) {
      int word = words.values().get(i);
      fit &= word >= 0 && word < lexicon;
    }
    return fit;
  }

  /** Whether words lie in order within the frames of their items. */
  private boolean wordsFit() {
    boolean fit = true;
    for (int item = 0; item < items; item++) {
      int frames = hubert.offsets().length(item);
      int last = 0;
      for (int i = words.offsets().from(item); i < words.offsets().to(item); i++) {
        int start = wordStarts.get(i);
        fit &= last <= start && start <= wordEnds.get(i) && wordEnds.get(i) <= frames;
        last = start;
      }
    }
    return fit;
  }

  public ShardKind kind() {
    return kind;
  }

  /** How many items there are. */
  public int items() {
    return items;
  }

  /** The item's name, as the corpus has it. */
  public String name(int item) {
    return names.text(item);
  }

  /** The item's key, on which draws depend. */
  public long key(int item) {
    return keys.get(item);
  }

  /** Adds the ids of a text or of a transcript, after {@code [Text]}. */
  public void text(int item, IdBuffer out) {
    ids.copy(item, out);
  }

  /** The units of speech at their full rates. */
  public SpeechUnits units(int item) {
    return new SpeechUnits(
        hubert.list(item),
        pitch.offsets().length(item) == 0 ? null : pitch.list(item),
        style.offsets().length(item) == 0 ? null : style.list(item));
  }

  /** The words of aligned speech. */
  public List<String> words(int item) {
    List<String> list = new ArrayList<>();
    for (int i = words.offsets().from(item); i < words.offsets().to(item); i++) {
      list.add(lexiconText.text(words.values().get(i)));
    }
    return list;
  }

  /**
   * Where the words of aligned speech are cut; a transcript is one word that all frames say, and
   * what has no transcript has no words.
   */
  WordCuts cuts(int item) {
    if (kind != ShardKind.ALIGNED) {
      int frames = hubert.offsets().length(item);
      return kind == ShardKind.TRANSCRIBED
          ? WordCuts.of(new int[] {0}, new int[] {frames})
          : WordCuts.of(List.of());
    }
    int from = words.offsets().from(item);
    int[] starts = new int[words.offsets().length(item)];
    int[] ends = new int[starts.length];
    wordStarts.get(from, starts);
    wordEnds.get(from, ends);
    return WordCuts.of(starts, ends);
  }

  /** The ids of the words that {@link #cuts} are of. */
  WordIds wordIds(int item) {
    if (kind != ShardKind.ALIGNED) {
      return (first, end, out) -> ids.copy(item, out);
    }
    int from = words.offsets().from(item);
    return (first, end, out) -> {
      for (int word = first; word < end; word++) {
        int number = words.values().get(from + word);
        (word == first ? lexiconFirst : lexiconLater).copy(number, out);
      }
    };
  }

  /** Frees the mapping; the shard must not be used afterwards. */
  @Override
  public void close() {
    columns.close();
  }
}
