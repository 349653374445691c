package org.spiritlm.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsBadInputTest {
  private static final int MAX_HEADER = 100_000_000;

  @TempDir Path folder;

  private void refused(byte[] bytes, String message) throws IOException {
    Path file = Files.write(folder.resolve("m.safetensors"), bytes);
    assertThatThrownBy(() -> SafetensorsFile.open(file))
        .isInstanceOf(CheckpointException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining(message);
  }

  /**
   * {@code A} stands for a tensor of 2 float32 in the first 8 of 16 bytes, {@code B} for its end.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{A} | 8 bytes after tensor 'a' belong to no tensor",
        "{} | 16 bytes after the header belong to no tensor",
        "{A, \"b\": {\"dtype\":\"I8\",\"shape\":[7],\"data_offsets\":[9,16]}} | 1 bytes between tensor 'a' and tensor 'b'",
        "{A, \"b\": {\"dtype\":\"I8\",\"shape\":[12],\"data_offsets\":[4,16]}} | tensor 'b' overlaps tensor 'a'",
        "{A, \"b\": {\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}} | tensor 'b' overlaps tensor 'a'",
        "{A, \"b\": {\"dtype\":\"I64\",\"shape\":[2],\"data_offsets\":[8,24]}} | tensor 'b' should lie at bytes 8 to 24, the file has 16",
        "{A, \"b\": {\"dtype\":\"I8\",\"shape\":[8],\"data_offsets\":[16,8]}} | tensor 'b' should lie at bytes 16 to 8",
        "{A, \"b\": {\"dtype\":\"I8\",\"shape\":[8],\"data_offsets\":[-8,0]}} | 'b': data_offsets holds the negative number -8",
        "{A, \"b\": {\"dtype\":\"I8\",\"shape\":[-8],\"data_offsets\":[8,16]}} | 'b': shape holds the negative number -8",
        "{A, \"b\": {\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[8,16]}} | 'b' of type F32 and shape [4] needs 16 bytes, its data_offsets give it 8",
        "{A, \"b\": {\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[8,16]}} | 'b' has the impossible shape [4294967296, 4294967296]",
        "{A, \"b\": {\"dtype\":\"F64\",\"shape\":[2305843009213693953],\"data_offsets\":[8,16]}} | 'b' has the impossible shape",
        "{A, \"b\": {\"dtype\":\"I8\",\"shape\":[18446744073709551616],\"data_offsets\":[8,16]}} | out of range of long",
        "{A, \"b\": {\"dtype\":\"I8\",\"shape\":[8],\"data_offsets\":[8,999999999999999999999]}} | Number value length",
        "{A, \"b\": {\"dtype\":\"F8_E4M3\",\"shape\":[8],\"data_offsets\":[8,16]}} | tensor 'b' has elements of type F8_E4M3, which is not supported; expected one of [F64, F32,",
        "{A, \"b\": {\"dtype\":\"f32\",\"shape\":[2],\"data_offsets\":[8,16]}} | tensor 'b' has elements of type f32",
        "{A, \"b\": {\"dtype\":5,\"shape\":[2],\"data_offsets\":[8,16]}} | tensor 'b': dtype must be a string",
        "{A, \"b\": {\"dtype\":\"I8\",\"shape\":[8.0],\"data_offsets\":[8,16]}} | 'b': shape must hold whole numbers",
        "{A, \"b\": {\"dtype\":\"I8\",\"shape\":8,\"data_offsets\":[8,16]}} | 'b': shape must be a list",
        "{A, \"b\": {\"dtype\":\"I8\",\"shape\":[8],\"data_offsets\":[8]}} | tensor 'b' lacks dtype, shape or data_offsets",
        "{A, \"b\": {\"dtype\":\"I8\",\"shape\":[8],\"data_offsets\":[8,16,24]}} | 'b': data_offsets holds more than 2 numbers",
        "{A, \"b\": {\"dtype\":\"I8\",\"data_offsets\":[8,16]}} | tensor 'b' lacks dtype, shape or data_offsets",
        "{A, \"b\": {\"dtype\":\"I8\",\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[8,16]}} | tensor 'b': dtype stands twice",
        "{A, \"b\": {\"dtype\":\"I8\",\"shape\":[8],\"data_offsets\":[8,16],\"x\":1}} | tensor 'b' has an unknown key 'x'",
        "{A, \"b\": 5} | tensor 'b' must be an object",
        "{A, A} | tensor 'a' stands twice in the header",
        "{A, \"__metadata__\": {\"k\":\"1\"}, \"__metadata__\": {}} | __metadata__ stands twice",
        "{A, \"__metadata__\": {\"k\":\"1\",\"k\":\"2\"}} | __metadata__ has 'k' twice",
        "{A, \"__metadata__\": {\"k\":1}} | __metadata__ must hold strings",
        "{A, \"__metadata__\": {\"k\":null}} | __metadata__ must hold strings",
        "{A, \"__metadata__\": [[[[[[]]]]]]} | __metadata__ must be an object",
        "{A, \"b\": {\"dtype\":\"I8\",\"shape\":[[[[[8]]]]],\"data_offsets\":[8,16]}} | 'b': shape must hold whole numbers",
        "[] | the header must be an object",
        "null | the header must be an object",
        "{A | the header is not the JSON of a safetensors file",
        "{A}} | the header is not the JSON of a safetensors file",
        "{A}{} | something follows the header's object",
        "{A,} | the header is not the JSON of a safetensors file, byte",
        "{\"a: | the header is not the JSON of a safetensors file",
      })
  void damagedHeadersAreRefused(String header, String message) throws IOException {
    String a = SafetensorsBytes.entry("a", "F32", "[2]", "0", "8");
    refused(SafetensorsBytes.of(header.replace("A", a), 16), message);
  }

  @ParameterizedTest
  @CsvSource({
    "-1, should have 18446744073709551615 bytes",
    "-9223372036854775808, should have 9223372036854775808 bytes",
    "1000, 'should have 1000 bytes, the file has 4 left; the file is truncated or no safetensors'",
    "5, 'should have 5 bytes, the file has 4 left'",
    "0, the header must be an object",
  })
  void lengthsThatAreNotTheHeadersAreRefused(long length, String message) throws IOException {
    refused(
        SafetensorsBytes.withLength(length, "{}  ".getBytes(StandardCharsets.UTF_8), 0), message);
  }

  @Test
  void aFileCutAnywhereIsRefused() throws IOException {
    byte[] whole = Files.readAllBytes(Fixtures.path("safetensors/library.safetensors"));
    for (int length = 0; length < whole.length; length += length < 64 ? 1 : 7) {
      refused(Arrays.copyOf(whole, length), "");
    }
    refused(new byte[0], "it has 0 bytes, too few for a safetensors file");
    refused(Arrays.copyOf(whole, whole.length - 1), "it is truncated or damaged");
    refused(Arrays.copyOf(whole, whole.length + 1), "1 bytes after tensor");
  }

  @Test
  void changedBytesAreReadOrRefused() throws IOException {
    byte[] whole = Files.readAllBytes(Fixtures.path("safetensors/library.safetensors"));
    for (int at = 0; at < whole.length; at += 3) {
      byte[] changed = whole.clone();
      changed[at] ^= (byte) (1 << at % 8);
      FuzzedFile.check(changed, SafetensorsFile::open);
    }
  }

  @Test
  void bytesThatAreNoTextAreRefused() throws IOException {
    byte[] header =
        "{\"?\":{\"dtype\":\"I8\",\"shape\":[0],\"data_offsets\":[0,0]}}"
            .getBytes(StandardCharsets.UTF_8);
    header[2] = (byte) 0xff;
    refused(SafetensorsBytes.of(header, 0), "is not the JSON of a safetensors file");
    header[2] = (byte) 0xc3; // begins a character that does not follow
    refused(SafetensorsBytes.of(header, 0), "is not the JSON of a safetensors file");
    header[2] = 0;
    refused(SafetensorsBytes.of(header, 0), "is not the JSON of a safetensors file");
  }

  @Test
  void deepNestingIsRefusedAtOnce() throws IOException {
    refused(SafetensorsBytes.of("[".repeat(1_000_000), 0), "the header must be an object");
    refused(
        SafetensorsBytes.of("{\"a\":{\"shape\":" + "[".repeat(1_000_000), 0),
        "shape must hold whole numbers");
  }

  @Test
  void aHeaderOfAHundredMillionTensorsIsRefusedByItsLength() throws IOException {
    Path path = folder.resolve("huge.safetensors");
    long length = 60L * 100_000_000;
    Files.write(path, SafetensorsBytes.withLength(length, "{".getBytes(StandardCharsets.UTF_8), 0));
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.setLength(8 + length); // a hole, which takes no disk
    }
    assertThatThrownBy(() -> SafetensorsFile.open(path))
        .isInstanceOf(CheckpointException.class)
        .hasMessage(
            path + ": damaged: the header has 6000000000 bytes, at most 100000000 are read");
  }

  /** The largest headers that are read, full of what takes most memory; the heap has one GiB. */
  @ParameterizedTest
  @CsvSource({
    "'\"%x\":{\"dtype\":\"I8\",\"shape\":[0],\"data_offsets\":[0,0]},', '', more than 250000 tensors",
    "'\"%x\":\"\",', '\"__metadata__\":{', more than 100000 strings",
    "'1,2,3,4,5,6,7,8,', '\"a\":{\"shape\":[', shape holds more than 64 numbers",
    "'%xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', '\"', Name length",
    "'%xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', '\"__metadata__\":{\"a\":\"', String value length",
  })
  void headersOfTheGreatestLengthAreRefusedInBoundedMemory(
      String part, String start, String message) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(MAX_HEADER);
    header.put(("{" + start).getBytes(StandardCharsets.UTF_8));
    byte[] bytes = new byte[0];
    while (header.remaining() > bytes.length + 8) {
      if (header.position() < MAX_HEADER / 5) { // the names beyond the limits need not differ
        String number = Integer.toHexString(header.position());
        bytes = part.replace("%x", number).getBytes(StandardCharsets.UTF_8);
      }
      header.put(bytes);
    }
    Arrays.fill(header.array(), header.position(), MAX_HEADER, (byte) ' ');
    assertThat(Runtime.getRuntime().maxMemory()).isLessThanOrEqualTo(1L << 30);
    refused(SafetensorsBytes.of(header.array(), 0), message);
  }

  @Test
  void whatIsNoFileIsRefused() throws IOException {
    Path missing = folder.resolve("no.safetensors");
    assertThatThrownBy(() -> SafetensorsFile.open(missing))
        .isInstanceOf(CheckpointException.class)
        .hasMessage(missing + ": no such file");
    assertThatThrownBy(() -> SafetensorsFile.open(folder))
        .isInstanceOf(CheckpointException.class)
        .hasMessage(folder + ": is a directory, expected a file");
    Path link = Files.createSymbolicLink(folder.resolve("link.safetensors"), missing);
    assertThatThrownBy(() -> SafetensorsFile.open(link)).hasMessage(link + ": no such file");
  }

  @Test
  void aFileThatShrankAfterItWasOpenedIsRefused() throws IOException {
    Path path = folder.resolve("m.safetensors");
    Files.copy(Fixtures.path("safetensors/library.safetensors"), path);
    SafetensorsFile file = SafetensorsFile.open(path);
    try (RandomAccessFile shrunk = new RandomAccessFile(path.toFile(), "rw")) {
      shrunk.setLength(600);
    }
    assertThatThrownBy(() -> file.load("shared.whole"))
        .isInstanceOf(CheckpointException.class)
        .hasMessageStartingWith(path + ": cannot be mapped into memory");
  }
}
