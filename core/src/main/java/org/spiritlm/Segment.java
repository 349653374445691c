package org.spiritlm;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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

  /**
   * A conversation as it stands in a prompt: all that was said, in its order, whoever said it,
   * since the model continues and was not taught to follow instructions. Text that follows another
   * turn's text begins on a new line.
   *
   * @param turns what was said at a time
   */
  static List<Segment> conversation(List<? extends List<? extends Segment>> turns) {
    List<Segment> said = new ArrayList<>();
    for (List<? extends Segment> turn : turns) {
      boolean follows = !said.isEmpty() && said.get(said.size() - 1) instanceof Text;
      if (follows && !turn.isEmpty() && turn.get(0) instanceof Text) {
        said.add(text("\n"));
      }
      said.addAll(turn);
    }
    return said;
  }
}
