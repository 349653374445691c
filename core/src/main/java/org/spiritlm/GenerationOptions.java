package org.spiritlm;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.spiritlm.lm.Sampling;
import org.spiritlm.prompt.OutputModality;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.torch.InputException;
import org.spiritlm.vocoder.VoiceOptions;

/**
 * What is asked of an answer, and how it is made. Immutable: each {@code with…} gives changed
 * options.
 *
 * <p>Unless changed: one answer of at most {@value #DEFAULT_MAX_NEW_TOKENS} tokens, drawn at
 * temperature 0.8 with top-p 0.95 (the paper's for continuations, section 4.2) and seed 0, held to
 * the modality asked for, spoken in the vocoder's default voice. Differs from the reference, whose
 * answers have 20 tokens, prompt included, unless a length is given.
 */
public final class GenerationOptions {
  /** The most new tokens, unless another number is given. */
  public static final int DEFAULT_MAX_NEW_TOKENS = 200;

  private static final Sampling DEFAULT_SAMPLING =
      Sampling.random(0).withTemperature(0.8).withTopP(0.95);

  private final Values values;

  /** The options while they are changed. */
  private static final class Values implements Cloneable {
    OutputModality output = OutputModality.ARBITRARY;
    int maxNewTokens = DEFAULT_MAX_NEW_TOKENS;
    Sampling sampling = DEFAULT_SAMPLING;
    int beams = 1;
    int answers = 1;
    boolean modalityMask = true;
    List<String> stopStrings = List.of();
    Set<Integer> stopIds = Set.of();
    SpeechTokens stopSpeech = new SpeechTokens(List.of());
    double maxSeconds = Double.POSITIVE_INFINITY;
    VoiceOptions voice = VoiceOptions.standard();
    boolean spoken = true;

    Values copy() {
      try {
        return (Values) clone();
      } catch (CloneNotSupportedException e) {
        throw new AssertionError(e);
      }
    }
  }

  private GenerationOptions(Values values) {
    this.values = values;
  }

  private GenerationOptions with(Consumer<Values> change) {
    Values changed = values.copy();
    change.accept(changed);
    return new GenerationOptions(changed);
  }

  private static void check(boolean fine, String what) {
    if (!fine) {
      throw new InputException(what);
    }
  }

  /** An answer of this kind. */
  public static GenerationOptions of(OutputModality output) {
    return new GenerationOptions(new Values()).withOutput(output);
  }

  /** An answer in text. */
  public static GenerationOptions text() {
    return of(OutputModality.TEXT);
  }

  /** An answer in speech. */
  public static GenerationOptions speech() {
    return of(OutputModality.SPEECH);
  }

  /** An answer in text and speech, changing as the model likes. */
  public static GenerationOptions arbitrary() {
    return of(OutputModality.ARBITRARY);
  }

  /** What the answer may hold. */
  public OutputModality output() {
    return values.output;
  }

  /** The most new tokens. */
  public int maxNewTokens() {
    return values.maxNewTokens;
  }

  /** How tokens are chosen. */
  public Sampling sampling() {
    return values.sampling;
  }

  /** How many beams are searched; 1 is no beam search. */
  public int beams() {
    return values.beams;
  }

  /** How many answers to each prompt. */
  public int answers() {
    return values.answers;
  }

  /** Whether tokens of the other modality, and markers, are forbidden. */
  public boolean modalityMask() {
    return values.modalityMask;
  }

  /** Strings before which the text, and so the answer, ends. */
  public List<String> stopStrings() {
    return values.stopStrings;
  }

  /** Ids that end the answer, besides the model's own. */
  public Set<Integer> stopIds() {
    return values.stopIds;
  }

  /** Speech before which the answer ends; empty where there is none. */
  public SpeechTokens stopSpeech() {
    return values.stopSpeech;
  }

  /** The most seconds of speech; infinite where there is no limit. */
  public double maxSeconds() {
    return values.maxSeconds;
  }

  /** Who speaks. */
  public VoiceOptions voice() {
    return values.voice;
  }

  /** Whether speech tokens become audio. */
  public boolean spoken() {
    return values.spoken;
  }

  /** The same for another kind of answer. */
  public GenerationOptions withOutput(OutputModality output) {
    return with(v -> v.output = output);
  }

  /** The same with at most so many new tokens, at least 1. */
  public GenerationOptions withMaxNewTokens(int count) {
    check(count >= 1, "the most new tokens must be 1 or more, found " + count);
    return with(v -> v.maxNewTokens = count);
  }

  /** The same with tokens chosen in this way. */
  public GenerationOptions withSampling(Sampling sampling) {
    return with(v -> v.sampling = sampling);
  }

  /** The same with another temperature; 0 always takes the likeliest token. */
  public GenerationOptions withTemperature(double value) {
    return withSampling(sampling().withTemperature(value));
  }

  /** The same with only the k likeliest tokens; 0 takes all. */
  public GenerationOptions withTopK(int value) {
    return withSampling(sampling().withTopK(value));
  }

  /** The same with only the likeliest tokens that together have this probability; 1 takes all. */
  public GenerationOptions withTopP(double value) {
    return withSampling(sampling().withTopP(value));
  }

