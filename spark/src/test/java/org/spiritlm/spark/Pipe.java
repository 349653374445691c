package org.spiritlm.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.CompletableFuture;

/**
 * A named pipe in a recording's place: whoever reads it waits, so that a test knows where a task is
 * and how long it stays there.
 */
final class Pipe {
  private final Path place;
  private final byte[] recording;

  /** Puts one in the place of a recording. */
  Pipe(Path place) throws IOException, InterruptedException {
    this.place = place;
    this.recording = Files.readAllBytes(place);
    Files.delete(place);
    Process made = new ProcessBuilder("mkfifo", place.toString()).inheritIO().start();
    assertThat(made.waitFor()).isZero();
  }

  /**
   * Waits until a task reads here, and keeps it waiting.
   *
   * @param job whose task that is; when it ends, nobody is waited for any more
   */
  OutputStream awaitReader(CompletableFuture<?> job) throws IOException {
    var unused = job.whenComplete((result, failure) -> release());
    return new FileOutputStream(place.toFile());
  }

  private void release() {
    try {
      Files.newInputStream(place).close();
    } catch (IOException e) {
      // the test is over
    }
  }

  /** Puts the recording back into its place; whoever reads the pipe still does. */
  void restore() throws IOException {
    Path beside = place.resolveSibling("." + place.getFileName());
    Files.write(beside, recording);
    Files.move(beside, place, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Gives the recording to the task that reads, if it still lives. */
  void feed(OutputStream reader) {
    try (reader) {
      reader.write(recording);
    } catch (IOException e) {
      // it was killed
    }
  }
}
