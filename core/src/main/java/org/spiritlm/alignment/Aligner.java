package org.spiritlm.alignment;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.spiritlm.audio.Audio;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;

/**
 * Finds when the words of a transcript are said, by a CTC model of characters: a directory as
 * Hugging Face's {@code Wav2Vec2ForCTC} and {@code HubertForCTC} are saved, such as the MMS aligner
 * (Pratap et al. 2023).
 *
 * <pre>{@code
 * Aligner aligner = Aligner.open(Path.of("aligner"), Device.CPU);
 * AlignedTranscript aligned =
 *     aligner.align(() -> AudioReader.open(Path.of("talk.flac")), "Good evening.");
 * }</pre>
 *
 * <p>Recordings up to 34 s are worked off as wholes, several at a time; longer ones in windows of
 * 30 s, each of which sees 2 s more on either side. Safe for use by several threads.
 */
public final class Aligner {
  /** What may stand beside its weights. */
  public static final List<String> DESCRIPTIONS =
      List.of(
          "config.json",
          "preprocessor_config.json",
          "vocab.json",
          "added_tokens.json",
          "tokenizer_config.json");

  private final EmissionModel model;
  private final Alphabet alphabet;

  Aligner(EmissionModel model, Alphabet alphabet) {
    this.model = model;
    this.alphabet = alphabet;
  }

  /**
   * Opens a model's directory: {@code config.json}, weights, {@code vocab.json}, {@code
   * preprocessor_config.json}, and {@code tokenizer_config.json} where there is one.
   *
   * @throws org.spiritlm.torch.CheckpointException if files are missing, damaged, of another kind
   *     of model, or contradict each other
   */
  public static Aligner open(Path directory, Device device) {
    EmissionModel model = EmissionModel.open(directory, device);
    return new Aligner(model, Alphabet.read(directory, model.config()));
  }

  /**
   * Speech and what is said in it.
   *
   * @param text words between white space
   */
  public record Task(SpeechSource speech, String text) {}

  /** What became of a task: one of the two is null. */
  public record Outcome(@Nullable AlignedTranscript aligned, @Nullable InputException failure) {
    /**
     * The aligned transcript.
     *
     * @throws InputException if there is none
     */
    public AlignedTranscript get() {
      if (failure != null) {
        throw failure;
      }
      return Objects.requireNonNull(aligned);
    }
  }

  /** A recording that is short enough to be held as a whole. */
  @SuppressWarnings("ArrayRecordComponent") // megabytes are not copied
  private record Held(
      int place, float[] samples, Transcript transcript, LabelColumns columns, long frames) {}

  /**
   * Aligns one transcript.
   *
   * @throws InputException if the transcript has no word that can be aligned, the audio cannot be
   *     read, or it is shorter than the transcript
   */
  public AlignedTranscript align(SpeechSource speech, String text) {
    return align(List.of(new Task(speech, text))).get(0).get();
  }

  /** Aligns several transcripts, each as if it were alone: what fails does not touch the others. */
  public List<Outcome> align(List<Task> tasks) {
    @Nullable Outcome[] outcomes = new Outcome[tasks.size()];
    List<Held> together = new ArrayList<>();
    long frames = 0;
    for (int place = 0; place < outcomes.length; place++) {
      try {
        Held next = begin(tasks.get(place), place, outcomes);
        if (next == null) {
          continue; // done
        }
        if (frames + next.frames() > model.windows().whole()) {
          finish(together, outcomes);
          frames = 0;
        }
        together.add(next);
        frames += next.frames();
      } catch (InputException e) {
        outcomes[place] = new Outcome(null, e);
      } catch (UncheckedIOException e) {
        String reason = String.valueOf(Objects.requireNonNull(e.getCause()).getMessage());
        outcomes[place] = new Outcome(null, new InputException(reason, e));
      }
    }
    finish(together, outcomes);
    List<Outcome> all = new ArrayList<>();
    for (Outcome outcome : outcomes) {
      all.add(Objects.requireNonNull(outcome));
    }
    return all;
  }

  /** Reads a short recording, or aligns a long one and leaves its outcome. */
  private @Nullable Held begin(Task task, int place, @Nullable Outcome[] outcomes) {
    Transcript transcript = transcript(task.text());
    LabelColumns columns = new LabelColumns(transcript, alphabet);
    int most = model.windows().wholeSamples(model.config().encoder());
    float[] samples;
    boolean isShort;
    try (Speech speech = new Speech(task.speech().open())) {
      isShort = speech.endsBefore(most + 1L);
      samples = isShort ? speech.read(0, most) : new float[0];
    }
    if (!isShort) {
      EmissionModel.Windowed windowed = model.windowed(task.speech(), columns);
      double seconds = (double) windowed.samples() / Audio.SPEECH_RATE;
      outcomes[place] = outcome(windowed.emissions(), seconds, transcript, columns);
      return null;
    }
    long frames = model.config().encoder().frames(samples.length);
    CtcAlignment.requireFrames(model.config().steps(samples.length), columns.targets());
    return new Held(place, samples, transcript, columns, frames);
  }

  private void finish(List<Held> together, @Nullable Outcome[] outcomes) {
    if (together.isEmpty()) {
      return;
    }
    List<Emissions> emissions =
        model.whole(
            together.stream().map(Held::samples).toList(),
            together.stream().map(Held::columns).toList());
    for (int i = 0; i < together.size(); i++) {
      Held each = together.get(i);
      double seconds = (double) each.samples().length / Audio.SPEECH_RATE;
      try {
        outcomes[each.place()] =
            outcome(emissions.get(i), seconds, each.transcript(), each.columns());
      } catch (InputException e) {
        outcomes[each.place()] = new Outcome(null, e);
      }
    }
    together.clear();
  }

  private Transcript transcript(String text) {
    Transcript transcript = alphabet.labels(text);
    if (transcript.words().isEmpty()) {
      throw new InputException("the transcript has no words");
    }
    if (!transcript.isAlignable()) {
      throw new InputException(
          "nothing of the transcript can be aligned: none of its "
              + transcript.words().size()
              + " words has a letter that the aligner knows");
    }
    return transcript;
  }

  private Outcome outcome(
      Emissions emissions, double seconds, Transcript transcript, LabelColumns columns) {
    CtcAlignment alignment = CtcAlignment.of(emissions, columns.targets(), 0);
    WordTimes times = new WordTimes(model.config(), seconds);
    return new Outcome(times.of(transcript, alignment), null);
  }
}
