package org.spiritlm.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.ByteArrayInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.spiritlm.Generation;
import org.spiritlm.GenerationOptions;
import org.spiritlm.Segment;
import org.spiritlm.SpiritLm;
import org.spiritlm.alignment.AlignedTranscript;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.checkpoint.Part;
import org.spiritlm.json.Json;
import org.spiritlm.lm.Engine;
import org.spiritlm.lm.EngineLimits;
import org.spiritlm.lm.Terms;
import org.spiritlm.prompt.OutputModality;
import org.spiritlm.prompt.Prompt;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.task.Hearings;
import org.spiritlm.task.Transcription;
import org.spiritlm.torch.InputException;
import org.spiritlm.units.SpeechUnits;
import org.spiritlm.vocoder.VocoderConfig;
import org.spiritlm.vocoder.VoiceOptions;

/** A model that many ask at once. */
final class ServedModel {
  /** The voice that every model has. */
  static final String DEFAULT_VOICE = "default";

  /** How long an answer can be referred to. */
  static final Duration MEMORY = Duration.ofHours(1);

  /** More characters than any token has. */
  private static final int LONGEST_TOKEN = 64;

  private static final int ANSWERS = 1000;
  private static final int RECORDINGS = 256;

  private final String name;
  private final SpiritLm model;
  private final Engine engine;
  private final Workers workers;
  private final VoiceOptions standardVoice;
  private final @Nullable VocoderConfig vocoder;
  private final List<String> styles;
  private final int context;
  private final Recent<List<Segment>> answers = new Recent<>(ANSWERS, MEMORY);
  private final Recent<SpeechTokens> heard = new Recent<>(RECORDINGS, MEMORY);
  private final long created = System.currentTimeMillis() / 1000;

  /**
   * Starts its engine.
   *
   * @param name what clients call it
   * @param model of which all parts are loaded
   * @param limits of the engine
   * @param workers for what is not generated
   * @param standardVoice where a request names none
   */
  ServedModel(
      String name,
      SpiritLm model,
      EngineLimits limits,
      Workers workers,
      VoiceOptions standardVoice) {
    this.name = name;
    this.model = model;
    this.workers = workers;
    this.standardVoice = standardVoice;
    this.vocoder =
        model.directory().parts().contains(Part.VOCODER) ? model.directory().vocoderConfig() : null;
    this.styles = speaks() ? model.directory().styles() : List.of();
    this.context = model.context();
    this.engine = model.engine(limits);
  }

  String name() {
    return name;
  }

  /** When it was loaded (seconds since 1970). */
  long created() {
    return created;
  }

  Engine engine() {
    return engine;
  }

  Workers workers() {
    return workers;
  }

  /**
   * What writes down speech, for one request.
   *
   * @param temperature 0 for the likeliest transcript that as many beams find as there is room for
   */
  Transcription transcription(
      SpeechTokens tokens, double temperature, Terms terms, RequestLimits limits) {
    SpiritLm served = model(terms);
    int most = Math.min(GenerationOptions.DEFAULT_MAX_NEW_TOKENS * 2, limits.newTokens());
    GenerationOptions options = Transcription.likeliest(model).withMaxNewTokens(most);
    if (temperature > 0) {
      options = options.withBeams(1).withTemperature(temperature);
    } else if (options.beams() > 1) {
      Prompt prompt = new Transcription(model).prompt(Segment.speech(tokens));
      double longest = Math.ceil(prompt.ids(model.tokenizer()).length / Hearings.SLOWER);
      int positions = (int) Math.min(context, longest + most);
      options = options.withBeams(Math.min(options.beams(), engine.mostBeams(positions)));
    }
    return new Transcription(served, List.of(), options);
  }

  /** The model, for what is not generated. */
  SpiritLm model() {
    return model;
  }

  /** The model as one request may use it: its answers are made together with all others. */
  SpiritLm model(Exchange exchange) {
    return model(exchange.terms());
  }

  /** The same on terms of one's own. */
  SpiritLm model(Terms terms) {
    return model.continuedBy(engine.on(terms)).scoredBy(scoring -> workers.run(terms, scoring));
  }

