package org.spiritlm.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.torch.InputException;

final class OutputFilesTest {
  @TempDir Path directory;

  @Test
  void aFileIsReplacedOnlyWhenForced() throws IOException {
    Path file = Files.writeString(directory.resolve("a.txt"), "old");
    assertThatThrownBy(() -> OutputFiles.write(file, false, at -> Files.writeString(at, "new")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("a.txt exists already")
        .hasMessageContaining("--force");
    assertThat(file).hasContent("old");
    OutputFiles.write(file, true, at -> Files.writeString(at, "new"));
    assertThat(file).hasContent("new");
  }

  @Test
  void aFailureHalfWayLeavesTheOldFileAndNothingBeside() throws IOException {
    Path file = Files.writeString(directory.resolve("a.txt"), "old");
    assertThatThrownBy(
            () ->
                OutputFiles.write(
                    file,
                    true,
                    at -> {
                      Files.writeString(at, "ha");
                      throw new IOException("No space left on device");
                    }))
        .isInstanceOf(InputException.class)
        .hasMessage("cannot write " + file + ": No space left on device");
    assertThat(file).hasContent("old");
    try (Stream<Path> left = Files.list(directory)) {
      assertThat(left).containsExactly(file);
    }
  }

  @Test
  void aPlaceThatCannotBeWrittenIsSaidBeforeTheWork() throws IOException {
    assertThatThrownBy(() -> OutputFiles.claim(directory.resolve("none/a.wav"), false))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("does not exist");
    assertThatThrownBy(() -> OutputFiles.claim(directory, true))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("is a directory");
    Path file = Files.writeString(directory.resolve("file"), "");
    assertThatThrownBy(() -> OutputFiles.claimDirectory(file.resolve("below")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("cannot write to the directory");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aDeviceIsWrittenInPlace() {
    Path full = Path.of("/dev/full");
    assertThatThrownBy(() -> OutputFiles.write(full, true, at -> Files.writeString(at, "x")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("No space left on device");
    assertThat(full).exists();
  }

  /** Of a device nothing is asked but that it can be written: its directory is the system's. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void aDevicesDirectoryNeedsNotBeWritable() throws Exception {
    Set<PosixFilePermission> before = Files.getPosixFilePermissions(directory);
    Path pipe = directory.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    Path file = Files.writeString(directory.resolve("file"), "");
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("r-xr-xr-x"));
    try {
      OutputFiles.claim(pipe, false);
      if (!Files.isWritable(directory)) { // it is for the superuser
        assertThatThrownBy(() -> OutputFiles.claim(file, true))
            .isInstanceOf(InputException.class)
            .hasMessage("cannot write " + file + ": permission denied");
      }
    } finally {
      Files.setPosixFilePermissions(directory, before);
    }
  }
}
