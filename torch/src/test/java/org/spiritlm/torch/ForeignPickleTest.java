package org.spiritlm.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import net.razorvine.pickle.IObjectConstructor;
import net.razorvine.pickle.Opcodes;
import net.razorvine.pickle.Unpickler;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Pickles that ask for classes and functions: they are named, and never called. */
class ForeignPickleTest {
  /** What the parser itself would call for these names, were it asked. */
  private static final AtomicInteger CALLS = new AtomicInteger();

  private static final IObjectConstructor COUNTING =
      arguments -> {
        CALLS.incrementAndGet();
        return "made";
      };

  @TempDir Path folder;

  @BeforeEach
  void countCalls() {
    CALLS.set(0);
    for (String[] name :
        new String[][] {{"os", "system"}, {"my.module", "Class"}, {"builtins", "eval"}}) {
      Unpickler.registerConstructor(name[0], name[1], COUNTING);
    }
  }

  private Path file(byte[] pickle) throws IOException {
    return Files.write(folder.resolve("model.pt"), TorchZip.of(pickle));
  }

  private void refused(byte[] pickle, String message) throws IOException {
    Path file = file(pickle);
    assertThatThrownBy(() -> PickleFile.open(file))
        .isInstanceOf(CheckpointException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining(message);
    assertThat(CALLS).hasValue(0);
  }

  /** {@code {key: what(argument)}}. */
  private static PickleBytes dictOf(String module, String name, String argument) {
    return PickleBytes.start()
        .op(Opcodes.EMPTY_DICT)
        .text("key")
        .global(module, name)
        .text(argument)
        .op(Opcodes.TUPLE1, Opcodes.REDUCE, Opcodes.SETITEM);
  }

  @ParameterizedTest
  @CsvSource({
    "os, system",
    "posix, system",
    "builtins, eval",
    "__builtin__, eval",
    "builtins, exec",
    "builtins, getattr",
    "subprocess, Popen",
    "my.module, Class",
    "java.lang, ProcessBuilder",
    "decimal, Decimal",
    "builtins, bytearray",
    "builtins, set",
    "_codecs, encode",
    "torch, load",
    "torch._utils, _rebuild_device_tensor_from_numpy",
    "torch.storage, _load_from_bytes",
    "copyreg, _reconstructor",
    "collections.OrderedDict, x",
  })
  void functionsAreNamedAndNotCalled(String module, String name) throws IOException {
    Path proof = folder.resolve("proof");
    refused(
        dictOf(module, name, "touch " + proof).stop(),
        "the pickle asks for '" + module + "." + name + "', which is not allowed and was not run");
    assertThat(proof).doesNotExist();
  }

  @Test
  void theCounterSeesCallsOfAParserWithoutRestrictions() throws IOException {
    new Unpickler().loads(dictOf("os", "system", "x").stop());
    assertThat(CALLS).hasValue(1);
  }

  @Test
  void namesFromTheStackAreNotCalledEither() throws IOException {
    refused(
        PickleBytes.start()
            .op(Opcodes.EMPTY_DICT)
            .text("key")
            .text("os")
            .text("system")
            .op(Opcodes.STACK_GLOBAL)
            .text("x")
            .op(Opcodes.TUPLE1, Opcodes.REDUCE, Opcodes.SETITEM)
            .stop(),
        "'os.system'");
  }

  @Test
  void classesWithArgumentsOrStateOfTheirOwnAreNotMade() throws IOException {
    PickleBytes withArguments =
        PickleBytes.start().op(Opcodes.EMPTY_DICT).text("key").global("my.module", "Class");
    refused(
        withArguments.text("x").op(Opcodes.TUPLE1, Opcodes.NEWOBJ, Opcodes.SETITEM).stop(),
        "'my.module.Class'");
    PickleBytes withState =
        PickleBytes.start().op(Opcodes.EMPTY_DICT).text("key").global("my.module", "Class");
    refused(
        withState
            .op(Opcodes.EMPTY_TUPLE, Opcodes.NEWOBJ)
            .text("state")
            .op(Opcodes.BUILD, Opcodes.SETITEM)
            .stop(),
        "'my.module.Class'");
  }

  @Test
  void aClassIsNoValue() throws IOException {
    refused(
        PickleBytes.start()
            .op(Opcodes.EMPTY_DICT)
            .text("key")
            .global("os", "system")
            .op(Opcodes.SETITEM)
            .stop(),
        "the pickle asks for 'os.system'");
  }

  @Test
  void anObjectThatIsNothingButAttributesIsAMapWhateverItsClass() throws IOException {
    byte[] pickle =
        PickleBytes.start()
            .op(Opcodes.EMPTY_DICT)
            .text("key")
            .global("my.module", "Class")
            .op(Opcodes.EMPTY_TUPLE, Opcodes.NEWOBJ, Opcodes.EMPTY_DICT)
            .text("a")
            .number(1)
            .op(Opcodes.SETITEM, Opcodes.BUILD, Opcodes.SETITEM)
            .stop();
    assertThat(PickleFile.open(file(pickle)).at("key").values()).containsEntry("a", 1L);
    assertThat(CALLS).hasValue(0);
  }

  /** INST, OBJ, NEWOBJ_EX, EXT1, EXT2, EXT4, PERSID, sets, byte arrays and buffers. */
  @ParameterizedTest
  @ValueSource(ints = {105, 111, 146, 130, 131, 132, 80, 143, 144, 145, 150, 151, 152})
  void otherWaysToMakeObjectsAreRefused(int code) throws IOException {
    refused(
        PickleBytes.start()
            .op(Opcodes.MARK, code)
            .line("os")
            .line("system")
            .text("x")
            .op(Opcodes.TUPLE1, Opcodes.REDUCE)
            .stop(),
        "uses the instruction " + code + ", which no checkpoint needs");
  }

  @Test
  void foreignObjectsThatAreLeftOutAreNotCalled() throws IOException {
    Path file = file(dictOf("os", "system", "x").text("step").number(3).op(Opcodes.SETITEM).stop());
    PickleFile left = PickleFile.openSkippingForeign(file);
    assertThat(left.values().toString()).isEqualTo("{step=3}");
    assertThat(CALLS).hasValue(0);
  }
}
