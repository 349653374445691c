package org.spiritlm.task;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
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
import org.spiritlm.prompt.TokenLayout;
import org.spiritlm.text.Vocabulary;
import org.spiritlm.torch.InputException;

/**
 * Says a text (TTS), asked as in the paper (appendix B; 10 examples there):
 *
 * <pre>{@code [Text] text 'stop' [Speech]…stop…[Text] text 'stop' [Speech]}</pre>
 *
 * <p>where the second <em>stop</em> is the spoken word, as tokens: a mark by which the model,
 * having seen it after each example, shows that it has said all. The speech ends before it, before
 * the next example would begin, and in any case after 2 s and a fifth of a second for each
 * character of the text, which is three times as long as people take, unless {@link
 * GenerationOptions#withMaxSeconds} says otherwise. Without a spoken stop, the word is left out of
 * the prompt as well.
 *
 * <p>Safe for use by several threads. Who speaks and in which style: {@link
 * GenerationOptions#withVoice}.
 */
public final class SpeechSynthesis {
  /** The word "stop", said in the units of the released models (paper, appendix B). */
  private static final String RELEASED_STOP =
      "[Hu481][Hu149][Hu40][Hu48][Hu315][Hu242][Hu428][Hu494][Hu75][Hu497][Hu188][Hu388][Hu109]"
          + "[Hu23][Hu338][Hu23][Hu481]";

  private static final int RELEASED_UNITS = 501;

  private static final double LEARNT_TEMPERATURE = 0.5;

  private static final int CANDIDATES = 8;

  private static final double LEAST_SECONDS = 2;
  private static final double SECONDS_A_CHARACTER = 0.2;

  private final SpiritLm model;
  private final SpeechTokens stop;
  private final boolean hasExamples;
  private final List<Segment> shots = new ArrayList<>();
  private final GenerationOptions options;

  /** Without examples. */
  public SpeechSynthesis(SpiritLm model) {
    this(model, List.of());
  }

  /** With the stop that {@link #stopOf} gives, and drawn as {@link #standard} says. */
  public SpeechSynthesis(SpiritLm model, List<Example> examples) {
    this(model, examples, stopOf(model), standard(model));
  }

  /**
   * How speech is made where nothing else is asked for: drawn as continuations are, but where the
   * model has learnt the task with a temperature of 0.5, so that it keeps to the text; where it has
   * learnt to listen as well, the best of eight answers.
   */
  public static GenerationOptions standard(SpiritLm model) {
    GenerationOptions options = GenerationOptions.speech().withMaxNewTokens(Integer.MAX_VALUE);
    if (!TaskToken.SYNTHESIS.isIn(model.tokenizer())) {
      return options;
    }
    boolean listens = TaskToken.RECOGNITION.isIn(model.tokenizer());
    return options.withTemperature(LEARNT_TEMPERATURE).withAnswers(listens ? CANDIDATES : 1);
  }

  /**
   * @param examples text in, speech out
   * @param stop the word "stop" as the model's tokens, such as those of a recording ({@link
   *     SpiritLm#tokens(Segment.Speech)}); without tokens where there is none
   * @param options how speech is made, and of how many answers that one is taken in which the model
   *     hears the text best ({@link GenerationOptions#withAnswers}); spoken stop and stop strings
   *     are the task's
   * @throws InputException if an example is of another kind, its speech cannot be read, or the
   *     model does not have a token of the stop
   */
  public SpeechSynthesis(
      SpiritLm model, List<Example> examples, SpeechTokens stop, GenerationOptions options) {
    this.model = model;
    this.stop = stop;
    this.hasExamples = !examples.isEmpty();
    stop.ids(model.vocabulary());
    this.options =
        options
            .withOutput(OutputModality.SPEECH)
            .withStopStrings()
            .withStopSpeech(stop)
            .withMoreStopIds(model.vocabulary().textMarker());
    for (int i = 0; i < examples.size(); i++) {
      shots.add(asked(Shots.text(examples.get(i).input(), i + 1, "input")));
      for (Segment.Speech speech : Shots.speech(examples.get(i).output(), i + 1, "output")) {
        shots.add(Segment.speech(model.tokens(speech)));
      }
      if (!stop.tokens().isEmpty()) {
        shots.add(Segment.speech(stop));
      }
    }
  }

