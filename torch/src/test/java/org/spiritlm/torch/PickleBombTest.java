package org.spiritlm.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import net.razorvine.pickle.Opcodes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Small pickles that ask for a large amount of memory or work. The tests' heap is one GiB, so that
 * each would end the process, or never end, were it not refused.
 */
class PickleBombTest {
  private static final int MANY = 1_300_000;
  private static final String STEPS = "the pickle has more than 4000000 steps";

  @TempDir Path folder;

  private void refused(byte[] pickle, String message) throws IOException {
    Path file = Files.write(folder.resolve("model.pt"), TorchZip.of(pickle));
    assertThat(Runtime.getRuntime().maxMemory()).isLessThanOrEqualTo(1L << 30);
    assertThatThrownBy(() -> PickleFile.openSkippingForeign(file))
        .isInstanceOf(CheckpointException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining(message);
  }

  /** A list of this many None, kept in the memo's place 0, is left on the stack. */
  private static PickleBytes longList(int length) {
    return PickleBytes.start()
        .op(Opcodes.EMPTY_LIST, Opcodes.BINPUT, 0, Opcodes.MARK)
        .repeat(length, Opcodes.NONE)
        .op(Opcodes.APPENDS);
  }

  @Test
  void stepsWithoutEnd() throws IOException {
    refused(PickleBytes.start().repeat(4_000_001, Opcodes.EMPTY_DICT).stop(), STEPS);
  }

  @Test
  void copiesOfALongList() throws IOException {
    refused(
        longList(500_000)
            .global("torch", "Size")
            .op(Opcodes.BINPUT, 1)
            .repeat(MANY, Opcodes.BINGET, 1, Opcodes.BINGET, 0, Opcodes.TUPLE1, Opcodes.REDUCE)
            .stop(),
        STEPS);
  }

  @Test
  void dictsOfALongList() throws IOException {
    PickleBytes pickle =
        PickleBytes.start()
            .number(1)
            .op(Opcodes.NONE, Opcodes.TUPLE2, Opcodes.BINPUT, 2)
            .op(Opcodes.EMPTY_LIST, Opcodes.BINPUT, 0, Opcodes.MARK)
            .repeat(100_000, Opcodes.BINGET, 2);
    refused(
        pickle
            .op(Opcodes.APPENDS)
            .global("collections", "OrderedDict")
            .op(Opcodes.BINPUT, 1)
            .repeat(MANY, Opcodes.BINGET, 1, Opcodes.BINGET, 0, Opcodes.TUPLE1, Opcodes.REDUCE)
            .stop(),
        STEPS);
  }

  @Test
  void objectsOfALargeState() throws IOException {
    PickleBytes pickle =
        PickleBytes.start().op(Opcodes.EMPTY_DICT, Opcodes.BINPUT, 0, Opcodes.MARK);
    for (int i = 0; i < 100_000; i++) {
      pickle.op(Opcodes.BININT).int32(i).op(Opcodes.NONE);
    }
    pickle.op(Opcodes.SETITEMS).global("argparse", "Namespace").op(Opcodes.BINPUT, 1);
    refused(
        pickle
            .repeat(
                500_000,
                Opcodes.BINGET,
                1,
                Opcodes.EMPTY_TUPLE,
                Opcodes.NEWOBJ,
                Opcodes.BINGET,
                0,
                Opcodes.BUILD)
            .stop(),
        STEPS);
  }

  @Test
  void tensorsOfManyDimensions() throws IOException {
    PickleBytes pickle = PickleBytes.start().global("torch._utils", "_rebuild_tensor_v2");
    pickle.op(Opcodes.BINPUT, 0, Opcodes.MARK).storage("FloatStorage", "0", 16).number(0);
    long[] ones = new long[64];
    Arrays.fill(ones, 1);
    pickle.tuple(ones).tuple(ones).op(Opcodes.TUPLE, Opcodes.BINPUT, 1);
    refused(
        pickle.repeat(MANY, Opcodes.BINGET, 0, Opcodes.BINGET, 1, Opcodes.REDUCE).stop(), STEPS);
  }

  @Test
  void storagesAskedForAgainAndAgain() throws IOException {
    PickleBytes pickle = PickleBytes.start().op(Opcodes.MARK).text("storage");
    pickle.global("torch", "FloatStorage").text("0").text("cpu").number(1).op(Opcodes.TUPLE);
    refused(
        pickle
            .op(Opcodes.BINPUT, 0)
            .repeat(MANY + 50_000, Opcodes.BINGET, 0, Opcodes.BINPERSID, Opcodes.POP)
            .stop(),
        STEPS);
  }

  @Test
  void marksOnATallStack() throws IOException {
    refused(
        PickleBytes.start()
            .repeat(MANY, Opcodes.NONE)
            .repeat(2 * MANY, Opcodes.MARK, Opcodes.POP_MARK)
            .stop(),
        STEPS);
  }

  @Test
  void listsOfTheSameListsGrowTwofoldWithEachLevel() throws IOException {
    PickleBytes pickle =
        PickleBytes.start().op(Opcodes.EMPTY_DICT).text("k").op(Opcodes.EMPTY_LIST);
    pickle.repeat(60, Opcodes.DUP, Opcodes.TUPLE2);
    refused(pickle.op(Opcodes.SETITEM).stop(), "it describes more than 1000000 values");
  }

  @Test
  void listsThatHoldThemselves() throws IOException {
    refused(
        PickleBytes.start()
            .op(Opcodes.EMPTY_DICT)
            .text("k")
            .op(Opcodes.EMPTY_LIST, Opcodes.DUP, Opcodes.APPEND, Opcodes.SETITEM)
            .stop(),
        "values more than 64 levels deep");
    refused(
        PickleBytes.start()
            .op(Opcodes.EMPTY_DICT, Opcodes.DUP, Opcodes.DUP, Opcodes.SETITEM)
            .stop(),
        "neither string nor number");
    refused(
        PickleBytes.start()
            .op(Opcodes.EMPTY_DICT, Opcodes.DUP)
            .text("k")
            .op(Opcodes.BINGET, 0)
            .stop(),
        "invalid memo key");
    refused(
        PickleBytes.start()
            .op(Opcodes.EMPTY_DICT, Opcodes.BINPUT, 0)
            .text("k")
            .op(Opcodes.BINGET, 0, Opcodes.SETITEM)
            .stop(),
        "values more than 64 levels deep");
  }

  @Test
  void deepNesting() throws IOException {
    refused(
        PickleBytes.start()
            .op(Opcodes.EMPTY_DICT)
            .text("k")
            .op(Opcodes.NONE)
            .repeat(MANY, Opcodes.TUPLE1)
            .op(Opcodes.SETITEM)
            .stop(),
        "values more than 64 levels deep");
  }

  @Test
  void longNamesForManyTensors() throws IOException {
    PickleBytes pickle = PickleBytes.start().op(Opcodes.EMPTY_DICT).text("k".repeat(10_000_000));
    pickle.op(Opcodes.EMPTY_LIST, Opcodes.BINPUT, 0, Opcodes.MARK);
    pickle.tensor(() -> pickle.storage("FloatStorage", "0", 16), 0, new long[] {1}, new long[] {1});
    pickle.op(Opcodes.BINPUT, 1).repeat(10_000, Opcodes.BINGET, 1);
    refused(
        pickle.op(Opcodes.APPENDS, Opcodes.SETITEM).stop(),
        "a name of more than 1024 characters, or more than 250000 tensors");
  }

  @Test
  void manyNamesForOneTensor() throws IOException {
    PickleBytes pickle = PickleBytes.start().op(Opcodes.EMPTY_DICT).text("k");
    pickle.op(Opcodes.EMPTY_LIST, Opcodes.BINPUT, 0, Opcodes.MARK);
    pickle.tensor(() -> pickle.storage("FloatStorage", "0", 16), 0, new long[] {1}, new long[] {1});
    pickle.op(Opcodes.BINPUT, 1).repeat(500_000, Opcodes.BINGET, 1);
    refused(pickle.op(Opcodes.APPENDS, Opcodes.SETITEM).stop(), "more than 250000 tensors");
  }

  @Test
  void aPickleLargerThanAnyCheckpoints() throws IOException {
    refused(new byte[(1 << 26) + 1], "its pickle has 67108865 bytes");
  }

  /** Bounded by the pickle's own length. */
  @Test
  void aStringOfTheGreatestLength() throws IOException {
    byte[] pickle = PickleBytes.start().text("x".repeat((1 << 26) - 8)).stop();
    refused(pickle, "expected a dict of tensors");
  }
}
