package org.spiritlm.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.spiritlm.Generation;
import org.spiritlm.GenerationListener;
import org.spiritlm.GenerationOptions;
import org.spiritlm.Segment;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioWriter;
import org.spiritlm.prompt.OutputModality;
import org.spiritlm.torch.InputException;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Where answers go: printed, their speech to files; when they are complete, or as they come. */
final class AnswerOutput {
  /** The files that are written to a directory, numbered from 1. */
  private static final Pattern SPEECH = Pattern.compile("speech-([1-9]\\d{0,8})\\.wav");

  @Option(
      names = "-o",
      paramLabel = "DIR",
      description = {
        "Write the speech to this directory, as speech-1.wav, speech-2.wav, … in the order printed.",
        "With --stream: write all speech to this one WAV file or pipe, or - for standard output."
      })
  @Nullable Path place;

  @Option(
      names = "--stream",
      description = "Print text and write speech as they come; text goes beside speech on -o -.")
  boolean stream;

  @Mixin LookAheadOption lookAhead = new LookAheadOption();

  @Option(
      names = "--force",
      description = {
        "Replace files that are there; speech-N.wav that an earlier answer had more of are removed."
      })
  boolean force;

  /** Asks the model. */
  interface Question {
    List<Generation> answers();

    Generation answer(GenerationListener listener);
  }

  /**
   * Says before the work begins whether answers can go where they should.
   *
   * @return the options with what is asked of streams
   * @throws InputException if options contradict each other, or something cannot be written
   */
  GenerationOptions claim(GenerationOptions options, CommonOptions common) {
    boolean speech = options.output() != OutputModality.TEXT;
    if (place != null && !speech) {
      throw new InputException("-o takes speech, and the answer is text; leave it out");
    }
    Integer frames = lookAhead.frames();
    if (frames != null && !(stream && speech)) {
      throw new InputException(
          "--look-ahead is for speech as it comes; add --stream, or leave it out");
    }
    if (stream) {
      claimStream(options, speech, common);
    } else if (place != null) {
      if (WavSink.isStandardOutput(place)) {
        throw new InputException(
            "-o - takes speech as it comes; add --stream, or name a directory");
      }
      claimDirectory(place);
    }
    return options.withVoice(options.voice().withLookAhead(frames));
  }

  private void claimStream(GenerationOptions options, boolean speech, CommonOptions common) {
    if (options.answers() > 1) {
      throw new InputException(
          "--stream gives the one answer that comes, so it cannot go with --num-return");
    }
    if (speech && place == null) {
      throw new InputException("--stream has nowhere to put speech; add -o FILE.wav, or -o -");
    }
    if (place == null) {
      return;
    }
    if (!WavSink.isStandardOutput(place)) {
      OutputFiles.claim(place, force);
    } else if (common.json) {
      throw new InputException("--json and -o - both take standard output; name a file");
    }
  }

  private void claimDirectory(Path directory) {
    OutputFiles.claimDirectory(directory);
    if (force || !Files.isDirectory(directory)) {
      return;
    }
    try (DirectoryStream<Path> taken = Files.newDirectoryStream(directory, "speech-*.wav")) {
      for (Path file : taken) {
        throw new InputException(
            file + " exists already; add --force to replace it, or give -o another directory");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether speech is to be spoken. */
  boolean isSpoken() {
    return place != null;
  }

  /**
   * Asks and gives out what comes.
   *
   * @param loading seconds that the model's opening took
   */
  void deliver(Question question, double loading, CommonOptions common, Console console) {
    if (stream) {
      try (AnswerStream heard = new AnswerStream(place, common.json, console)) {
        Generation answer = question.answer(heard);
        heard.finish();
        new AnswerReport(answer, heard.files(answer), loading).printStreamed(common, console);
      }
      return;
    }
    List<AnswerReport> reports = new ArrayList<>();
    int files = 0;
    for (Generation answer : question.answers()) {
      List<@Nullable Path> paths = new ArrayList<>();
      for (Segment segment : answer.segments()) {
        boolean spoken = segment instanceof Segment.Speech speech && speech.audio() != null;
        paths.add(spoken ? write((Segment.Speech) segment, ++files) : null);
      }
      reports.add(new AnswerReport(answer, paths, loading));
    }
    removeOthers(files);
    AnswerReport.print(reports, common, console);
  }

  /**
   * Removes the files of an earlier answer that had more speech; without --force there are none.
   */
  private void removeOthers(int files) {
    if (place == null || !force || !Files.isDirectory(place)) {
      return;
    }
    try (DirectoryStream<Path> all = Files.newDirectoryStream(place, Files::isRegularFile)) {
      for (Path file : all) {
        Matcher name = SPEECH.matcher(file.getFileName().toString());
        if (name.matches() && Integer.parseInt(name.group(1)) > files) {
          Files.delete(file);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path write(Segment.Speech speech, int number) {
    if (place == null || speech.audio() == null) {
      throw new AssertionError(speech);
    }
    Audio audio = speech.audio();
    OutputFiles.makeDirectory(place);
    Path file = place.resolve("speech-" + number + ".wav");
    OutputFiles.write(file, force, part -> AudioWriter.write(part, audio));
    return file;
  }
}
