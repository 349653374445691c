package org.spiritlm.torch;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Where the entries of a zip archive lie, for archives that store their entries uncompressed, as
 * PyTorch writes them, so that the entries can be mapped.
 *
 * <p>Nothing is extracted, so names are only names; no archive can grow beyond its own size, since
 * entries that overlap are refused, and compressed ones when they are asked for. Zip64 is read.
 * Source of the layout: APPNOTE.TXT, sections 4.3 and 4.5.3.
 */
final class StoredZip {
  /** An entry's bytes in the file. */
  record Range(long offset, long size) {}

  private record Entry(
      int flags, int method, long compressed, long size, long header, int nameLength) {
    /** The first byte after the entry, where its own header has no extra field. */
    long end() {
      return header + LOCAL_HEADER_SIZE + nameLength + compressed;
    }
  }

  private static final int END = 0x06054b50;
  private static final int END_64 = 0x06064b50;
  private static final int END_64_LOCATOR = 0x07064b50;
  private static final int DIRECTORY_ENTRY = 0x02014b50;
  private static final int LOCAL_HEADER = 0x04034b50;
  private static final int END_SIZE = 22;
  private static final int END_64_SIZE = 56;
  private static final int LOCATOR_SIZE = 20;
  private static final int DIRECTORY_ENTRY_SIZE = 46;
  private static final int LOCAL_HEADER_SIZE = 30;
  private static final int ZIP64_EXTRA = 1;
  private static final int STORED = 0;
  private static final int ENCRYPTED = 1;

  /** Stands for a value that is kept in 64 bits elsewhere. */
  private static final long WIDE = 0xffff_ffffL;

  /** Far more than any checkpoint needs; it bounds the memory that a hostile archive takes. */
  private static final int MAX_DIRECTORY_BYTES = 1 << 24;

  private final MappedFile file;
  private final Map<String, Entry> entries = new LinkedHashMap<>();

  /** Whether the file begins as a zip archive does. */
  static boolean isZip(MappedFile file) {
    return file.size() >= Integer.BYTES && file.read(0, Integer.BYTES).getInt() == LOCAL_HEADER;
  }

  /**
   * Reads the directory at the end of the file.
   *
   * @throws CheckpointException if there is none or it is damaged
   */
  StoredZip(MappedFile file) {
    this.file = file;
    long[] directory = directory();
    ByteBuffer bytes = file.read(directory[0], Math.toIntExact(directory[1]));
    while (bytes.remaining() >= DIRECTORY_ENTRY_SIZE
        && bytes.getInt(bytes.position()) == DIRECTORY_ENTRY) {
      readEntry(bytes);
    }
    if (bytes.hasRemaining()) {
      throw damaged("its directory ends early");
    }
    checkPlaces(directory[0]);
  }

  /** All entries' names. */
  Set<String> names() {
    return entries.keySet();
  }

  /**
   * Where an entry's bytes lie.
   *
   * @throws CheckpointException if there is no such entry, it is compressed, or it lies beyond the
   *     file's end
   */
  Range find(String name) {
    Entry entry = entries.get(name);
    if (entry == null) {
      throw damaged("it has no entry '" + name + "'");
    }
    if ((entry.flags & ENCRYPTED) != 0) {
      throw new CheckpointException(file.path() + ": the entry '" + name + "' is encrypted");
    }
    if (entry.method != STORED || entry.compressed != entry.size) {
      throw new CheckpointException(
          file.path()
              + ": the entry '"
              + name
              + "' is compressed, which PyTorch never does; load the file there and save it again");
    }
    ByteBuffer local = file.read(entry.header, LOCAL_HEADER_SIZE);
    if (local.remaining() < LOCAL_HEADER_SIZE || local.getInt(0) != LOCAL_HEADER) {
      throw damaged("the entry '" + name + "' has no header at byte " + entry.header);
    }
    int nameLength = unsigned(local.getShort(26));
    ByteBuffer ownName = file.read(entry.header + LOCAL_HEADER_SIZE, nameLength);
    if (!StandardCharsets.UTF_8.decode(ownName).toString().equals(name)) {
      throw damaged("the entry '" + name + "' has another name at byte " + entry.header);
    }
    long offset = entry.header + LOCAL_HEADER_SIZE + nameLength + unsigned(local.getShort(28));
    if (offset > file.size() || entry.size > file.size() - offset) {
      throw damaged("the entry '" + name + "' goes beyond the end of the file; it is truncated");
    }
    return new Range(offset, entry.size);
  }

  /** Offset and size of the central directory. */
  private long[] directory() {
    int tail = (int) Math.min(file.size(), END_SIZE + 0xffff);
    long start = file.size() - tail;
    ByteBuffer bytes = file.read(start, tail);
    for (int at = bytes.remaining() - END_SIZE; at >= 0; at--) {
      if (bytes.getInt(at) == END && at + END_SIZE + unsigned(bytes.getShort(at + 20)) == tail) {
        long size = unsigned(bytes.getInt(at + 12));
        long offset = unsigned(bytes.getInt(at + 16));
        long locator = start + at - LOCATOR_SIZE;
        return checked(zip64(locator, offset, size));
      }
    }
    throw damaged("it has no directory at its end; it is truncated");
  }

