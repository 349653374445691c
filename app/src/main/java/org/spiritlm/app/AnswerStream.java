package org.spiritlm.app;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiritlm.Generation;
import org.spiritlm.GenerationListener;
import org.spiritlm.Segment;
import org.spiritlm.audio.Audio;

/** Gives an answer out while it is made: text printed, speech in one file. */
final class AnswerStream implements GenerationListener, AutoCloseable {
  private final @Nullable Path place;
  private final boolean json;
  private final Console console;
  private final @Nullable WavSink sink;
  private boolean inLine;

  /**
   * @param place where speech goes, or null where there is none
   * @param json whether standard output is for JSON, and text is not printed as it comes
   */
  AnswerStream(@Nullable Path place, boolean json, Console console) {
    this.place = place;
    this.json = json;
    this.console = console;
    this.sink = place == null ? null : new WavSink(place, console);
  }

  @Override
  public void text(String piece) {
    if (json || piece.isEmpty()) {
      return;
    }
    if (WavSink.isStandardOutput(place)) {
      console.err().print(piece);
      console.err().flush();
    } else {
      console.piece(piece);
    }
    inLine = true;
  }

  @Override
  public void audio(Audio chunk) {
    endLine();
    if (sink != null) {
      sink.accept(chunk);
    }
  }

  private void endLine() {
    if (inLine) {
      inLine = false;
      if (WavSink.isStandardOutput(place)) {
        console.say("");
      } else {
        console.print("");
      }
    }
  }

  /** Ends what was given out; without it, the file is thrown away. */
  void finish() {
    endLine();
    if (sink != null && sink.finish() == null) {
      console.say("the answer holds no speech that could be spoken, so nothing was written");
    }
  }

  /** The file of each of the answer's segments that was spoken. */
  List<@Nullable Path> files(Generation answer) {
    List<@Nullable Path> files = new ArrayList<>();
    for (Segment segment : answer.segments()) {
      files.add(segment instanceof Segment.Speech speech && speech.audio() != null ? place : null);
    }
    return files;
  }

  @Override
  public void close() {
    if (sink != null) {
      sink.close();
    }
  }
}
