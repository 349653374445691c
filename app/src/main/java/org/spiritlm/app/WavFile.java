package org.spiritlm.app;

import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.spiritlm.app.WavSink.Written;
import org.spiritlm.audio.Audio;
import org.spiritlm.torch.InputException;
import picocli.CommandLine.Option;

/** The one audio file that a command makes. */
final class WavFile {
  @Option(
      names = "-o",
      paramLabel = "WAV",
      required = true,
      description = "The audio file to write (16-bit WAV), or - for standard output.")
  Path path = Path.of("");

  @Option(names = "--force", description = "Replace a file that is there.")
  boolean force;

  /** Gives all audio to what it is given. */
  interface Source {
    /** Returns the frames of each unit, or null where they were not predicted. */
    int @Nullable [] speak(Consumer<Audio> listener);
  }

  /**
   * Says before the work begins whether the file may be written.
   *
   * @throws InputException if not
   */
  void claim(CommonOptions common) {
    if (!WavSink.isStandardOutput(path)) {
      OutputFiles.claim(path, force);
    } else if (common.json) {
      throw new InputException("--json and -o - both take standard output; name a file");
    }
  }

  /**
   * Writes the audio and says what it is.
   *
   * @throws InputException if it cannot be written; nothing is left then
   */
  void write(Source source, CommonOptions common, Console console) {
    try (WavSink sink = new WavSink(path, console)) {
      int[] durations = source.speak(sink);
      Written written = sink.finish();
      if (written == null) {
        throw new InputException("there was nothing to say, so " + path + " was not written");
      }
      report(written, durations, common, console);
    }
  }

  private void report(
      Written written, int @Nullable [] durations, CommonOptions common, Console console) {
    if (common.json) {
      console.json(SpeechReport.of(written, durations));
    } else if (WavSink.isStandardOutput(path)) {
      console.say(SpeechReport.line("standard output", written.seconds()));
    } else {
      console.print(SpeechReport.line(path.toString(), written.seconds()));
    }
  }
}
