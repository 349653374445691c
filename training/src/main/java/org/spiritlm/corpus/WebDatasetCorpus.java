package org.spiritlm.corpus;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;

/**
 * WebDataset: tar archives in which consecutive members of the same name, up to the first dot, are
 * an item: the recording, and {@code .txt} with its transcript or {@code .json} with the keys of a
 * manifest's line. Recordings are located inside the archives; nothing is unpacked.
 *
 * @param untranscribed whether recordings without a transcript are taken, too
 */
record WebDatasetCorpus(boolean untranscribed) implements Corpus {
  static final String ENDING = ".tar";

  /** The longest text or JSON that is read (bytes). */
  private static final int LONGEST_TEXT = 1 << 24;

  @Override
  public void read(Path source, CorpusListener listener) {
    if (!Files.isDirectory(source)) {
      archive(source, listener);
      return;
    }
    FileTree.walk(
        source,
        listener,
        (directory, files) ->
            files.stream()
                .filter(file -> AudioFiles.name(file).endsWith(ENDING))
                .forEach(file -> archive(file, listener)));
  }

  private void archive(Path file, CorpusListener listener) {
    TarItem item = new TarItem(AudioFiles.written(file), untranscribed, "");
    try (TarArchiveInputStream tar =
        new TarArchiveInputStream(Files.newInputStream(file), "UTF-8")) {
      long length = Files.size(file);
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        String name = entry.getName();
        if (!entry.isFile() || name.isEmpty() || name.endsWith("/")) {
          continue;
        }
        int dot = name.indexOf('.', name.lastIndexOf('/') + 1);
        String key = dot < 0 ? name : name.substring(0, dot);
        if (!key.equals(item.key())) {
          item.finish(listener);
          item = new TarItem(AudioFiles.written(file), untranscribed, key);
        }
        add(item, name.substring(dot + 1), entry, tar, length);
      }
      item.finish(listener);
    } catch (IOException | IllegalArgumentException e) { // the latter of malformed headers
      item.finish(listener);
      listener.reject(
          new Rejection(
              AudioFiles.written(file),
              null,
              "the tar archive is damaged or cut off after the item '"
                  + item.key()
                  + "': "
                  + e.getMessage()));
    }
  }

  private static void add(
      TarItem item, String ending, TarArchiveEntry entry, TarArchiveInputStream tar, long length)
      throws IOException {
    if (AudioFiles.isAudioEnding(ending.substring(ending.lastIndexOf('.') + 1))) {
      if (entry.isSparse()) {
        item.fail("its recording is a sparse member, whose bytes are not all there");
      } else if (entry.getSize() > length - tar.getBytesRead()) {
        item.fail("its recording is cut off with the archive");
      } else {
        item.audio(tar.getBytesRead(), entry.getSize());
      }
    } else if (ending.equals("txt") || ending.equals("json")) {
      if (entry.getSize() > LONGEST_TEXT) {
        item.fail("its ." + ending + " is longer than " + LONGEST_TEXT + " bytes");
        return;
      }
      byte[] bytes = tar.readNBytes((int) entry.getSize());
      if (ending.equals("txt")) {
        item.text(bytes);
      } else {
        item.json(bytes);
      }
    }
  }

  /**
   * Whether a file is the beginning of a tar archive.
   *
   * @return false also if it cannot be read
   */
  static boolean isTar(@Nullable Path file) {
    if (file == null || !AudioFiles.name(file).endsWith(ENDING)) {
      return false;
    }
    try {
      return Files.isRegularFile(file) && Files.size(file) >= 512;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The endings of archives that cannot be read without unpacking. */
  static void refuseCompressed(Path file) {
    for (String ending : List.of(".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst")) {
      if (AudioFiles.name(file).endsWith(ending)) {
        throw new InputException(
            file
                + ": recordings cannot be read inside a compressed archive; unpack it, or make it a"
                + " plain .tar");
      }
    }
  }
}
