package org.spiritlm.vocoder;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.spiritlm.audio.Audio;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.Embedding;
import org.spiritlm.torch.Inference;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;
import org.spiritlm.units.SpeechUnits;

/**
 * Units to speech: a unit HiFi-GAN with a duration predictor (SPIRIT LM, section 3.1 and 3.2;
 * Polyak et al., 2021; Lee et al., 2022).
 *
 * <p>Units come in one of two ways: deduplicated, from token strings, each with its own pitch and
 * style where the vocoder takes them (EXPRESSIVE), so that durations are predicted; or each stream
 * at its own rate, as a {@link org.spiritlm.units.SpeechTokenizer} gives them, so that each unit is
 * one frame, and pitch and style last as many frames as their rates say. As in the reference, the
 * second way is taken where asked for ({@link VoiceOptions#predictDurations} off), and also where
 * the streams of pitch and units differ in length.
 *
 * <p>Safe for use by several threads.
 */
public final class Vocoder {
  /**
   * Frames of a piece on the CPU, where a new length costs time: the kernels for it are made anew.
   * Pieces of few different lengths share theirs.
   */
  static final int CPU_PIECE = 96;

  /** Frames of a piece on other devices, so that memory stays bounded: 82 s at 25 Hz. */
  private static final int PIECE = 2048;

  /** The last piece of an utterance is computed as if it had a multiple of so many frames. */
  private static final int QUANTUM = 4;

  /** Units on each side that a predicted duration depends on. */
  public static final int DURATION_CONTEXT = VocoderConfig.DurationPredictorConfig.CONTEXT;

  /** Units whose durations are predicted at once, so that memory stays bounded: minutes. */
  static final int DURATION_PIECE = 1 << 14;

  private final VocoderConfig config;
  private final Device device;
  private final Embedding unit;
  private final @Nullable Embedding pitch;
  private final @Nullable Embedding styleToken;
  private final @Nullable Embedding speaker;
  private final @Nullable Embedding style;
  private final @Nullable DurationPredictor durationPredictor;
  private final Generator generator;

  /**
   * Takes the tensors of the released generators, by their names.
   *
   * @throws org.spiritlm.torch.CheckpointException if a tensor is missing, has another shape, or is
   *     not of this network
   */
  public Vocoder(Weights weights, VocoderConfig config) {
    this.config = config;
    this.device = weights.device();
    this.unit = embedding(weights, "dict", config.units());
    this.pitch =
        config.pitch() == null ? null : embedding(weights, "f0_dict", config.pitch().count());
    this.styleToken =
        config.styleTokens() == null
            ? null
            : embedding(weights, "style_dict", config.styleTokens().count());
    this.speaker =
        config.speakers().isEmpty() ? null : embedding(weights, "spkr", config.speakers().size());
    this.style =
        config.styles().isEmpty() ? null : embedding(weights, "style", config.styles().size());
    this.durationPredictor =
        config.durationPredictor() == null
            ? null
            : new DurationPredictor(
                weights.at("dur_predictor"), config.durationPredictor(), config.embedding());
    this.generator = new Generator(weights, config);
    weights.finish();
  }

  private Embedding embedding(Weights weights, String name, int count) {
    return new Embedding(weights.at(name), count, config.embedding());
  }

  /** Sizes, rates and names. */
  public VocoderConfig config() {
    return config;
  }

  /**
   * Speaks one utterance, whose pitch and style come each at its own rate, or one a unit where
   * durations are predicted.
   *
   * <p>Negative units are dropped where the vocoder takes no pitch. Differs from the reference:
   * wrong input is an error that says what is wrong; what fails there fails here, but streams that
   * the vocoder does not take are ignored rather than refused.
   *
   * @throws InputException if there are no units; a unit, code, speaker or style is unknown; pitch
   *     or style that the vocoder takes is missing, or too short
   */
  public Synthesis synthesize(SpeechUnits units, VoiceOptions voice) {
    return synthesize(List.of(units), voice).get(0);
  }

  /**
   * Speaks one utterance of units that each have their own pitch and style.
   *
   * @throws InputException as the other
   */
  public Synthesis synthesizeUnits(SpeechUnits units, VoiceOptions voice) {
    return whole(Voice.of(voice, config), ofUnits(units, voice));
  }

  /**
   * Speaks what {@link #synthesize} does, the same samples, but gives them away piece by piece, so
   * that not all are in memory.
   *
   * @return the frames of each unit, or null where they were not predicted
   * @throws InputException as there, before the first piece
   */
  public int @Nullable [] synthesize(
      SpeechUnits units, VoiceOptions voice, Consumer<Audio> listener) {
    return inPieces(Voice.of(voice, config), ofStreams(units, voice), listener);
  }

