package org.spiritlm.corpus;

import java.nio.file.Path;

/**
 * A form in which recordings and their transcripts lie on disk.
 *
 * <p>Items are read one after another, in an order that does not change from one reading to the
 * next, so that memory does not grow with the corpus. A bad item is a rejection that names it, and
 * reading goes on. Audio is located by absolute paths and is not opened.
 */
public interface Corpus {
  /**
   * Reads all items.
   *
   * @param source a directory, or the file that the form begins with
   * @throws org.spiritlm.torch.InputException if there is nothing of this form
   * @throws java.io.UncheckedIOException if a file that all items need cannot be read
   */
  void read(Path source, CorpusListener listener);
}
