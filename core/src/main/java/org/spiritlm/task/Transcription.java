package org.spiritlm.task;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.spiritlm.EndReason;
import org.spiritlm.Generation;
import org.spiritlm.GenerationListener;
import org.spiritlm.GenerationOptions;
import org.spiritlm.Score;
import org.spiritlm.Segment;
import org.spiritlm.SpiritLm;
import org.spiritlm.lm.Scorer;
import org.spiritlm.prompt.OutputModality;
import org.spiritlm.prompt.Prompt;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.prompt.TaskToken;
import org.spiritlm.torch.InputException;

/**
 * Writes down what is said (ASR), asked as in the paper (appendix B; 10 examples there):
 *
 * <pre>{@code [Speech]…[Text]<START Transcript> text <END>[Speech]…[Text]}</pre>
 *
 * <p>The transcript is what comes between the two flags. It also ends where the model begins the
 * next example, and without examples, where flags are not to be expected, at the most new tokens.
 * Models that have {@link TaskToken#RECOGNITION} are asked with it in place of {@code [Speech]}.
 *
 * <p>What beams find is read both ways where the model has learnt to speak as well and there are no
 * examples: that transcript is taken which is likely after the speech, and after which the speech
 * is likely (a noisy channel, both ways of it being one model), the latter counting half in the sum
 * of log-probabilities.
 *
 * <p>Safe for use by several threads.
 */
public final class Transcription {
  private static final String START = "<START Transcript>";
  private static final String END = "<END>";

  /** More find no better transcripts. */
  private static final int BEAMS = 8;

  private static final double SPEECH_WEIGHT = 0.5;

  private final SpiritLm model;
  private final List<Segment> shots = new ArrayList<>();
  private final GenerationOptions options;

  /** Without examples. */
  public Transcription(SpiritLm model) {
    this(model, List.of());
  }

  /** As {@link #likeliest} says. */
  public Transcription(SpiritLm model, List<Example> examples) {
    this(model, examples, likeliest(model));
  }

  /**
   * The likeliest transcript of at most 200 tokens: that which eight beams find where the model has
   * learnt the task and so is asked briefly, else the likeliest token at each step.
   */
  public static GenerationOptions likeliest(SpiritLm model) {
    return GenerationOptions.text()
        .greedy()
        .withBeams(TaskToken.RECOGNITION.isIn(model.tokenizer()) ? BEAMS : 1);
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
    return transcribe(List.of(speech)).get(0);
  }

  /**
   * What is said, told to a listener while it is written, or at once where several transcripts are
   * compared; all that it hears together is the transcript, but for blanks at its ends. It also
   * decides how long it goes on.
   *
   * @throws InputException as the other
   */
  public Generation transcribe(Segment.Speech speech, GenerationListener listener) {
    GenerationListener without = new WithoutFlag(listener);
    if (!compares()) {
      return model.stream(prompt(speech), options, without);
    }
    Generation best = best(List.of(speech)).get(0);
    without.text(best.text());
    without.end(best.endReason());
    return best;
  }

  /** Whether several transcripts are found, and read the other way as well. */
  private boolean compares() {
    return options.beams() > 1
        && options.answers() == 1
        && shots.isEmpty()
        && TaskToken.RECOGNITION.isIn(model.tokenizer())
        && TaskToken.SYNTHESIS.isIn(model.tokenizer());
  }

  /** Of all that beams find, what is likeliest both ways. */
  private List<Generation> best(List<Segment.Speech> speech) {
    List<SpeechTokens> tokens = speech.stream().map(model::tokens).toList();
    List<List<Generation>> found =
        model.batch(
            tokens.stream().map(each -> prompt(Segment.speech(each))).toList(),
            options.withAnswers(options.beams()));
    List<Generation> best = new ArrayList<>();
    for (int i = 0; i < found.size(); i++) {
      best.add(best(tokens.get(i), found.get(i)));
    }
    return best;
  }

  private Generation best(SpeechTokens tokens, List<Generation> found) {
    int[] spoken = model.tokenizer().encode(tokens.toString(), false);
    List<Generation> read = new ArrayList<>();
    List<Scorer.Pair> pairs = new ArrayList<>(); // two for each
    for (Generation each : found) {
      String text = transcript(each);
      if (!text.isEmpty()) {
        int[] asked =
            model
                .prompt(List.of(Segment.text(text)), OutputModality.SPEECH)
                .forSynthesis(model.tokenizer())
                .ids(model.tokenizer());
        if (asked.length + spoken.length <= model.context()) {
          read.add(each);
          pairs.add(new Scorer.Pair(each.promptIds(), each.outputIds()));
          pairs.add(new Scorer.Pair(asked, spoken));
        }
      }
    }
    List<Score> scores = model.scoreIds(pairs);
    return IntStream.range(0, read.size())
        .boxed()
        .max(
            Comparator.comparingDouble(
                i -> scores.get(2 * i).sum() + SPEECH_WEIGHT * scores.get(2 * i + 1).sum()))
        .map(read::get)
        .orElse(found.get(0));
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
    if (compares()) {
      return best(speech).stream().map(Transcription::transcript).toList();
    }
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
