package org.spiritlm.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import net.razorvine.pickle.Opcodes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The container before PyTorch 1.6, with storages that are not what its pickle says. */
class LegacyFileTest {
  private static final String MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16) + "L";

  @TempDir Path folder;

  /** The three pickles before the object. */
  private static PickleBytes head(boolean littleEndian) {
    PickleBytes head = PickleBytes.start().op(Opcodes.LONG).line(MAGIC);
    head.op(Opcodes.STOP, Opcodes.PROTO, 2).number(1001).op(Opcodes.STOP, Opcodes.PROTO, 2);
    head.op(Opcodes.EMPTY_DICT).text("little_endian");
    return head.op(
        littleEndian ? Opcodes.NEWTRUE : Opcodes.NEWFALSE, Opcodes.SETITEM, Opcodes.STOP);
  }

  /** A dict of tensors of 2 elements, one for each type, all over storage 0. */
  private static PickleBytes dict(String... types) {
    PickleBytes file = head(true).op(Opcodes.PROTO, 2, Opcodes.EMPTY_DICT);
    for (String type : types) {
      file.text(type);
      file.tensor(() -> file.legacyStorage(type, "0", 2), 0, new long[] {2}, new long[] {1});
      file.op(Opcodes.SETITEM);
    }
    return file.op(Opcodes.STOP);
  }

  private static PickleBytes list(PickleBytes file, String... keys) {
    file.op(Opcodes.PROTO, 2, Opcodes.EMPTY_LIST);
    for (String key : keys) {
      file.text(key).op(Opcodes.APPEND);
    }
    return file.op(Opcodes.STOP);
  }

  private Path write(PickleBytes file) throws IOException {
    return Files.write(folder.resolve("model.pt"), file.toBytes());
  }

  private void refused(PickleBytes file, String message) throws IOException {
    Path path = write(file);
    assertThatThrownBy(() -> PickleFile.open(path))
        .isInstanceOf(CheckpointException.class)
        .hasMessageStartingWith(path + ": ")
        .hasMessageContaining(message);
  }

  @Test
  void whatIsWholeIsRead() throws IOException {
    Path path = write(list(dict("LongStorage"), "0").int64(2).int64(7).int64(8));
    assertThat(Tensors.longs(PickleFile.open(path).load("LongStorage"))).containsExactly(7, 8);
  }

  @Test
  void storagesThatAreNotWhatThePickleSaysAreRefused() throws IOException {
    refused(
        list(dict("LongStorage"), "0").int64(3).int64(7).int64(8),
        "storage 0 should have 2 elements");
    refused(list(dict("LongStorage"), "0").int64(2).int64(7), "it is truncated");
    refused(list(dict("LongStorage"), "0").int32(2), "storage 0 is missing");
    refused(list(dict("LongStorage")), "a storage is missing from its list");
    refused(list(dict("LongStorage"), "1"), "its list of storages is not that of its tensors");
    refused(
        list(dict("LongStorage"), "0", "0").int64(2).int64(7).int64(8),
        "its list of storages is not that of its tensors");
    refused(
        list(dict("LongStorage", "ByteStorage"), "0").int64(2).int64(7).int64(8),
        "storage 0 is described in two ways");
  }

  /** A list of lists whose text would be longer than any memory. */
  @Test
  void aListOfStoragesIsNotTurnedIntoText() throws IOException {
    PickleBytes file = dict("LongStorage").op(Opcodes.PROTO, 2, Opcodes.EMPTY_LIST);
    file.op(Opcodes.EMPTY_LIST).repeat(60, Opcodes.DUP, Opcodes.TUPLE2).op(Opcodes.APPEND);
    refused(file.op(Opcodes.STOP), "its list of storages is not that of its tensors");
    PickleBytes endless = dict("LongStorage").op(Opcodes.PROTO, 2, Opcodes.EMPTY_LIST);
    endless.op(Opcodes.DUP, Opcodes.APPEND, Opcodes.STOP);
    refused(endless, "its list of storages is not that of its tensors");
  }

  @Test
  void filesOfOtherProgramsAreRefused() throws IOException {
    refused(PickleBytes.start().op(Opcodes.EMPTY_DICT, Opcodes.STOP), "not made by torch.save");
    refused(
        PickleBytes.start().op(Opcodes.BINFLOAT).int64(0).op(Opcodes.STOP),
        "not made by torch.save");
    refused(PickleBytes.start().op(Opcodes.NONE, Opcodes.STOP), "not made by torch.save");
    PickleBytes version = PickleBytes.start().op(Opcodes.LONG).line(MAGIC);
    refused(
        version.op(Opcodes.STOP, Opcodes.PROTO, 2).number(1002).op(Opcodes.STOP),
        "not made by torch.save");
    refused(head(false), "its byte order is not little");
    refused(
        head(true)
            .op(Opcodes.PROTO, 2, Opcodes.EMPTY_DICT, Opcodes.STOP, Opcodes.PROTO, 2)
            .op(Opcodes.EMPTY_DICT, Opcodes.STOP),
        "it has no list of storages");
  }
}
