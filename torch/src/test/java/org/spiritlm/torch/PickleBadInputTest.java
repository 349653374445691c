package org.spiritlm.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import net.razorvine.pickle.Opcodes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Damaged pickles, and tensors that are not in the file. */
class PickleBadInputTest {
  @TempDir Path folder;

  private void refused(byte[] pickle, String message) throws IOException {
    Path file = Files.write(folder.resolve("model.pt"), TorchZip.of(pickle));
    assertThatThrownBy(() -> PickleFile.open(file))
        .isInstanceOf(CheckpointException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining(message);
  }

  /** A dict with one tensor over the archive's one storage of 64 bytes. */
  private static byte[] tensor(
      String type, String key, long elements, long offset, long[] shape, long... strides) {
    PickleBytes pickle = PickleBytes.start().op(Opcodes.EMPTY_DICT).text("w");
    pickle.tensor(() -> pickle.storage(type, key, elements), offset, shape, strides);
    return pickle.op(Opcodes.SETITEM).stop();
  }

  @Test
  void aTensorInsideItsStorageIsRead() throws IOException {
    byte[] pickle = tensor("FloatStorage", "0", 16, 1, new long[] {3, 5}, 5, 1);
    PickleFile file = PickleFile.open(Files.write(folder.resolve("model.pt"), TorchZip.of(pickle)));
    assertThat(file.info("w")).isEqualTo(TensorInfo.of(DType.F32, 3, 5));
    assertThat(Tensors.floats(file.load("w"))).containsOnly(0);
  }

  @Test
  void tensorsBeyondTheirStorageAreRefused() throws IOException {
    String outside = "does not lie inside its storage of 16 elements";
    refused(tensor("FloatStorage", "0", 16, 2, new long[] {3, 5}, 5, 1), outside);
    refused(tensor("FloatStorage", "0", 16, 17, new long[] {0}, 1), outside);
    refused(tensor("FloatStorage", "0", 16, 0, new long[] {2}, 16), outside);
    refused(tensor("FloatStorage", "0", 16, 0, new long[] {5_000_000_000L}, 1), outside);
    refused(tensor("FloatStorage", "0", 16, 0, new long[] {1L << 62, 1L << 62}, 1, 1), outside);
    refused(tensor("FloatStorage", "0", 16, Long.MAX_VALUE, new long[] {1}, 1), outside);
    refused(tensor("FloatStorage", "0", 16, 0, new long[] {2, 3}, 1), outside);
    refused(tensor("FloatStorage", "0", 16, -1, new long[] {1}, 1), "whole numbers of at least 0");
    refused(tensor("FloatStorage", "0", 16, 0, new long[] {-1}, 1), "whole numbers of at least 0");
    refused(tensor("FloatStorage", "0", 16, 4, new long[] {2}, -1), "whole numbers of at least 0");
    refused(
        tensor("FloatStorage", "0", 16, 0, new long[] {5_000_000_000L}, 0),
        "shows elements of its storage of 16 more than once");
    refused(
        tensor("FloatStorage", "0", 16, 0, new long[65], new long[65]), "a tensor without a shape");
  }

  @Test
  void storagesThatAreNotInTheArchiveAreRefused() throws IOException {
    refused(
        tensor("FloatStorage", "0", 17, 0, new long[] {1}, 1),
        "storage 0 has 64 bytes, too few for 17 elements of type F32");
    refused(
        tensor("DoubleStorage", "0", Long.MAX_VALUE, 0, new long[] {1}, 1),
        "too few for 9223372036854775807 elements of type F64");
    refused(tensor("FloatStorage", "1", 1, 0, new long[] {1}, 1), "has no entry 'archive/data/1'");
    refused(
        tensor("FloatStorage", "../data/0", 1, 0, new long[] {1}, 1),
        "has no entry 'archive/data/../data/0'");
    refused(
        tensor("FloatStorage", "0", -1, 0, new long[] {1}, 1), "names a storage in an unknown way");
    refused(
        tensor("FloatStorage", "0".repeat(65), 1, 0, new long[] {1}, 1),
        "names a storage in an unknown way");
    refused(
        tensor("QInt8Storage", "0", 1, 0, new long[] {1}, 1),
        "has a storage of type torch.QInt8Storage, which is not supported");
  }

  @ParameterizedTest
  @CsvSource({
    "'', premature end of file",
    "80, near byte 1",
    "8002, premature end of file",
    "8009, unsupported pickle protocol",
    "8002ff2e, invalid pickle opcode: 255",
    "80022e, near byte 3",
    "8002302e, near byte 3",
    "80024e2e, expected a dict of tensors",
    "80024b012e, expected a dict of tensors",
    "80025d2e, expected a dict of tensors",
    "8002742e, near byte 3",
    "8002522e, near byte 3",
    "80026803, invalid memo key",
    "80027d7d4e732e, a dict has a key that is neither string nor number",
    "80027d285d4e752e, a dict has a key that is neither string nor number",
    "80027d284b01752e, a dict has a key without a value",
    "80024e7d622e, the pickle sets the state of what is no object",
    "80024e51, near byte 4",
    "80024b0129522e, the pickle calls what is no function",
    "800258ffffffff, a string of 4294967295 bytes goes beyond the end of the pickle",
    "80028dffffffffffffffff, a string of -1 bytes",
    "80028dffffffffffffff7f, a string of 9223372036854775807 bytes",
    "80028affffffffff, near byte",
    "80028b40000000, a string of 64 bytes goes beyond the end",
    "80024931313131310a4931, near byte 11",
  })
  void damagedPicklesAreRefused(String hex, String message) throws IOException {
    refused(HexFormat.of().parseHex(hex), message);
  }

  @Test
  void numbersAndNamesWithoutEndAreRefused() throws IOException {
    refused(
        PickleBytes.start().op(Opcodes.LONG).line("1".repeat(1_000_000) + "L").stop(),
        "a number is longer than 64 digits");
    refused(
        PickleBytes.start().op(Opcodes.GLOBAL).line("m".repeat(1_000_000)).line("n").stop(),
        "the name of a class is longer than 256 characters");
    refused(
        PickleBytes.start().text("m".repeat(1_000)).text("n").op(Opcodes.STACK_GLOBAL).stop(),
        "the name of a class is longer than 256 characters");
    refused(
        PickleBytes.start().op(Opcodes.GET).line("1".repeat(1_000_000)).stop(),
        "damaged pickle near byte");
  }

  @Test
  void twoTensorsOfOneNameAreRefused() throws IOException {
    PickleBytes pickle = PickleBytes.start().op(Opcodes.EMPTY_DICT).text("a.b");
    pickle.tensor(() -> pickle.storage("FloatStorage", "0", 16), 0, new long[] {1}, new long[] {1});
    pickle.op(Opcodes.SETITEM).text("a").op(Opcodes.EMPTY_DICT).text("b");
    pickle.tensor(() -> pickle.storage("FloatStorage", "0", 16), 1, new long[] {1}, new long[] {1});
    refused(pickle.op(Opcodes.SETITEM, Opcodes.SETITEM).stop(), "two tensors are called 'a.b'");
  }

  @Test
  void bytesAreNoValue() throws IOException {
    refused(
        PickleBytes.start()
            .op(Opcodes.EMPTY_DICT)
            .text("k")
            .op(Opcodes.SHORT_BINBYTES, 1, 7, Opcodes.SETITEM)
            .stop(),
        "'k' is no tensor and no plain value");
  }
}