  private long[] zip64(long locator, long offset, long size) {
    if (locator < 0) {
      return new long[] {offset, size};
    }
    ByteBuffer bytes = file.read(locator, LOCATOR_SIZE);
    if (bytes.remaining() < LOCATOR_SIZE || bytes.getInt(0) != END_64_LOCATOR) {
      return new long[] {offset, size};
    }
    long at = bytes.getLong(8);
    ByteBuffer end =
        at < 0 || at > file.size() ? ByteBuffer.allocate(0) : file.read(at, END_64_SIZE);
    if (end.remaining() < END_64_SIZE || end.getInt(0) != END_64) {
      throw damaged("its zip64 directory is not where it should be");
    }
    long wideOffset = end.getLong(48);
    long wideSize = end.getLong(40);
    if ((offset != WIDE && offset != wideOffset) || (size != WIDE && size != wideSize)) {
      throw damaged("it has two directories that contradict each other");
    }
    return new long[] {wideOffset, wideSize};
  }

  private long[] checked(long... directory) {
    if (directory[0] < 0 || directory[1] < 0 || directory[1] > file.size() - directory[0]) {
      throw damaged("its directory lies outside the file");
    }
    if (directory[1] > MAX_DIRECTORY_BYTES) {
      throw damaged("its directory has " + directory[1] + " bytes");
    }
    return directory;
  }

  private void readEntry(ByteBuffer bytes) {
    int at = bytes.position();
    int flags = unsigned(bytes.getShort(at + 8));
    int method = unsigned(bytes.getShort(at + 10));
    long compressed = unsigned(bytes.getInt(at + 20));
    long size = unsigned(bytes.getInt(at + 24));
    int nameLength = unsigned(bytes.getShort(at + 28));
    int extraLength = unsigned(bytes.getShort(at + 30));
    int commentLength = unsigned(bytes.getShort(at + 32));
    long header = unsigned(bytes.getInt(at + 42));
    int end = DIRECTORY_ENTRY_SIZE + nameLength + extraLength + commentLength;
    if (end > bytes.remaining()) {
      throw damaged("its directory ends early");
    }
    byte[] name = new byte[nameLength];
    bytes.get(at + DIRECTORY_ENTRY_SIZE, name);
    ByteBuffer extra =
        bytes.slice(at + DIRECTORY_ENTRY_SIZE + nameLength, extraLength).order(bytes.order());
    while (extra.remaining() >= 4) {
      int kind = unsigned(extra.getShort());
      int length = unsigned(extra.getShort());
      if (length > extra.remaining()) {
        throw damaged("an entry's extra field ends early");
      }
      ByteBuffer field = extra.slice(extra.position(), length).order(bytes.order());
      extra.position(extra.position() + length);
      if (kind == ZIP64_EXTRA) {
        size = wide(size, field);
        compressed = wide(compressed, field);
        header = wide(header, field);
      }
    }
    bytes.position(at + end);
    String text = new String(name, StandardCharsets.UTF_8);
    if (size < 0 || compressed < 0 || header < 0) {
      throw damaged("the entry '" + text + "' has a negative size");
    }
    Entry entry = new Entry(flags, method, compressed, size, header, nameLength);
    if (entries.put(text, entry) != null) {
      throw damaged("the entry '" + text + "' stands twice");
    }
  }

  /** Entries lie before the directory, one after the other. */
  private void checkPlaces(long directory) {
    List<Map.Entry<String, Entry>> ordered = new ArrayList<>(entries.entrySet());
    ordered.sort(Comparator.comparingLong(entry -> entry.getValue().header()));
    Map.Entry<String, Entry> before = null;
    for (Map.Entry<String, Entry> next : ordered) {
      Entry entry = next.getValue();
      if (entry.compressed() > directory || entry.header() > directory || entry.end() > directory) {
        throw damaged(
            "the entry '"
                + next.getKey()
                + "' of "
                + entry.compressed()
                + " bytes at byte "
                + entry.header()
                + " goes beyond the entries' end at byte "
                + directory);
      }
      if (before != null && entry.header() < before.getValue().end()) {
        throw damaged("the entries '" + before.getKey() + "' and '" + next.getKey() + "' overlap");
      }
      before = next;
    }
  }

  /** The next 64-bit value of a zip64 field, where the 32-bit one says to look there. */
  private long wide(long value, ByteBuffer field) {
    if (value != WIDE) {
      return value;
    }
    if (field.remaining() < Long.BYTES) {
      throw damaged("an entry's zip64 field ends early");
    }
    return field.getLong();
  }

  private static int unsigned(short value) {
    return value & 0xffff;
  }

  private static long unsigned(int value) {
    return value & 0xffff_ffffL;
  }

  private CheckpointException damaged(String what) {
    return new CheckpointException(file.path() + ": damaged zip archive: " + what);
  }
}
