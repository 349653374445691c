package org.spiritlm.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import net.razorvine.pickle.Opcodes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Archives that lie about their entries are refused; what is honest is read at any size. */
class StoredZipTest {
  private static final int DIRECTORY_ENTRY = 0x02014b50;
  private static final int LOCAL_HEADER = 0x04034b50;
  private static final int END = 0x06054b50;
  private static final byte[] EMPTY_DICT = PickleBytes.start().op(Opcodes.EMPTY_DICT).stop();

  @TempDir Path folder;

  /** An archive of two entries, changed. */
  private void refused(Consumer<ByteBuffer> change, String message) throws IOException {
    PickleBytes pickle = PickleBytes.start().op(Opcodes.EMPTY_DICT).text("w");
    pickle.tensor(() -> pickle.storage("FloatStorage", "0", 16), 0, new long[] {1}, new long[] {1});
    byte[] bytes = TorchZip.of(pickle.op(Opcodes.SETITEM).stop());
    change.accept(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
    refused(bytes, message);
  }

  private void refused(byte[] bytes, String message) throws IOException {
    Path file = Files.write(folder.resolve("model.pt"), bytes);
    assertThatThrownBy(() -> PickleFile.open(file))
        .isInstanceOf(CheckpointException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining(message);
  }

  /** Where the record of this kind with this number stands. */
  private static int find(ByteBuffer zip, int kind, int number) {
    int seen = 0;
    for (int at = 0; at < zip.limit() - 3; at++) {
      if (zip.getInt(at) == kind && seen++ == number) {
        return at;
      }
    }
    throw new IllegalArgumentException("no such record");
  }

  @Test
  void sizesAndPlacesBeyondTheFileAreRefused() throws IOException {
    refused(
        zip ->
            zip.putInt(find(zip, DIRECTORY_ENTRY, 1) + 20, 1000)
                .putInt(find(zip, DIRECTORY_ENTRY, 1) + 24, 1000),
        "the entry 'archive/data/0' of 1000 bytes at byte");
    refused(
        zip -> zip.putInt(find(zip, DIRECTORY_ENTRY, 1) + 42, 0x7fffffff),
        "'archive/data/0' of 64 bytes at byte 2147483647 goes beyond");
    refused(
        zip -> zip.putInt(find(zip, DIRECTORY_ENTRY, 1) + 42, 5),
        "entries 'archive/data.pkl' and 'archive/data/0' overlap");
    refused(
        zip ->
            zip.putInt(
                find(zip, DIRECTORY_ENTRY, 1) + 42,
                zip.getInt(find(zip, DIRECTORY_ENTRY, 1) + 42) + 3),
        "the entry 'archive/data/0' of 64 bytes");
    refused(zip -> zip.putInt(find(zip, END, 0) + 16, zip.limit()), "its directory lies outside");
    refused(zip -> zip.putInt(find(zip, END, 0) + 12, zip.limit()), "its directory lies outside");
    refused(zip -> zip.putInt(find(zip, END, 0) + 12, 60), "its directory ends early");
    refused(zip -> zip.putInt(find(zip, END, 0), 0), "it has no directory at its end");
    refused(zip -> zip.putShort(find(zip, END, 0) + 20, (short) 9), "no directory at its end");
    refused(
        zip -> zip.putShort(find(zip, DIRECTORY_ENTRY, 1) + 28, (short) 500),
        "its directory ends early");
  }

  @Test
  void entriesThatAreNotWhatTheDirectorySaysAreRefused() throws IOException {
    refused(
        zip ->
            zip.putInt(find(zip, LOCAL_HEADER, 0), LOCAL_HEADER)
                .putInt(find(zip, LOCAL_HEADER, 1), 0),
        "the entry 'archive/data/0' has no header");
    refused(
        zip -> zip.put(find(zip, LOCAL_HEADER, 1) + 30, (byte) 'X'),
        "the entry 'archive/data/0' has another name");
    refused(
        zip -> zip.putShort(find(zip, LOCAL_HEADER, 1) + 28, (short) 0xffff),
        "the entry 'archive/data/0' goes beyond the end of the file");
    refused(
        zip -> zip.putShort(find(zip, DIRECTORY_ENTRY, 1) + 10, (short) 8),
        "the entry 'archive/data/0' is compressed");
    refused(
        zip -> zip.putInt(find(zip, DIRECTORY_ENTRY, 1) + 24, 1 << 30),
        "the entry 'archive/data/0' is compressed");
    refused(
        zip -> zip.putShort(find(zip, DIRECTORY_ENTRY, 1) + 8, (short) 1),
        "the entry 'archive/data/0' is encrypted");
  }

  /** Entries of one and the same gibibyte: each is small, together they are not. */
  @Test
  void entriesThatOverlapAreRefused() throws IOException {
    refused(
        zip -> {
          int first = find(zip, DIRECTORY_ENTRY, 0);
          int second = find(zip, DIRECTORY_ENTRY, 1);
          zip.putInt(second + 42, zip.getInt(first + 42));
        },
        "overlap");
  }

  @Test
  void archivesThatPyTorchDidNotMakeAreRefused() throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("readme.txt", new byte[3]);
    refused(TorchZip.stored(entries), "the archive has no data.pkl");
    entries.put("data.pkl", EMPTY_DICT);
    refused(TorchZip.stored(entries), "the archive has no data.pkl");
    entries.put("a/b/data.pkl", EMPTY_DICT);
    refused(TorchZip.stored(entries), "the archive has no data.pkl");
    entries.put("a/data.pkl", EMPTY_DICT);
    entries.put("b/data.pkl", EMPTY_DICT);
    refused(TorchZip.stored(entries), "the archive has more than one data.pkl");
    refused(
        TorchZip.stored(
            Map.of(
                "a/data.pkl", EMPTY_DICT, "a/byteorder", "big".getBytes(StandardCharsets.UTF_8))),
        "its byte order is big, not little");
  }

  @Test
  void twoEntriesOfOneNameAreRefused() throws IOException {
    Path path = folder.resolve("twice.pt");
    try (ZipBytes zip = new ZipBytes(path)) {
      zip.add("a/data.pkl", EMPTY_DICT.length, EMPTY_DICT);
      zip.add("a/data.pkl", EMPTY_DICT.length, EMPTY_DICT);
      zip.finish();
    }
    assertThatThrownBy(() -> PickleFile.open(path))
        .hasMessage(path + ": damaged zip archive: the entry 'a/data.pkl' stands twice");
  }

  /** Names are looked up and never become paths. */
  @Test
  void namesThatLeadElsewhereLeadNowhere() throws IOException {
    Path inner = Files.createDirectory(folder.resolve("inner"));
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("a/data.pkl", EMPTY_DICT);
    entries.put("../outside", new byte[] {1});
    entries.put("a/../../outside", new byte[] {1});
    entries.put(folder.resolve("absolute").toString(), new byte[] {1});
    Path file = Files.write(inner.resolve("model.pt"), TorchZip.stored(entries));

    assertThat(PickleFile.open(file).names()).isEmpty();
    assertThat(folder).isDirectoryNotContaining(path -> !path.equals(inner));
    assertThat(inner).isDirectoryNotContaining(path -> !path.equals(file));
  }

  /** Five GiB, of which next to nothing takes disk; its last entry begins beyond 32 bits. */
  @Test
  void storagesBeyondFourGibibytesAreRead() throws IOException {
    long elements = 5L << 28;
    PickleBytes pickle = PickleBytes.start().op(Opcodes.EMPTY_DICT).text("big");
    pickle.tensor(
        () -> pickle.storage("FloatStorage", "0", elements),
        1,
        new long[] {1 << 28, 4},
        new long[] {4, 1});
    pickle.op(Opcodes.SETITEM).text("last");
    pickle.tensor(() -> pickle.storage("ByteStorage", "1", 3), 0, new long[] {3}, new long[] {1});
    byte[] bytes = pickle.op(Opcodes.SETITEM).stop();
    Path path = folder.resolve("big.pt");
    try (ZipBytes zip = new ZipBytes(path)) {
      zip.add("archive/data.pkl", bytes.length, bytes);
      zip.add("archive/data/0", 4 * elements, (byte) 9);
      zip.add("archive/data/1", 3, (byte) 1, (byte) 2, (byte) 3);
      zip.finish();
    }
    PickleFile file = PickleFile.open(path);
    assertThat(Files.size(path)).isGreaterThan(5L << 30);
    assertThat(Tensors.floats(file.load("last"))).containsExactly(1, 2, 3);
    try (Scope scope = Scope.open()) {
      assertThat(Tensors.floats(file.load("big").narrow(0, (1 << 28) - 1, 1))).containsOnly(0);
    }
  }

  @Test
  void zip64FieldsThatLieAreRefused() throws IOException {
    Path path = folder.resolve("model.pt");
    try (ZipBytes zip = new ZipBytes(path)) {
      zip.add("archive/data.pkl", EMPTY_DICT.length, EMPTY_DICT);
      zip.finish();
    }
    byte[] honest = Files.readAllBytes(path);
    int end64 = find(ByteBuffer.wrap(honest).order(ByteOrder.LITTLE_ENDIAN), 0x06064b50, 0);
    int extra = end64 - 24; // size, compressed size and place of the only entry
    assertThat(PickleFile.open(path).names()).isEmpty();
    lie(honest, extra, Long.MAX_VALUE, "the entry 'archive/data.pkl' is compressed");
    lie(honest, extra + 8, Long.MAX_VALUE, "goes beyond the entries' end");
    lie(honest, extra + 8, -1, "'archive/data.pkl' has a negative size");
    lie(honest, extra + 16, Long.MAX_VALUE, "goes beyond the entries' end");
    lie(honest, extra + 16, 1, "the entry 'archive/data.pkl' has no header at byte 1");
    lie(honest, extra - 2, 0, "an entry's zip64 field ends early");
    lie(honest, end64 + 40, Long.MAX_VALUE, "its directory lies outside the file");
    lie(honest, end64 + 40, -1, "its directory lies outside the file");
    lie(honest, end64 + 48, -1, "its directory lies outside the file");
    lie(honest, end64 + 48, Long.MAX_VALUE, "its directory lies outside the file");
    lie(honest, end64 + 56 + 8, Long.MAX_VALUE, "its zip64 directory is not where it should be");
    lie(honest, end64 + 56 + 8, 0, "its zip64 directory is not where it should be");
    lie(honest, end64 + 56 + 20 + 12, 7L, "two directories that contradict each other");
  }

  private void lie(byte[] honest, int at, long value, String message) throws IOException {
    byte[] bytes = honest.clone();
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(at, value);
    refused(bytes, message);
  }

  @Test
  void aDirectoryLargerThanAnyCheckpointsIsRefused() throws IOException {
    Path path = folder.resolve("model.pt");
    try (ZipBytes zip = new ZipBytes(path)) {
      zip.add("archive/data.pkl", 1L << 33, EMPTY_DICT);
      zip.finish();
    }
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.seek(Files.size(path) - 42 - 56 + 40);
      file.write(
          ByteBuffer.allocate(16)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putLong(1L << 30)
              .putLong(64)
              .array());
    }
    assertThatThrownBy(() -> PickleFile.open(path))
        .isInstanceOf(CheckpointException.class)
        .hasMessage(path + ": damaged zip archive: its directory has 1073741824 bytes");
  }
}
