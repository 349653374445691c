package org.spiritlm;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.spiritlm.audio.Audio;
import org.spiritlm.prompt.SpeechTokens;

/** A stretch of text or of speech, given to a model or made by it. */
public sealed interface Segment {
  /** Text as it is; tokens written out in it are taken for tokens, as the reference does. */
  record Text(String text) implements Segment {}

  /**
   * Speech in one form or several; at least one is there. What a model made has its tokens, and the
   * audio unless it was not to be spoken, so it can be given back to the model as it is.
   *
   * @param tokens counted first where it is given
   * @param audio of any rate
   * @param file of any format and length
   */
  record Speech(@Nullable SpeechTokens tokens, @Nullable Audio audio, @Nullable Path file)
      implements Segment {
    public Speech {
      if (tokens == null && audio == null && file == null) {
        throw new IllegalArgumentException("speech without tokens, audio and file");
      }
    }
  }

  /** Text. */
  static Segment.Text text(String text) {
    return new Text(text);
  }

  /** The speech in an audio file. */
  static Segment.Speech speech(Path file) {
    return new Speech(null, null, file);
  }

  /** Speech as samples. */
  static Segment.Speech speech(Audio audio) {
    return new Speech(null, audio, null);
  }

  /** Speech as tokens. */
  static Segment.Speech speech(SpeechTokens tokens) {
    return new Speech(tokens, null, null);
  }
}