  /**
   * The released models' spoken "stop" for a model with as many units as they have (501), else
   * none: another model's units mean other sounds. A model that was trained with 501 units of its
   * own needs its own recording.
   */
  public static SpeechTokens defaultStop(Vocabulary vocabulary) {
    return vocabulary.hubert().size() == RELEASED_UNITS
        ? SpeechTokens.parse(RELEASED_STOP)
        : new SpeechTokens(List.of());
  }

  /**
   * The spoken "stop" that a model is asked with where none is given: {@link #defaultStop}'s, or
   * none where the model has {@link TaskToken#SYNTHESIS}: it learnt to end.
   */
  public static SpeechTokens stopOf(SpiritLm model) {
    return TaskToken.SYNTHESIS.isIn(model.tokenizer())
        ? new SpeechTokens(List.of())
        : defaultStop(model.vocabulary());
  }

  private Segment asked(String text) {
    boolean asLearnt = !hasExamples || TaskToken.SYNTHESIS.isIn(model.tokenizer());
    if (stop.tokens().isEmpty() && asLearnt) {
      return Segment.text(text.strip());
    }
    return Segment.text(" " + text.strip() + (stop.tokens().isEmpty() ? " " : " 'stop' "));
  }

  /** What the model is asked. */
  public Prompt prompt(String text) {
    List<Segment> segments = new ArrayList<>(shots);
    segments.add(asked(text));
    return model.prompt(segments, OutputModality.SPEECH).forSynthesis(model.tokenizer());
  }

  /**
   * Says a text.
   *
   * @throws InputException if it is blank, or too long for the model's context beside the examples
   */
  public Generation speak(String text) {
    GenerationOptions asked = options(text);
    Prompt prompt = prompt(text);
    if (asked.answers() == 1) {
      return model.generate(prompt, asked);
    }
    if (asked.beams() > 1) {
      List<Generation> answers = model.answers(prompt, asked);
      return answers.get(best(text, answers));
    }
    int best = best(text, model.answers(prompt, asked.withSpoken(false)));
    // answer i is that of the seed + i, and only one is spoken
    return model.generate(prompt, asked.withAnswers(1).withSeed(asked.sampling().seed() + best));
  }

  /**
   * Says a text while a listener hears it, who cannot wait for several answers: it is the first of
   * those that would be compared.
   *
   * @throws InputException as the other
   */
  public Generation speak(String text, GenerationListener listener) {
    return model.stream(prompt(text), options(text).withAnswers(1), listener);
  }

  /** The place of the answer after which the text is likeliest, asked for as a transcript. */
  private int best(String text, List<Generation> answers) {
    Transcription listening = new Transcription(model);
    int[] words = model.tokenizer().encode(text.strip(), false);
    List<Integer> places = new ArrayList<>();
    List<Scorer.Pair> pairs = new ArrayList<>();
    for (int i = 0; i < answers.size(); i++) {
      for (Segment segment : answers.get(i).segments()) {
        if (segment instanceof Segment.Speech speech) {
          int[] heard = listening.prompt(speech).ids(model.tokenizer());
          if (heard.length + words.length <= model.context()) {
            places.add(i);
            pairs.add(new Scorer.Pair(heard, words));
          }
        }
      }
    }
    List<Score> scores = model.scoreIds(pairs);
    return IntStream.range(0, scores.size())
        .boxed()
        .max(Comparator.comparingDouble(i -> scores.get(i).sum()))
        .map(places::get)
        .orElse(0);
  }

  private GenerationOptions options(String text) {
    String words = text.strip();
    if (words.isEmpty()) {
      throw new InputException("there is no text to say; expected at least one word");
    }
    double seconds =
        options.maxSeconds() < Double.POSITIVE_INFINITY
            ? options.maxSeconds()
            : LEAST_SECONDS + SECONDS_A_CHARACTER * words.length();
    TokenLayout layout = model.tokenLayout();
    double tokensPerSecond = layout.hubertRate() + layout.pitchRate() + layout.styleRate();
    double tokens = Math.ceil(seconds * tokensPerSecond) + stop.tokens().size() + 1;
    return options
        .withMaxSeconds(seconds)
        .withMaxNewTokens((int) Math.min(options.maxNewTokens(), tokens));
  }
}