  /** The same with only tokens at least so many times as likely as the likeliest; 0 takes all. */
  public GenerationOptions withMinP(double value) {
    return withSampling(sampling().withMinP(value));
  }

  /** The same with tokens that were there before made less likely; 1 does nothing. */
  public GenerationOptions withRepetitionPenalty(double value) {
    return withSampling(sampling().withRepetitionPenalty(value));
  }

  /** The same with another seed; the same seed gives the same answer. */
  public GenerationOptions withSeed(long seed) {
    return withSampling(sampling().withSeed(seed));
  }

  /** The same, always taking the likeliest token. */
  public GenerationOptions greedy() {
    return withTemperature(0);
  }

  /**
   * The same with so many beams searched for the likeliest answers, at least 1. Nothing is drawn
   * then: more than one beam sets the temperature to 0.
   *
   * <p>The model's end ids and the stop ids end beams. Stop strings, stop speech and the most
   * seconds of speech do not: they cut the answers that were found. A listener hears what all beams
   * agree on. The likeliest is the one with the highest mean log-probability of its tokens, as it
   * was before it was cut; see {@link org.spiritlm.lm.BeamSearch}.
   */
  public GenerationOptions withBeams(int count) {
    check(count >= 1, "the number of beams must be 1 or more, found " + count);
    GenerationOptions searched = with(v -> v.beams = count);
    return count > 1 ? searched.greedy() : searched;
  }

  /**
   * The same with so many answers to each prompt, at least 1. Answer i, from 0, is drawn with the
   * seed + i; with beams they are the likeliest ones, the likeliest first, and fewer where the
   * search finds no more.
   */
  public GenerationOptions withAnswers(int count) {
    check(count >= 1, "the number of answers must be 1 or more, found " + count);
    return with(v -> v.answers = count);
  }

  /** The same with tokens of the other modality, and markers, forbidden or not. */
  public GenerationOptions withModalityMask(boolean masked) {
    return with(v -> v.modalityMask = masked);
  }

  /** The same with text that ends before any of these strings; none is empty. */
  public GenerationOptions withStopStrings(String... strings) {
    check(
        Arrays.stream(strings).noneMatch(String::isEmpty),
        "a stop string is empty; leave it out, or give at least one character");
    return with(v -> v.stopStrings = List.of(strings));
  }

  /** The same ended by these ids, too. */
  public GenerationOptions withStopIds(int... ids) {
    check(Arrays.stream(ids).noneMatch(id -> id < 0), "a stop id is negative");
    Set<Integer> set = new TreeSet<>();
    Arrays.stream(ids).forEach(set::add);
    return with(v -> v.stopIds = Set.copyOf(set));
  }

  /** The same ended by these ids, besides those that were given before. */
  public GenerationOptions withMoreStopIds(int... ids) {
    Set<Integer> all = new TreeSet<>(stopIds());
    Arrays.stream(ids).forEach(all::add);
    return withStopIds(all.stream().mapToInt(Integer::intValue).toArray());
  }

  /**
   * The same with speech that ends before this: before the first place where its HuBERT units are
   * these, whatever pitch and style tokens stand between them.
   */
  public GenerationOptions withStopSpeech(SpeechTokens stop) {
    return with(v -> v.stopSpeech = stop);
  }

  /**
   * The same with at most so many seconds of speech, more than 0.
   *
   * <p>The answer ends with the unit that makes its speech so long. Where durations are predicted,
   * they are counted as the vocoder predicts them, and the last two units, whose durations are not
   * certain yet, as one frame each, the least; else each unit is one frame. Then the audio is cut,
   * so that it is never longer, also by a part of a unit.
   */
  public GenerationOptions withMaxSeconds(double seconds) {
    check(seconds > 0, "the most seconds of speech must be above 0, found " + seconds);
    return with(v -> v.maxSeconds = seconds);
  }

  /** The same spoken by this voice. */
  public GenerationOptions withVoice(VoiceOptions voice) {
    return with(v -> v.voice = voice);
  }

  /** The same with speech tokens turned into audio or not. */
  public GenerationOptions withSpoken(boolean spoken) {
    return with(v -> v.spoken = spoken);
  }

  /**
   * Refuses options that contradict each other.
   *
   * @throws InputException if they do
   */
  void requireSense() {
    check(
        output() != OutputModality.SPEECH || stopStrings().isEmpty(),
        "stop strings end text, and speech alone is asked for; ask for text or any output, or give"
            + " stop ids");
    check(
        output() != OutputModality.TEXT || stopSpeech().tokens().isEmpty(),
        "the stop is speech, and text alone is asked for; leave it out");
    check(
        output() != OutputModality.TEXT || maxSeconds() == Double.POSITIVE_INFINITY,
        "the most seconds are those of speech, and text alone is asked for; leave them out");
    check(
        beams() == 1 || sampling().isGreedy(),
        "beam search draws nothing, and a temperature of "
            + sampling().temperature()
            + " is asked for; take one of the two");
    check(
        answers() == 1 || beams() > 1 || !sampling().isGreedy(),
        answers()
            + " answers are asked for, and greedy ones are all the same; give a temperature, or"
            + " beams");
    check(
        beams() == 1 || answers() <= beams(),
        answers() + " answers are asked for of " + beams() + " beams; ask for as many beams");
  }
}
