package org.spiritlm;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.spiritlm.alignment.AlignedTranscript;
import org.spiritlm.alignment.SpeechSource;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.audio.Resampler;
import org.spiritlm.checkpoint.ModelDirectory;
import org.spiritlm.lm.Continuer;
import org.spiritlm.lm.Engine;
import org.spiritlm.lm.EngineLimits;
import org.spiritlm.lm.Generator;
import org.spiritlm.lm.LlamaModel;
import org.spiritlm.lm.Scorer;
import org.spiritlm.prompt.OutputModality;
import org.spiritlm.prompt.Part;
import org.spiritlm.prompt.Prompt;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.prompt.TokenLayout;
import org.spiritlm.text.TextTokenizer;
import org.spiritlm.text.Vocabulary;
import org.spiritlm.torch.InputException;
import org.spiritlm.units.SpeechTokenizer;
import org.spiritlm.units.SpeechUnits;
import org.spiritlm.vocoder.Synthesis;
import org.spiritlm.vocoder.Vocoder;
import org.spiritlm.vocoder.VoiceOptions;

/**
 * A SPIRIT LM model: continues text and speech in text and speech, turns speech into tokens and
 * back, and says how likely it finds a continuation.
 *
 * <pre>{@code
 * SpiritLm model = SpiritLm.load(Path.of("my-model"));
 * Generation answer =
 *     model.generate(
 *         List.of(Segment.speech(Path.of("question.wav"))), GenerationOptions.speech());
 * AudioWriter.write(Path.of("answer.wav"), answer.audio());
 * }</pre>
 *
 * <p>Each part (language model, speech tokenizer, vocoder) is loaded once, when it is first needed.
 * Safe for use by several threads; the same call gives the same result whatever others do.
 */
public final class SpiritLm {
  private final Parts parts;
  private final Lazy<Continuer> continuer;
  private final Turns turns;

  /** When one's turn to score is: does the work, or has it done, then. */
  @FunctionalInterface
  public interface Turns {
    /** What the work gives. */
    List<double[]> run(Supplier<List<double[]>> work);
  }

  private SpiritLm(Parts parts) {
    this(parts, new Lazy<>(() -> new Generator(parts.languageModel.get())), Supplier::get);
  }

  private SpiritLm(Parts parts, Lazy<Continuer> continuer, Turns turns) {
    this.parts = parts;
    this.continuer = continuer;
    this.turns = turns;
  }

  /** Opens a model directory, in our own layout or with one of Meta's models. */
  public static SpiritLm load(Path directory) {
    return load(directory, LoadOptions.standard());
  }

  /**
   * Opens a model directory.
   *
   * @throws InputException if it is no model, or the variant is not clear or not there
   */
  public static SpiritLm load(Path directory, LoadOptions options) {
    return new SpiritLm(
        new Parts(ModelDirectory.open(directory, options.variant()), options, null));
  }

  /**
   * A model directory with another language model than its own, such as one that is being trained;
   * all parts compute where that does.
   */
  public static SpiritLm of(ModelDirectory directory, LlamaModel languageModel) {
    LoadOptions options = LoadOptions.standard().withDevice(languageModel.device());
    return new SpiritLm(new Parts(directory, options, languageModel));
  }

  /** Loads all parts that there are now, rather than when they are first needed. */
  public void loadAll() {
    parts.loadAll();
  }

  /**
   * Starts an engine that makes the answers of many callers together with this language model, see
   * {@link #continuedBy}.
   */
  public Engine engine(EngineLimits limits) {
    return new Engine(parts.languageModel.get(), limits);
  }

  /**
   * The same model, whose answers are made in another way, as by an engine ({@link Engine#on}); all
   * but those of beam searches. Both share what is loaded.
   */
  public SpiritLm continuedBy(Continuer other) {
    return new SpiritLm(parts, new Lazy<>(() -> other), turns);
  }

  /** The same model, which scores when it is its turn, as in a server that many ask. */
  public SpiritLm scoredBy(Turns other) {
    return new SpiritLm(parts, continuer, other);
  }

  /** The model on disk. */
  public ModelDirectory directory() {
    return parts.directory;
  }

  /** Which ids mean what. */
  public Vocabulary vocabulary() {
    return parts.vocabulary.get();
  }

  /** How many units of each kind a second has. */
  public TokenLayout tokenLayout() {
    return parts.tokenLayout.get();
  }

  /** The most tokens of a prompt and its answer together. */
  public int context() {
    return parts.context();
  }

