package org.spiritlm.shards;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.spiritlm.interleaving.SequenceTokens;
import org.spiritlm.json.Json;
import org.spiritlm.json.JsonLine;
import org.spiritlm.torch.InputException;

/**
 * A directory of shards with the list of them, {@code shards.json}. Shards are opened when they are
 * first needed, and the checksum of an item compared when it is first asked for, so that nothing
 * else is read; memory holds the list and what each open shard needs, not the items. Safe for
 * concurrent use until it is closed.
 */
public final class ShardSet implements AutoCloseable {
  /** The list's name. */
  public static final String FILE = "shards.json";

  private static final int FORMAT = 1;

  private final Path directory;
  private final SequenceTokens tokens;
  private final Map<ShardKind, Stream> streams = new EnumMap<>(ShardKind.class);

  /** The shards of one kind. */
  private static final class Stream {
    final List<ShardRecord> records = new ArrayList<>();
    long[] ends = {};
    @Nullable Shard[] open = {};

    void finish() {
      ends = new long[records.size()];
      long items = 0;
      for (int i = 0; i < ends.length; i++) {
        items += records.get(i).items();
        ends[i] = items;
      }
      open = new @Nullable Shard[ends.length];
    }

    long items() {
      return ends.length == 0 ? 0 : ends[ends.length - 1];
    }
  }

  /**
   * An item by its place.
   *
   * @param shard that holds it
   * @param index its place there
   */
  public record Item(Shard shard, int index) {}

  private ShardSet(Path directory, SequenceTokens tokens, List<ShardRecord> records) {
    this.directory = directory;
    this.tokens = tokens;
    for (ShardKind kind : ShardKind.values()) {
      streams.put(kind, new Stream());
    }
    records.forEach(record -> stream(record.kind()).records.add(record));
    streams.values().forEach(Stream::finish);
  }

  private Stream stream(ShardKind kind) {
    return Objects.requireNonNull(streams.get(kind));
  }

  /**
   * Opens a directory.
   *
   * @throws InputException if it holds no shards, or their list is damaged
   */
  public static ShardSet open(Path directory) {
    Path file = directory.resolve(FILE);
    if (!Files.isRegularFile(file)) {
      throw new InputException(
          directory + ": holds no " + FILE + "; expected what the command shards wrote");
    }
    JsonLine json = new JsonLine(file.toString(), Json.file(file));
    if (json.number("format") != FORMAT) {
      throw json.wrong("format", String.valueOf(FORMAT));
    }
    if (!(json.object().get("sequence") instanceof ObjectNode sequence)) {
      throw json.wrong("sequence", "the ids that sequences need");
    }
    JsonNode list = json.object().path("shards");
    List<ShardRecord> records = new ArrayList<>();
    for (JsonNode entry : list) {
      if (!(entry instanceof ObjectNode object)) {
        throw json.wrong("shards", "a list of objects");
      }
      records.add(ShardRecord.read(new JsonLine(file + ", shard " + records.size(), object)));
    }
    return new ShardSet(
        directory, SequenceTokens.read(new JsonLine(file + ", sequence", sequence)), records);
  }

