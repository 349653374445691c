package org.spiritlm.recipe;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Set;
import java.util.TreeSet;
import org.spiritlm.corpus.CorpusListener;
import org.spiritlm.corpus.Manifest;
import org.spiritlm.corpus.Rejection;
import org.spiritlm.corpus.Utterance;
import org.spiritlm.torch.InputException;

/**
 * What decides how a corpus can be learnt from.
 *
 * @param manifest its manifest
 * @param sha256 of the manifest, in hexadecimal digits
 * @param transcribed utterances with a transcript
 * @param hasTimes whether the times of all their words are known
 * @param styles how they are said
 */
record ManifestFacts(
    Path manifest, String sha256, long transcribed, boolean hasTimes, Set<String> styles) {
  /** Fewer utterances are a mistake. */
  private static final int LEAST = 20;

  /**
   * Reads a manifest.
   *
   * @throws InputException if it has too few utterances with a transcript
   */
  static ManifestFacts read(Path manifest) {
    Counter counter = new Counter();
    Manifest.read(manifest, counter);
    if (counter.transcribed < LEAST) {
      throw new InputException(
          manifest
              + ": has "
              + counter.transcribed
              + " utterances with a transcript"
              + (counter.rejected == 0
                  ? ""
                  : " and " + counter.rejected + " that cannot be used (" + counter.reason + ")")
              + ", expected at least "
              + LEAST
              + "; hours of speech are needed to learn from");
    }
    return new ManifestFacts(
        manifest,
        sha256(manifest),
        counter.transcribed,
        counter.timed == counter.transcribed,
        counter.styles);
  }

  private static final class Counter implements CorpusListener {
    private long transcribed;
    private long timed;
    private long rejected;
    private String reason = "";
    private final Set<String> styles = new TreeSet<>();

    @Override
    public void accept(Utterance utterance) {
      if (utterance.text() == null) {
        return;
      }
      transcribed++;
      timed += utterance.words().isEmpty() ? 0 : 1;
      if (utterance.style() != null) {
        styles.add(utterance.style());
      }
    }

    @Override
    public void reject(Rejection rejection) {
      rejected++;
      reason = rejection.reason();
    }
  }

  private static String sha256(Path file) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
        in.transferTo(OutputStream.nullOutputStream());
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JVM has it
    }
  }
}
