package org.spiritlm.corpus;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.torch.InputException;

/**
 * Whether recordings are there, can be read, and are as long as the times that lie in them say. Of
 * a recording only what is needed for that is decoded: its beginning; with times, of WAV and FLAC
 * the end, of others all, once for utterances that follow one another. Not thread-safe.
 */
final class RecordingCheck {
  /** How far times may lie behind the recording's end (seconds): they are often rounded. */
  private static final double TOLERANCE = 0.05;

  private @Nullable AudioLocation measured; // the recording that was measured last
  private double seconds;

  /**
   * Checks the recording of an utterance; what lies on other machines is passed over.
   *
   * @throws InputException saying what is wrong
   */
  void check(Utterance utterance) {
    String file = utterance.audio().file();
    if (UtteranceAudio.isUri(file) && !file.regionMatches(true, 0, "file:", 0, 5)) {
      return;
    }
    double last = utterance.end() == null ? 0 : utterance.end();
    for (AlignedWord word : utterance.words()) {
      last = Math.max(last, word.end());
    }
    double first = utterance.start() == null ? 0 : utterance.start();
    boolean known = utterance.audio().equals(measured);
    try {
      if (!known) {
        try (AudioReader reader = UtteranceAudio.open(whole(utterance), Path.of(""))) {
          if (last == 0 && first == 0) {
            return;
          }
          seconds = reader.measure();
          measured = utterance.audio();
        }
      }
    } catch (UncheckedIOException e) {
      throw new InputException(file + " cannot be read: " + e.getMessage(), e);
    }
    if (last > seconds + TOLERANCE || first >= seconds) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "times go to %.3f s, past the recording's end at %.3f s",
              Math.max(last, first),
              seconds));
    }
  }

  private static Utterance whole(Utterance utterance) {
    return Utterance.of(utterance.id(), utterance.audio(), null);
  }
}