  /** Text and token strings to ids, and back. */
  public TextTokenizer tokenizer() {
    return parts.tokenizer.get();
  }

  /**
   * The prompt of these segments: a marker before each change of modality, speech as tokens, and at
   * the end the marker of the output modality if the last segment is of the other one.
   *
   * <p>Differs from the reference: speech that is too short to have a unit is refused.
   *
   * @throws InputException if speech cannot be read, is too short, or has tokens that the model
   *     does not have
   */
  public Prompt prompt(List<? extends Segment> segments, OutputModality output) {
    return prompt(segments, output, new LoadTime());
  }

  private Prompt prompt(List<? extends Segment> segments, OutputModality output, LoadTime load) {
    List<Part> prompt = new ArrayList<>();
    for (Segment segment : segments) {
      if (segment instanceof Segment.Text text) {
        prompt.add(new Part.Text(text.text()));
      } else if (segment instanceof Segment.Speech speech) {
        prompt.add(new Part.Speech(tokens(speech, load)));
      }
    }
    return Prompt.of(prompt, output);
  }

  /**
   * The tokens of speech in any form, at least one.
   *
   * @throws InputException if it cannot be read, is too short, or has tokens that the model does
   *     not have
   */
  public SpeechTokens tokens(Segment.Speech speech) {
    return tokens(speech, new LoadTime());
  }

  private SpeechTokens tokens(Segment.Speech speech, LoadTime load) {
    SpeechTokens tokens = speech.tokens();
    String name = "speech tokens";
    if (tokens == null) {
      load.of(parts.speechTokenizer);
      if (speech.audio() != null) {
        name = "audio of " + speech.audio().seconds() + " s";
        tokens = tokens(encode(speech.audio()));
      } else if (speech.file() != null) {
        name = speech.file().toString();
        tokens = tokens(encode(speech.file()));
      } else {
        throw new AssertionError(speech);
      }
    }
    if (tokens.tokens().isEmpty()) {
      throw new InputException(
          name
              + ": no speech; expected at least "
              + (double) SpeechTokenizer.SHORTEST_PIECE / Audio.SPEECH_RATE
              + " s");
    }
    tokens.ids(load.of(parts.vocabulary)); // a token that the model lacks is an error, not text
    return tokens;
  }

  /**
   * A prompt that a user wrote in tokens, taken as it is.
   *
   * @throws InputException if a token in it is not one of the model's, with its place
   */
  public Prompt parse(String tokens) {
    return Prompt.parse(tokens, vocabulary());
  }

  /**
   * Continues text and speech; the first answer, where several are asked for.
   *
   * <p>An answer in text is one segment of text, an answer in speech at most one of speech. In one
   * of any modality, speech of less than a second is dropped unless it begins the answer to text,
   * and speech that goes on with the prompt's is spoken with it, the prompt's share cut off. All
   * this is as in the reference.
   *
   * <p>Differs from the reference: what ends an answer is no part of its segments; where the model
   * gives no units, or in an EXPRESSIVE model no pitch to speak them with, the speech has no audio,
   * where the reference fails; and so it does where text comes in an answer in speech, which
   * happens only without the modality mask, and is left out here.
   *
   * @throws InputException if the prompt cannot be read or fills the model's context, or the
   *     options contradict each other
   */
  public Generation generate(List<? extends Segment> segments, GenerationOptions options) {
    return answers(segments, options).get(0);
  }

  /** Continues a prompt; the first answer, where several are asked for. */
  public Generation generate(Prompt prompt, GenerationOptions options) {
    return answers(prompt, options).get(0);
  }

  /** Continues text and speech, in as many answers as the options say. */
  public List<Generation> answers(List<? extends Segment> segments, GenerationOptions options) {
    long began = System.nanoTime();
    LoadTime load = new LoadTime();
    GenerationRun run = new GenerationRun(parts, continuer, options, began, load);
    return run.answers(List.of(run.asked(prompt(segments, options.output(), load)))).get(0);
  }

  /** Continues a prompt, in as many answers as the options say. */
  public List<Generation> answers(Prompt prompt, GenerationOptions options) {
    return batch(List.of(prompt), options).get(0);
  }

  /**
   * Continues several prompts together, which is faster than one after another; each has the
   * answers that it would have alone, but where a draw falls between two tokens within what sums
   * are rounded by, which may differ. The caches of all are in memory at once.
   */
  public List<List<Generation>> batch(List<Prompt> prompts, GenerationOptions options) {
    GenerationRun run = run(options);
    return run.answers(prompts.stream().map(run::asked).toList());
  }