  /** The same of {@link #synthesizeUnits}. */
  public int @Nullable [] synthesizeUnits(
      SpeechUnits units, VoiceOptions voice, Consumer<Audio> listener) {
    return inPieces(Voice.of(voice, config), ofUnits(units, voice), listener);
  }

  /**
   * Speaks several utterances with one voice; each sounds as if it were alone.
   *
   * @throws InputException as for a single utterance
   */
  public List<Synthesis> synthesize(List<SpeechUnits> utterances, VoiceOptions voice) {
    Voice chosen = Voice.of(voice, config);
    return utterances.stream().map(units -> whole(chosen, ofStreams(units, voice))).toList();
  }

  /**
   * What is to be spoken.
   *
   * @param durations the frames of each unit, or null where they were not predicted
   */
  @SuppressWarnings("ArrayRecordComponent")
  private record Utterance(Frames frames, int @Nullable [] durations) {}

  private Utterance ofStreams(SpeechUnits units, VoiceOptions voice) {
    Streams streams = Streams.of(units, config);
    streams.requireSpeech();
    if (predictsDurations(voice) && streams.hasPitchPerUnit()) {
      Frames aligned = streams.aligned();
      int[] durations = durations(aligned.unit());
      return new Utterance(aligned.repeated(durations), durations);
    }
    RatedFrames rated = new RatedFrames(config);
    return new Utterance(rated.add(streams).plus(rated.finish()), null);
  }

  private Utterance ofUnits(SpeechUnits units, VoiceOptions voice) {
    if (predictsDurations(voice)) {
      return ofStreams(units, voice);
    }
    Streams streams = Streams.of(units, config);
    streams.requireSpeech();
    return new Utterance(streams.aligned(), null);
  }

  /**
   * Begins an utterance whose units arrive bit by bit.
   *
   * <p>Whether durations are predicted is settled here: unlike {@link #synthesize}, a stream cannot
   * see from the lengths of pitch and units which of the two ways they come in.
   *
   * @throws InputException if the speaker or style is unknown
   */
  public VocoderStream stream(VoiceOptions voice) {
    return stream(
        voice, predictsDurations(voice) ? new PredictedFrames(this) : new RatedFrames(config));
  }

  /**
   * Begins an utterance whose units arrive bit by bit, each with its own pitch and style.
   *
   * @throws InputException as {@link #stream}
   */
  public VocoderStream streamOfUnits(VoiceOptions voice) {
    return predictsDurations(voice) ? stream(voice) : stream(voice, new UnitFrames(config));
  }

  private VocoderStream stream(VoiceOptions voice, FrameSource source) {
    int lookAhead =
        voice.lookAhead() == null ? lookAhead() : Math.min(lookAhead(), voice.lookAhead());
    return new VocoderStream(this, Voice.of(voice, config), source, generator.start(), lookAhead);
  }

  /** Frames that the first sample of an utterance depends on, and so any other one after it. */
  public int lookAhead() {
    return generator.lookAhead();
  }

  private Synthesis whole(Voice voice, Utterance utterance) {
    List<float[]> pieces = new ArrayList<>();
    speak(utterance.frames(), voice, pieces::add);
    return new Synthesis(audio(pieces), utterance.durations());
  }

  private int @Nullable [] inPieces(Voice voice, Utterance utterance, Consumer<Audio> listener) {
    speak(
        utterance.frames(),
        voice,
        piece -> {
          if (piece.length > 0) {
            listener.accept(new Audio(piece, config.sampleRate()));
          }
        });
    return utterance.durations();
  }

  private void speak(Frames frames, Voice voice, Consumer<float[]> listener) {
    int piece = pieceLength();
    try (GeneratorState state = generator.start()) {
      int at = 0;
      while (frames.count() - at > piece) {
        listener.accept(next(frames.range(at, at + piece), voice, state));
        at += piece;
      }
      listener.accept(last(frames.range(at, frames.count()), voice, state));
    }
  }

  /** Frames that are computed at once where there are more. */
  private int pieceLength() {
    int piece = device.kind() == Device.Kind.CPU ? CPU_PIECE : PIECE;
    return Math.max(piece, generator.lookAhead());
  }

  /** The samples that are final with these frames. */
  float[] next(Frames frames, Voice voice, GeneratorState state) {
    try (Scope scope = Scope.open();
        Inference inference = Inference.open()) {
      return Tensors.floats(generator.forward(embed(frames, voice), state));
    }
  }