  /**
   * Refuses another name than the model's, with which a conversation is held.
   *
   * @throws ApiException if it is another
   */
  void requireName(Fields fields) {
    String asked = fields.optionalText("model");
    if (asked != null && !asked.equals(name)) {
      throw notFound(
          fields.at("model"),
          "this conversation is held with '"
              + name
              + "', not '"
              + shortened(asked)
              + "'; 'model' in the address of another one chooses");
    }
  }

  static ApiException notFound(String path, String message) {
    return ApiException.wrong(404, "model_not_found", path, message);
  }

  static String shortened(String text) {
    return text.length() <= 60 ? text : text.substring(0, 60) + "…";
  }

  /** The names of voices. */
  List<String> voices() {
    List<String> voices = new ArrayList<>(List.of(DEFAULT_VOICE));
    if (vocoder != null) {
      voices.addAll(vocoder.speakers());
    }
    return voices;
  }

  /** The names of styles of speaking. */
  List<String> styles() {
    return styles;
  }

  /**
   * A voice.
   *
   * @param voice its name, or null for the default
   * @param path the parameter's, for the message
   * @throws ApiException if the model cannot speak, or has no voice of that name
   */
  VoiceOptions voice(@Nullable String voice, String path) {
    requireSpeech(path);
    if (voice == null || voice.equals(DEFAULT_VOICE)) {
      return standardVoice;
    }
    if (!voices().contains(voice)) {
      throw ApiException.wrong(
          400,
          "unknown_voice",
          path,
          "there is no voice '"
              + shortened(voice)
              + "' here; there are "
              + String.join(", ", voices()));
    }
    return standardVoice.withSpeaker(voice);
  }

  /** Whether it has a vocoder to speak with. */
  boolean speaks() {
    return vocoder != null;
  }

  /** What was heard of an answer in so many milliseconds, see {@link HeardAnswer}. */
  List<Segment> heard(List<Segment> said, long millis) {
    return vocoder == null ? said : HeardAnswer.of(said, millis, model, vocoder);
  }

  /** The tokens of what was spoken of an answer with their times, see {@link AnswerTimeline}. */
  ArrayNode timeline(Generation answer, OutputModality output) {
    return vocoder == null
        ? Json.object().arrayNode()
        : AnswerTimeline.of(answer, output, model, vocoder);
  }

  private void requireSpeech(String path) {
    if (!speaks()) {
      throw ApiException.wrong(400, "no_speech", path, "this model has no vocoder to speak with");
    }
  }

  /** The same voice in a style that an instruction names, if it names one that there is. */
  VoiceOptions styled(VoiceOptions voice, @Nullable String instruction) {
    if (instruction == null) {
      return voice;
    }
    List<String> words =
        List.of(instruction.toLowerCase(Locale.ROOT).split("[^\\p{Alnum}_-]+", -1));
    return styles().stream()
        .filter(style -> words.contains(style.toLowerCase(Locale.ROOT)))
        .findFirst()
        .map(voice::withStyle)
        .orElse(voice);
  }

  /**
   * The prompt, unless it is so long that it need not be tokenized to know that it does not fit.
   *
   * @throws ApiException if it is
   */
  Prompt fitting(Prompt prompt) {
    if (isOverlong(prompt)) {
      throw ApiException.wrong(
          400,
          Failures.CONTEXT_LENGTH,
          null,
          "the prompt has "
              + prompt.string().length()
              + " characters, which are more than the model's context has room for; shorten it");
    }
    return prompt;
  }

  private boolean isOverlong(Prompt prompt) {
    return prompt.string().length() > (long) LONGEST_TOKEN * context;
  }

  /** Whether a prompt has no more than so many tokens. */
  boolean fits(Prompt prompt, int tokens) {
    return !isOverlong(prompt) && prompt.ids(model.tokenizer()).length <= tokens;
  }

  /** A prompt that a client wrote in tokens, see {@link #fitting}. */
  Prompt parse(String tokens) {
    return model.parse(fitting(new Prompt(tokens)).string());
  }

  /** What was read of a recording. */
  record Recording(SpeechUnits units, double seconds) {}