  /** The same for prompts in ids, the start token among them, which are taken as they are. */
  public List<List<Generation>> batchIds(List<int[]> prompts, GenerationOptions options) {
    GenerationRun run = run(options);
    return run.answers(prompts.stream().map(run::asked).toList());
  }

  private GenerationRun run(GenerationOptions options) {
    return new GenerationRun(parts, continuer, options, System.nanoTime(), new LoadTime());
  }

  /**
   * Continues text and speech while a listener hears the answer; text and audio, all together, are
   * those of {@link #generate}.
   *
   * <p>Audio comes as soon as no later token can change it, see {@link SpeechStream}. In an answer
   * of any modality, speech that may be dropped for being short waits until it is long enough, and
   * speech that goes on with the prompt's until it ends.
   */
  public Generation stream(
      List<? extends Segment> segments, GenerationOptions options, GenerationListener listener) {
    long began = System.nanoTime();
    LoadTime load = new LoadTime();
    GenerationRun run = new GenerationRun(parts, continuer, options, began, load);
    return run.stream(run.asked(prompt(segments, options.output(), load)), listener);
  }

  /** Continues a prompt while a listener hears the answer. */
  public Generation stream(Prompt prompt, GenerationOptions options, GenerationListener listener) {
    GenerationRun run = run(options);
    return run.stream(run.asked(prompt), listener);
  }

  /** The same for a prompt in ids. */
  public Generation streamIds(
      int[] prompt, GenerationOptions options, GenerationListener listener) {
    GenerationRun run = run(options);
    return run.stream(run.asked(prompt), listener);
  }

  /**
   * The units of the speech in a file, of any format, rate and length; memory stays bounded. Speech
   * of less than 80 ms has none.
   *
   * @throws InputException if it cannot be read
   */
  public SpeechUnits encode(Path file) {
    return encode(file, AudioReader.Options.speech());
  }

  /** The same with a channel chosen, or a limit to the length. */
  public SpeechUnits encode(Path file, AudioReader.Options options) {
    try (AudioReader reader = AudioReader.open(file, options.withSampleRate(Audio.SPEECH_RATE))) {
      return encode(reader);
    }
  }

  /** The same for what a reader of {@link Audio#SPEECH_RATE} has left. */
  public SpeechUnits encode(AudioReader reader) {
    return parts.speechTokenizer.get().encode(reader);
  }

  /**
   * The units of speech of any rate.
   *
   * @throws InputException if a sample is not a finite number
   */
  public SpeechUnits encode(Audio audio) {
    float[] samples = audio.samples();
    if (audio.sampleRate() != Audio.SPEECH_RATE) {
      samples = Resampler.resample(samples, audio.sampleRate(), Audio.SPEECH_RATE);
    }
    return parts.speechTokenizer.get().encode(new Audio(samples, Audio.SPEECH_RATE));
  }

  /** Units as the language model sees them: equal neighbours merged, in the order of time. */
  public SpeechTokens tokens(SpeechUnits units) {
    return SpeechTokens.of(units, tokenLayout());
  }

  /** Whether it has an aligner, which knows when words are said. */
  public boolean aligns() {
    return directory().parts().contains(org.spiritlm.checkpoint.Part.ALIGNER);
  }

  /**
   * Refuses to go on without an aligner.
   *
   * @throws InputException if the model has none
   */
  public void requireAligner() {
    if (!aligns()) {
      throw new InputException(
          directory().path()
              + ": has no aligner, so when words are said is not known; give it one with"
              + " 'spiritlm convert --aligner'");
    }
  }

  /**
   * When each word of a text is said in a file, of any format and length.
   *
   * @param text words between white space, as a transcript has them
   * @throws InputException if the model has no aligner, the file cannot be read, the text has no
   *     word that the aligner knows a letter of, or the speech is too short to hold it
   */
  public AlignedTranscript align(Path file, String text) {
    return align(() -> AudioReader.open(file, AudioReader.Options.speech()), text);
  }

  /** The same for what can be read by readers of {@link Audio#SPEECH_RATE}. */
  public AlignedTranscript align(SpeechSource speech, String text) {
    requireAligner();
    return parts.aligner.get().align(speech, text);
  }

