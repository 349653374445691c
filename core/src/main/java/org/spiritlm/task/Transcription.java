package org.spiritlm.task;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
 * <p>Where the model has learnt to speak as well and there are no examples, a recording is heard
 * several times ({@link Hearings}), and what beams find is read both ways: that transcript is taken
 * which is likely after all that was heard, and after which all of it is likely (a noisy channel,
 * both ways of it being one model), the latter counting half in the sum of log-probabilities.
 *
 * <p>Safe for use by several threads.
 */
public final class Transcription {
  private static final String START = "<START Transcript>";
  private static final String END = "<END>";

  /** More find no better transcripts. */
  private static final int BEAMS = 4;

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
   * The likeliest transcript of at most 200 tokens: that which a few beams find where the model has
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
    return transcribe(hear(speech));
  }

  /** The same of what was heard before. */
  public String transcribe(Hearings hearings) {
    return transcripts(List.of(hearings)).get(0);
  }

  /**
   * What is heard of speech: several times where that helps and it is a recording, else once.
   *
   * @throws InputException if the speech cannot be read, or is too short
   */
  public Hearings hear(Segment.Speech speech) {
    return compares() ? Hearings.several(model, speech) : Hearings.once(model, speech);
  }

  /**
   * What is said, told to a listener while it is written, or at once where several transcripts are
   * compared; all that it hears together is the transcript, but for blanks at its ends. It also
   * decides how long it goes on.
   *
   * @throws InputException as the other
   */
  public Generation transcribe(Segment.Speech speech, GenerationListener listener) {
    return transcribe(hear(speech), listener);
  }

  /** The same of what was heard before. */
  public Generation transcribe(Hearings hearings, GenerationListener listener) {
    GenerationListener without = new WithoutFlag(listener);
    if (!compares()) {
      return model.stream(prompt(hearings.tokens().get(0)), options, without);
    }
    Generation best = best(List.of(hearings)).get(0);
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

  private Prompt prompt(SpeechTokens tokens) {
    return prompt(Segment.speech(tokens));
  }

  /** Of all that beams find, what is likeliest both ways. */
  private List<Generation> best(List<Hearings> all) {
    List<Hearings> heard = all.stream().map(each -> each.with(this::leavesRoom)).toList();
    List<List<Generation>> found =
        model.batch(
            heard.stream().flatMap(each -> each.tokens().stream()).map(this::prompt).toList(),
            options.withAnswers(options.beams()));
    List<Generation> best = new ArrayList<>();
    int from = 0;
    for (Hearings each : heard) {
      int to = from + each.tokens().size();
      best.add(best(each, found.subList(from, to)));
      from = to;
    }
    return best;
  }

  /** Whether a transcript as long as is allowed has its place after speech. */
  private boolean leavesRoom(SpeechTokens tokens) {
    return prompt(tokens).ids(model.tokenizer()).length + options.maxNewTokens() <= model.context();
  }

  /**
   * @param found after each hearing, at least one
   */
  private Generation best(Hearings hearings, List<List<Generation>> found) {
    List<int[]> asked = found.stream().map(each -> each.get(0).promptIds()).toList();
    List<int[]> heard =
        hearings.tokens().stream()
            .map(each -> model.tokenizer().encode(each.toString(), false))
            .toList();
    Map<String, Generation> transcripts = new LinkedHashMap<>();
    found.stream()
        .flatMap(List::stream)
        .forEach(each -> transcripts.putIfAbsent(each.text(), each));
    List<Generation> read = new ArrayList<>();
    List<Scorer.Pair> pairs = new ArrayList<>(); // two for each, for each time it was heard
    for (Generation each : transcripts.values()) {
      List<Scorer.Pair> both = bothWays(each, asked, heard);
      if (!both.isEmpty() && both.stream().allMatch(this::fits)) {
        read.add(each);
        pairs.addAll(both);
      }
    }
    List<Score> scores = model.scoreIds(pairs);
    int each = 2 * asked.size();
    return IntStream.range(0, read.size())
        .boxed()
        .max(Comparator.comparingDouble(i -> weighed(scores.subList(i * each, (i + 1) * each))))
        .map(read::get)
        .orElse(found.get(0).get(0));
  }

  /** A transcript after each prompt, and what was heard then after the transcript. */
  private List<Scorer.Pair> bothWays(Generation found, List<int[]> asked, List<int[]> heard) {
    String text = transcript(found);
    List<Scorer.Pair> pairs = new ArrayList<>();
    if (!text.isEmpty()) {
      int[] toSay =
          model
              .prompt(List.of(Segment.text(text)), OutputModality.SPEECH)
              .forSynthesis(model.tokenizer())
              .ids(model.tokenizer());
      for (int i = 0; i < asked.size(); i++) {
        pairs.add(new Scorer.Pair(asked.get(i), found.outputIds()));
        pairs.add(new Scorer.Pair(toSay, heard.get(i)));
      }
    }
    return pairs;
  }

  private boolean fits(Scorer.Pair pair) {
    return pair.prompt().length + pair.continuation().length <= model.context();
  }

  private static double weighed(List<Score> bothWays) {
    double sum = 0;
    for (int i = 0; i < bothWays.size(); i++) {
      sum += (i % 2 == 0 ? 1 : SPEECH_WEIGHT) * bothWays.get(i).sum();
    }
    return sum;
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
    return transcripts(speech.stream().map(this::hear).toList());
  }

  private List<String> transcripts(List<Hearings> heard) {
    List<Generation> found =
        compares()
            ? best(heard)
            : model
                .batch(heard.stream().map(each -> prompt(each.tokens().get(0))).toList(), options)
                .stream()
                .map(answers -> answers.get(0))
                .toList();
    return found.stream().map(Transcription::transcript).toList();
  }

  /** An answer's text without the flag before it. */
  public static String transcript(Generation answer) {
    String text = answer.text().strip();
    return text.startsWith(START) ? text.substring(START.length()).strip() : text;
  }
}
