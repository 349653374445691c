package org.spiritlm.task;

import java.util.ArrayList;
import java.util.List;
import org.spiritlm.Generation;
import org.spiritlm.GenerationListener;
import org.spiritlm.GenerationOptions;
import org.spiritlm.Segment;
import org.spiritlm.SpiritLm;
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
 * <p>Safe for use by several threads.
 */
public final class SpeechSynthesis {
  /** The word "stop", said in the units of the released models (paper, appendix B). */
  private static final String RELEASED_STOP =
      "[Hu481][Hu149][Hu40][Hu48][Hu315][Hu242][Hu428][Hu494][Hu75][Hu497][Hu188][Hu388][Hu109]"
          + "[Hu23][Hu338][Hu23][Hu481]";

  private static final int RELEASED_UNITS = 501;

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

  /** With the stop that {@link #stopOf} gives, drawn as continuations are. */
  public SpeechSynthesis(SpiritLm model, List<Example> examples) {
    this(
        model,
        examples,
        stopOf(model),
        GenerationOptions.speech().withMaxNewTokens(Integer.MAX_VALUE));
  }

  /**
   * @param examples text in, speech out
   * @param stop the word "stop" as the model's tokens, such as those of a recording ({@link
   *     SpiritLm#tokens(Segment.Speech)}); without tokens where there is none
   * @param options how speech is made; spoken stop and stop strings are the task's
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
    return model.generate(prompt(text), options(text));
  }

  /** Says a text while a listener hears it. */
  public Generation speak(String text, GenerationListener listener) {
    return model.stream(prompt(text), options(text), listener);
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