  /** The samples up to the end, with these last frames; there may be none, except at the start. */
  float[] last(Frames frames, Voice voice, GeneratorState state) {
    int rounded = -Math.floorDiv(-frames.count(), QUANTUM) * QUANTUM;
    int beyond = rounded - frames.count();
    state.finish(beyond);
    float[] samples = next(frames.range(0, rounded), voice, state);
    return Arrays.copyOf(samples, samples.length - beyond * config.hop());
  }

  /** Pieces of samples one after another. */
  Audio audio(List<float[]> pieces) {
    int length = pieces.stream().mapToInt(piece -> piece.length).reduce(0, Math::addExact);
    float[] samples = new float[length];
    int at = 0;
    for (float[] piece : pieces) {
      System.arraycopy(piece, 0, samples, at, piece.length);
      at += piece.length;
    }
    return new Audio(samples, config.sampleRate());
  }

  /** Whether durations are predicted for this voice. */
  public boolean predictsDurations(VoiceOptions voice) {
    return voice.predictDurations() && durationPredictor != null;
  }

  /**
   * Refuses a voice that this vocoder does not have.
   *
   * @throws InputException if the speaker or style is unknown
   */
  public void check(VoiceOptions voice) {
    Voice.of(voice, config);
  }

  /**
   * The predicted frames of each of these units, the whole utterance or a part of it; those of
   * units that lack their neighbours, {@link #DURATION_CONTEXT} on each side, are those of an
   * utterance that begins or ends there.
   *
   * @throws InputException if a unit is unknown
   * @throws IllegalStateException if the vocoder predicts none
   */
  public int[] durations(int[] units) {
    if (durationPredictor == null) {
      throw new IllegalStateException("a vocoder without a duration predictor");
    }
    Streams.checkUnits(units, config);
    int[] durations = new int[units.length];
    for (int at = 0; at < units.length; at += DURATION_PIECE) {
      int end = Math.min(units.length, at + DURATION_PIECE);
      int before = Math.min(at, DURATION_CONTEXT);
      int[] piece =
          Arrays.copyOfRange(units, at - before, Math.min(units.length, end + DURATION_CONTEXT));
      try (Scope scope = Scope.open()) {
        int[] found = durationPredictor.durations(vectors(unit, piece));
        System.arraycopy(found, before, durations, at, end - at);
      }
    }
    return durations;
  }

  /** The logarithm of each unit's frames + 1, before it is rounded. */
  float[] logDurations(int[] units) {
    if (durationPredictor == null) {
      throw new IllegalStateException("a vocoder without a duration predictor");
    }
    try (Scope scope = Scope.open()) {
      return Tensors.floats(durationPredictor.forward(vectors(unit, units)));
    }
  }

  /** All embeddings of frames beside each other, [F, C]. */
  private Tensor embed(Frames frames, Voice voice) {
    int count = frames.count();
    List<Tensor> parts = new ArrayList<>();
    parts.add(vectors(unit, frames.unit()));
    if (pitch != null && frames.pitch() != null) {
      parts.add(vectors(pitch, frames.pitch()));
    }
    if (styleToken != null && frames.style() != null) {
      parts.add(vectors(styleToken, frames.style()));
    }
    if (speaker != null) {
      parts.add(vectors(speaker, voice.speaker()).expand(count, -1));
    }
    if (style != null) {
      parts.add(vectors(style, voice.style()).expand(count, -1));
    }
    return Tensors.cat(parts, 1);
  }

  private Tensor vectors(Embedding table, int... ids) {
    return table.forward(device.place(Tensors.of(ids))); // [F, D]
  }

  /** A voice by its numbers. */
  record Voice(int speaker, int style) {
    static Voice of(VoiceOptions options, VocoderConfig config) {
      return new Voice(
          number("speaker", options.speaker(), config.speakers(), config.defaultSpeaker()),
          number("style", options.style(), config.styles(), config.defaultStyle()));
    }

    private static int number(
        String what, @Nullable String asked, List<String> known, int standard) {
      if (asked == null) {
        return standard;
      }
      int named = known.indexOf(asked);
      if (named >= 0) {
        return named;
      }
      if (asked.matches("\\d{1,9}") && Integer.parseInt(asked) < known.size()) {
        return Integer.parseInt(asked);
      }
      throw new InputException(
          "Unknown "
              + what
              + " '"
              + asked
              + "': "
              + (known.isEmpty()
                  ? "this vocoder has one voice without " + what + "s; leave it out"
                  : "expected a number from 0 to "
                      + (known.size() - 1)
                      + " or a name of "
                      + String.join(", ", known)));
    }
  }
}