  /** Writes the list of shards, beside and moved. */
  static void writeList(Path directory, SequenceTokens tokens, List<ShardRecord> records) {
    ObjectNode object = Json.object();
    object.put("format", FORMAT);
    object.set("sequence", tokens.toJson());
    ArrayNode shards = object.putArray("shards");
    records.forEach(record -> shards.add(record.toJson()));
    Path beside = directory.resolve("." + FILE + ".part");
    try {
      Files.writeString(beside, Json.line(object) + "\n");
      Files.move(beside, directory.resolve(FILE));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public Path directory() {
    return directory;
  }

  /** The ids that sequences need besides their items'. */
  public SequenceTokens tokens() {
    return tokens;
  }

  /** How many items of a kind there are. */
  public long items(ShardKind kind) {
    return stream(kind).items();
  }

  /** How many items of several kinds there are. */
  public long items(List<ShardKind> kinds) {
    return kinds.stream().mapToLong(this::items).sum();
  }

  /** Checksums of all shards in order, by which data can be told from other data. */
  String checksums() {
    StringBuilder all = new StringBuilder();
    for (ShardKind kind : ShardKind.values()) {
      stream(kind).records.forEach(record -> all.append(record.toJson()).append('\n'));
    }
    return all.toString();
  }

  /**
   * Finds an item.
   *
   * @param item its place among all of its kind, from 0
   * @throws InputException if its shard is missing or another one than listed, or it is damaged
   */
  public Item item(ShardKind kind, long item) {
    Stream stream = stream(kind);
    if (item < 0 || item >= stream.items()) {
      throw new IndexOutOfBoundsException("item " + item + " of " + stream.items());
    }
    int found = Arrays.binarySearch(stream.ends, item + 1);
    int number = found >= 0 ? found : -found - 1;
    // of equal ends, shards without items, the first is the one that has the item
    while (number > 0 && stream.ends[number - 1] > item) {
      number--;
    }
    Shard shard = shard(stream, number);
    int index = (int) (item - (stream.ends[number] - shard.items()));
    if (shard.hasChecksums()) {
      shard.check(index);
    }
    return new Item(shard, index);
  }

  /**
   * Finds an item of several kinds.
   *
   * @param item its place among all of the first kind, then of the next
   * @throws InputException as {@link #item(ShardKind, long)}
   */
  public Item item(List<ShardKind> kinds, long item) {
    long place = item;
    for (ShardKind kind : kinds) {
      if (place < items(kind)) {
        return item(kind, place);
      }
      place -= items(kind);
    }
    throw new IndexOutOfBoundsException("item " + item + " of " + items(kinds));
  }

  private synchronized Shard shard(Stream stream, int number) {
    Shard open = stream.open[number];
    if (open == null) {
      open = open(stream.records.get(number), false);
      stream.open[number] = open;
    }
    return open;
  }

  /**
   * Opens a shard and compares it with the list.
   *
   * @param whole whether all of it is read, which one without checksums of its items always is
   */
  private Shard open(ShardRecord record, boolean whole) {
    Path file = directory.resolve(record.file());
    compareSize(file, record);
    Shard shard = Shard.open(file, record.kind());
    try {
      if (shard.items() != record.items()) {
        throw new InputException(
            file + ": has " + shard.items() + " items, " + FILE + " says " + record.items());
      }
      if (whole || !shard.hasChecksums()) {
        compareChecksum(file, record);
        shard.check();
      }
      return shard;
    } catch (RuntimeException e) {
      shard.close();
      throw e;
    }
  }

  private static void compareSize(Path file, ShardRecord record) {
    if (!Files.isRegularFile(file)) {
      throw new InputException(file + ": the shard is missing; make the shards again");
    }
    try {
      if (Files.size(file) != record.bytes()) {
        throw new InputException(
            String.format(
                "%s: the shard is damaged: it has %d bytes, %s says %d; make the shards again",
                file, Files.size(file), FILE, record.bytes()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void compareChecksum(Path file, ShardRecord record) {
    long found = Checksum.of(file);
    if (found != record.crc32c()) {
      throw new InputException(
          String.format(
              "%s: the shard is damaged: its checksum is %08x, %s says %08x; make the shards again",
              file, found, FILE, record.crc32c()));
    }
  }

  /**
   * Reads every shard to its end.
   *
   * @throws InputException if one is missing or damaged
   */
  public void verify() {
    for (ShardKind kind : ShardKind.values()) {
      stream(kind).records.forEach(record -> verify(open(record, true)));
    }
  }

  private static void verify(Shard shard) {
    try (shard) {
      for (int item = 0; shard.hasChecksums() && item < shard.items(); item++) {
        shard.check(item);
      }
    }
  }

  @Override
  public synchronized void close() {
    for (Stream stream : streams.values()) {
      for (int i = 0; i < stream.open.length; i++) {
        Shard shard = stream.open[i];
        if (shard != null) {
          shard.close();
          stream.open[i] = null;
        }
      }
    }
  }
}
