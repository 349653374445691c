package org.spiritlm.task;

import java.util.ArrayList;
import java.util.List;
import org.spiritlm.EndReason;
import org.spiritlm.Generation;
import org.spiritlm.GenerationListener;
import org.spiritlm.GenerationOptions;
import org.spiritlm.Segment;
import org.spiritlm.SpiritLm;
import org.spiritlm.prompt.OutputModality;
import org.spiritlm.prompt.Prompt;
import org.spiritlm.torch.InputException;

/**
 * Writes down what is said (ASR), asked as in the paper (appendix B; 10 examples there):
 *
 * <pre>{@code [Speech]…[Text]<START Transcript> text <END>[Speech]…[Text]}</pre>
 *
 * <p>The transcript is what comes between the two flags. It also ends where the model begins the
 * next example, and without examples, where flags are not to be expected, at the most new tokens.
 * Models that have {@link org.spiritlm.prompt.TaskToken#RECOGNITION} are asked with it in place of
 * {@code [Speech]}.
 *
 * <p>Safe for use by several threads.
 */
public final class Transcription {
  private static final String START = "<START Transcript>";
  private static final String END = "<END>";

  private final SpiritLm model;
  private final List<Segment> shots = new ArrayList<>();
  private final GenerationOptions options;

  /** Without examples. */
  public Transcription(SpiritLm model) {
    this(model, List.of());
  }

  /** The likeliest transcript of at most 200 tokens. */
  public Transcription(SpiritLm model, List<Example> examples) {
    this(model, examples, GenerationOptions.text().greedy());
  }

  /**
   * @param examples speech in, text out
   * @param options how text is made; stop strings are the task's
   * @throws InputException if an example is of another kind, or its speech cannot be read
   */
  public Transcription(SpiritLm model, List<Example> examples, GenerationOptions options) {
    this.model = model;
    this.options =
        options
            .withOutput(OutputModality.TEXT)
            .withStopStrings(END)
            .withMoreStopIds(model.vocabulary().speechMarker());
    for (int i = 0; i < examples.size(); i++) {
      for (Segment.Speech speech : Shots.speech(examples.get(i).input(), i + 1, "input")) {
        shots.add(Segment.speech(model.tokens(speech)));
      }
      String text = Shots.text(examples.get(i).output(), i + 1, "output");
      shots.add(Segment.text(START + " " + text.strip() + " " + END));
    }
  }

  /** What the model is asked. */
  public Prompt prompt(Segment.Speech speech) {
    List<Segment> segments = new ArrayList<>(shots);
    segments.add(Segment.speech(model.tokens(speech)));
    return model.prompt(segments, OutputModality.TEXT).forRecognition(model.tokenizer());
  }

  /**
   * What is said; empty where the model says nothing.
   *
   * @throws InputException if the speech cannot be read, or is too long for the model's context
   *     beside the examples
   */
  public String transcribe(Segment.Speech speech) {
    return transcript(model.generate(prompt(speech), options));
  }

  /**
   * What is said, told to a listener while it is written; all that it hears together is the
   * transcript, but for blanks at its ends. It also decides how long it goes on.
   *
   * @throws InputException as the other
   */
  public Generation transcribe(Segment.Speech speech, GenerationListener listener) {
    return model.stream(prompt(speech), options, new WithoutFlag(listener));
  }

  /** Passes on what follows the flag that a transcript may begin with. */
  private static final class WithoutFlag implements GenerationListener {
    private final GenerationListener listener;
    private final StringBuilder held = new StringBuilder();
    private boolean begun;

    WithoutFlag(GenerationListener listener) {
      this.listener = listener;
    }

    @Override
    public void text(String piece) {
      if (begun) {
        listener.text(piece);
        return;
      }
      held.append(piece);
      String text = held.toString().stripLeading();
      if (!START.startsWith(text)) {
        begin(text);
      }
    }

    private void begin(String text) {
      begun = true;
      String rest = text.startsWith(START) ? text.substring(START.length()).stripLeading() : text;
      if (!rest.isEmpty()) {
        listener.text(rest);
      }
    }

    @Override
    public void end(EndReason reason) {
      if (!begun) {
        begin(held.toString().stripLeading());
      }
      listener.end(reason);
    }

    @Override
    public boolean goesOn() {
      return listener.goesOn();
    }
  }

  /**
   * What is said in several recordings, read together, which is faster; each has the transcript
   * that it would have alone.
   *
   * @throws InputException as for a single one
   */
  public List<String> transcribe(List<Segment.Speech> speech) {
    return model.batch(speech.stream().map(this::prompt).toList(), options).stream()
        .map(answers -> transcript(answers.get(0)))
        .toList();
  }

  /** An answer's text without the flag before it. */
  public static String transcript(Generation answer) {
    String text = answer.text().strip();
    return text.startsWith(START) ? text.substring(START.length()).strip() : text;
  }
}