  /**
   * The units of a recording in any format.
   *
   * @param path the parameter's, for messages
   * @throws ApiException if it cannot be read, or is too long
   */
  Recording encode(byte[] recording, String path, int channel, Exchange exchange) {
    return workers.run(
        exchange.terms(),
        () -> {
          try (AudioReader reader = open(recording, channel, exchange.audioSecondsLeft())) {
            SpeechUnits units = model.encode(reader);
            exchange.read(reader.seconds());
            return new Recording(units, reader.seconds());
          } catch (InputException e) {
            throw ApiException.wrong(
                400, "invalid_audio", path, e.getMessage() + exchange.audioNote());
          }
        });
  }

  /**
   * What is heard of a recording for its transcript.
   *
   * @param tokens its tokens, as it is
   */
  Hearings hear(
      Transcription task,
      SpeechTokens tokens,
      byte[] recording,
      double seconds,
      Exchange exchange) {
    if (seconds > Hearings.LONGEST_SECONDS) {
      return task.hear(Segment.speech(tokens));
    }
    return workers.run(
        exchange.terms(),
        () -> {
          try (AudioReader reader = open(recording, 0, exchange.limits().audioSeconds())) {
            return task.hear(new Segment.Speech(tokens, reader.readAll(), null));
          }
        });
  }

  /** The same for what was said in a conversation, of which there are tokens, the sound or both. */
  Hearings hear(Transcription task, Segment.Speech speech, Terms terms) {
    return workers.run(terms, () -> task.hear(speech));
  }

  private static AudioReader open(byte[] recording, int channel, double most) {
    AudioReader.Options options =
        AudioReader.Options.speech().withChannel(channel).withMaxSeconds(most);
    return AudioReader.open(new ByteArrayInputStream(recording), "the audio", options);
  }

  /**
   * When the words of a text are said in a recording.
   *
   * @throws InputException if the text cannot be aligned with it
   */
  AlignedTranscript align(byte[] recording, String text, Exchange exchange) {
    return workers.run(
        exchange.terms(),
        () -> model.align(() -> open(recording, 0, exchange.limits().audioSeconds()), text));
  }

  /**
   * The tokens of a recording; those of one that was heard lately are remembered.
   *
   * @throws ApiException if it cannot be read, or is too long or too short
   */
  Segment.Speech hear(byte[] recording, String path, Exchange exchange) {
    String hash = hash(recording);
    SpeechTokens tokens = heard.get(hash);
    if (tokens == null) {
      tokens = model.tokens(encode(recording, path, 0, exchange).units());
      heard.put(hash, tokens);
    }
    if (tokens.tokens().isEmpty()) {
      throw ApiException.wrong(400, "invalid_audio", path, "the audio is too short to hold speech");
    }
    return Segment.speech(tokens);
  }

  /**
   * The tokens of speech of any rate.
   *
   * @throws ApiException if it is too short
   */
  Segment.Speech hear(Audio audio, String path, Terms terms) {
    SpeechTokens tokens = workers.run(terms, () -> model.tokens(model.encode(audio)));
    if (tokens.tokens().isEmpty()) {
      throw ApiException.wrong(400, "invalid_audio", path, "the audio is too short to hold speech");
    }
    return Segment.speech(tokens);
  }

  private static String hash(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  /** Remembers a spoken answer, to be referred to by this name. */
  void remember(String id, List<Segment> answer) {
    List<Segment> lean = new ArrayList<>();
    for (Segment segment : answer) {
      boolean spoken = segment instanceof Segment.Speech speech && speech.tokens() != null;
      lean.add(spoken ? Segment.speech(((Segment.Speech) segment).tokens()) : segment);
    }
    answers.put(id, lean);
  }

  /**
   * An answer that was given.
   *
   * @throws ApiException if it is not known, or no longer
   */
  List<Segment> recall(String id, String path) {
    List<Segment> answer = answers.get(id);
    if (answer == null) {
      throw ApiException.wrong(
          404,
          "audio_not_found",
          path,
          "there is no spoken answer '" + shortened(id) + "' here, or no longer");
    }
    return answer;
  }
}
