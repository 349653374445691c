package org.spiritlm.inspection;

import java.nio.file.Files;
import java.nio.file.Path;
import org.spiritlm.corpus.PreparedDirectory;
import org.spiritlm.torch.InputException;

/**
 * What is looked at: a manifest, or utterances with their units.
 *
 * @param place the manifest, or the file or directory of Parquet
 * @param isPrepared whether it has units
 */
public record CorpusSource(Path place, boolean isPrepared) {
  /**
   * Finds out what lies here.
   *
   * @throws InputException if it is neither
   */
  public static CorpusSource of(Path source) {
    if (!Files.exists(source)) {
      throw new InputException(source + " does not exist");
    }
    if (Files.isDirectory(source) || source.toString().endsWith(".parquet")) {
      return new CorpusSource(PreparedDirectory.units(source), true);
    }
    if (source.toString().endsWith(".jsonl")) {
      return new CorpusSource(source, false);
    }
    throw new InputException(
        source + ": expected a manifest (.jsonl) or the directory that prepare wrote");
  }
}