  /**
   * Speaks tokens. Speech with pitch but no style gets style 71, where the reference draws one of
   * three.
   *
   * @throws InputException if there are no units, the vocoder does not know one, or takes pitch and
   *     there is none
   */
  public Synthesis decode(SpeechTokens tokens, VoiceOptions voice) {
    Vocoder vocoder = parts.vocoder.get();
    StyledVoice styled = parts.voice(voice);
    SpeechUnits units = styled.of(tokens).units(() -> styled.fallback(vocoder, 0));
    return vocoder.synthesizeUnits(units, styled.voice());
  }

  /**
   * Speaks units as {@link #encode} gives them, each stream at its own rate.
   *
   * <p>Differs from the reference, which predicts a duration for each of the units given, and none
   * where pitch and style are lists of other lengths (a unit is one frame then): where durations
   * are predicted, equal neighbours are merged first, as the predictor was trained.
   */
  public Synthesis decode(SpeechUnits units, VoiceOptions voice) {
    Vocoder vocoder = parts.vocoder.get();
    if (vocoder.predictsDurations(voice)) {
      return decode(tokens(units), voice);
    }
    StyledVoice styled = parts.voice(voice);
    return vocoder.synthesize(styled.of(units), styled.voice());
  }

  /**
   * Speaks tokens as {@link #decode(SpeechTokens, VoiceOptions)} does, the same samples, but gives
   * the audio away while it is made, so that memory stays bounded however much there is.
   *
   * @param listener takes the audio, chunk by chunk
   * @return the frames of each unit, or null where they were not predicted
   * @throws InputException as there, before the first chunk
   */
  public int @Nullable [] decode(
      SpeechTokens tokens, VoiceOptions voice, Consumer<Audio> listener) {
    Vocoder vocoder = parts.vocoder.get();
    StyledVoice styled = parts.voice(voice);
    SpeechUnits units = styled.of(tokens).units(() -> styled.fallback(vocoder, 0));
    return vocoder.synthesizeUnits(units, styled.voice(), listener);
  }

  /** The same of {@link #decode(SpeechUnits, VoiceOptions)}. */
  public int @Nullable [] decode(SpeechUnits units, VoiceOptions voice, Consumer<Audio> listener) {
    Vocoder vocoder = parts.vocoder.get();
    if (vocoder.predictsDurations(voice)) {
      return decode(tokens(units), voice, listener);
    }
    StyledVoice styled = parts.voice(voice);
    return vocoder.synthesize(styled.of(units), styled.voice(), listener);
  }

  /**
   * How many frames (25 a second in the released models) the vocoder makes of each HuBERT unit, or
   * null where this voice has no predicted durations.
   */
  public int @Nullable [] durations(SpeechTokens tokens, VoiceOptions voice) {
    Vocoder vocoder = parts.vocoder.get();
    return vocoder.predictsDurations(voice)
        ? vocoder.durations(tokens.units(() -> 0).hubert())
        : null;
  }

  /** Starts to speak tokens while they come. */
  public SpeechStream stream(VoiceOptions voice) {
    Vocoder vocoder = parts.vocoder.get();
    StyledVoice styled = parts.voice(voice);
    return new SpeechStream(vocoder, styled.voice(), styled.fallback(vocoder, 0), styled.style());
  }

  /** How likely a continuation of a prompt is. */
  public Score score(Prompt prompt, Prompt continuation) {
    return score(List.of(new Continuation(prompt, continuation))).get(0);
  }

  /**
   * How likely several continuations are; each has the score that it would have alone.
   *
   * @throws InputException if one has no tokens, or is longer than the model's context with its
   *     prompt
   */
  public List<Score> score(List<Continuation> continuations) {
    TextTokenizer tokenizer = parts.tokenizer.get();
    List<Scorer.Pair> pairs = new ArrayList<>();
    for (Continuation each : continuations) {
      pairs.add(
          new Scorer.Pair(
              each.prompt().ids(tokenizer), tokenizer.encode(each.continuation().string(), false)));
    }
    return scoreIds(pairs);
  }

  /**
   * How likely each token of a continuation is, and which would have been likeliest in its place.
   *
   * @param count how many of these
   */
  public List<Scorer.Ranked> rankIds(Scorer.Pair pair, int count) {
    return new Scorer(parts.languageModel.get()).rank(pair, count);
  }

  /** The same for prompts and continuations as ids, the start token among the prompt's. */
  public List<Score> scoreIds(List<Scorer.Pair> pairs) {
    List<double[]> scores = turns.run(() -> new Scorer(parts.languageModel.get()).score(pairs));
    List<Score> result = new ArrayList<>();
    for (int i = 0; i < scores.size(); i++) {
      result.add(new Score(pairs.get(i).continuation(), scores.get(i)));
    }
    return result;
  }
}
