package org.spiritlm.spark;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.security.AccessControlException;
import org.jspecify.annotations.Nullable;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.corpus.AudioLocation;
import org.spiritlm.corpus.Utterance;
import org.spiritlm.corpus.UtteranceAudio;
import org.spiritlm.torch.InputException;

/**
 * Opens the audio of utterances in any file system of Hadoop; local files are read where they are.
 *
 * <p>Of a long recording elsewhere from which one utterance after another is cut, a local copy is
 * kept for as long as they follow each other. Not thread-safe.
 */
final class CorpusAudio implements AutoCloseable {
  private final Storage storage;
  private final Path directory;
  private @Nullable AudioLocation copied; // whole, in the copy; null where that is not whole
  private java.nio.file.@Nullable Path copy;

  /** Audio of a corpus whose manifest lies in this directory. */
  CorpusAudio(Storage storage, Path directory) {
    this.storage = storage;
    this.directory = directory;
  }

  /**
   * Opens the audio of one utterance.
   *
   * @throws InputException if it is missing, may not be read, or is no audio
   * @throws UncheckedIOException if reading fails, which may be otherwise the next time
   */
  AudioReader open(Utterance utterance) {
    Path place = place(utterance.audio());
    if (Storage.isLocal(place)) {
      return UtteranceAudio.open(
          utterance.withAudio(utterance.audio().withFile(Storage.local(place).toString())),
          java.nio.file.Path.of(""));
    }
    try {
      if (utterance.audio().bytes() == null
          && (utterance.start() != null || utterance.end() != null)) {
        return openCopy(utterance, place);
      }
      try (InputStream stream = storage.of(place).open(place)) {
        return UtteranceAudio.open(utterance, stream);
      }
    } catch (FileNotFoundException e) {
      throw new InputException(place + " does not exist", e);
    } catch (AccessControlException e) {
      throw new InputException(place + " may not be read: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path place(AudioLocation location) {
    String file = location.file();
    boolean uri = UtteranceAudio.isUri(file);
    if (uri ? file.regionMatches(true, 0, "file:", 0, 5) : Storage.isLocal(directory)) {
      java.nio.file.Path beside = uri ? java.nio.file.Path.of("") : Storage.local(directory);
      return Storage.path(UtteranceAudio.localFile(location, beside).toString());
    }
    if (uri) {
      return Storage.path(file);
    }
    try {
      return new Path(directory, file);
    } catch (IllegalArgumentException e) {
      throw new InputException("'" + file + "' is no path: " + e.getMessage(), e);
    }
  }

  private AudioReader openCopy(Utterance utterance, Path place) throws IOException {
    java.nio.file.Path local = copy;
    if (local == null || !utterance.audio().withChannel(0).equals(copied)) {
      close();
      local = Files.createTempFile("audio", null);
      copy = local;
      try (InputStream stream = storage.of(place).open(place)) {
        Files.copy(stream, local, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
      }
      copied = utterance.audio().withChannel(0);
    }
    try {
      return UtteranceAudio.open(
          utterance.withAudio(utterance.audio().withFile(local.toString())),
          java.nio.file.Path.of(""));
    } catch (InputException e) {
      String message = String.valueOf(e.getMessage());
      throw new InputException(message.replace(local.toString(), place.toString()), e);
    }
  }

  /** Removes the copy. */
  @Override
  public void close() throws IOException {
    copied = null;
    if (copy != null) {
      Files.deleteIfExists(copy);
      copy = null;
    }
  }
}
