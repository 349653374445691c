package org.spiritlm.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.spiritlm.GenerationOptions;
import org.spiritlm.json.Json;
import org.spiritlm.prompt.OutputModality;

/**
 * How a spoken conversation goes on.
 *
 * @param instructions what stands before all that is said
 * @param voice the name of the voice that answers
 * @param options how answers are made, but for the seed
 * @param seed of all answers, or null where each draws one
 * @param turns how turns are detected; null where the client says when somebody has finished
 * @param transcription by which name the client asks for transcripts of its speech; null where it
 *     wants none
 */
record RealtimeSettings(
    String instructions,
    String voice,
    GenerationOptions options,
    @Nullable Long seed,
    @Nullable TurnDetection turns,
    @Nullable String transcription) {
  private static final String TRANSCRIPTION = "input_audio_transcription";

  private static final Set<String> KNOWN =
      Set.of(
          "type",
          "id",
          "object",
          "model",
          "modalities",
          "instructions",
          "voice",
          "style",
          "input_audio_format",
          "output_audio_format",
          TRANSCRIPTION,
          "input_audio_noise_reduction",
          "turn_detection",
          "tools",
          "tool_choice",
          "max_response_output_tokens",
          "max_output_tokens",
          "max_seconds",
          "speed",
          "tracing",
          "conversation",
          "input",
          "metadata");

  /** Spoken answers where the model can speak. */
  static RealtimeSettings standard(ServedModel model, RequestLimits limits) {
    OutputModality output = model.speaks() ? OutputModality.SPEECH : OutputModality.TEXT;
    GenerationOptions options =
        GenerationOptions.of(output)
            .withMaxNewTokens(
                Math.min(GenerationOptions.DEFAULT_MAX_NEW_TOKENS, limits.newTokens()));
    if (model.speaks()) {
      options = options.withMaxSeconds(limits.audioSeconds());
    }
    return new RealtimeSettings(
        "", ServedModel.DEFAULT_VOICE, options, null, TurnDetection.STANDARD, null);
  }

  /**
   * The same with what a client says, of the session or of one response.
   *
   * @throws ApiException if something in it is wrong, or not done here
   */
  RealtimeSettings with(Fields fields, ServedModel model, RequestLimits limits) {
    Set<String> known = new HashSet<>(KNOWN);
    known.addAll(SamplingFields.NAMES);
    fields.only(known);
    model.requireName(fields);
    refuseOthers(fields);
    OutputModality output = ChatRequest.output(fields, options.output());
    GenerationOptions changed =
        SamplingFields.applied(fields, options)
            .withOutput(output)
            .withMaxNewTokens(newTokens(fields, limits));
    changed = changed.withMaxSeconds(seconds(fields, output, limits));
    String name = fields.text("voice", voice);
    if (fields.has("voice") || fields.has("style") || output != OutputModality.TEXT) {
      changed =
          changed.withVoice(model.voice(name, fields.at("voice")).withStyle(style(fields, model)));
    }
    return new RealtimeSettings(
        fields.text("instructions", instructions),
        name,
        changed,
        fields.has("seed") ? (Long) changed.sampling().seed() : seed,
        turns(fields),
        transcription(fields, model));
  }

  /** The name of a style; null, which a client may say as well, for none in particular. */
  private @Nullable String style(Fields fields, ServedModel model) {
    if (!fields.object().has("style")) {
      return options.voice().style();
    }
    String style = fields.optionalText("style");
    if (style != null && !model.styles().contains(style)) {
      throw fields.wrong(
          "style",
          model.styles().isEmpty()
              ? "null, as this model has no styles"
              : "one of " + String.join(", ", model.styles()));
    }
    return style;
  }

  /** Clients name models of OpenAI there; whatever the name, the served model writes down. */
  private @Nullable String transcription(Fields fields, ServedModel model) {
    if (!fields.object().has(TRANSCRIPTION)) {
      return transcription;
    }
    Fields wanted = fields.child(TRANSCRIPTION);
    if (wanted == null) {
      return null;
    }
    wanted.only(Set.of("model", "language", "prompt"));
    wanted.optionalText("language");
    wanted.optionalText("prompt");
    return wanted.text("model", model.name());
  }

  private static void refuseOthers(Fields fields) {
    SamplingFields.refuse(fields, Set.of("tools", "input", "input_audio_noise_reduction"));
    for (String format : Set.of("input_audio_format", "output_audio_format")) {
      if (!fields.text(format, "pcm16").equals("pcm16")) {
        throw fields.wrong(format, "\"pcm16\"");
      }
    }
    if (!fields.text("conversation", "auto").equals("auto")) {
      throw SamplingFields.unsupported(fields, "conversation");
    }
    Double speed = fields.number("speed", 0.25, 4);
    if (speed != null && speed != 1) {
      throw SamplingFields.unsupported(fields, "speed");
    }
  }

  private int newTokens(Fields fields, RequestLimits limits) {
    String key =
        fields.has("max_output_tokens") ? "max_output_tokens" : "max_response_output_tokens";
    if (fields.has(key) && fields.object().get(key).asText().equals("inf")) {
      return limits.newTokens();
    }
    Integer count = fields.whole(key, 1, limits.newTokens());
    return count == null ? options.maxNewTokens() : count;
  }

  private double seconds(Fields fields, OutputModality output, RequestLimits limits) {
    Double seconds = fields.number("max_seconds", 0.01, limits.audioSeconds());
    if (output == OutputModality.TEXT) {
      return Double.POSITIVE_INFINITY;
    }
    return seconds == null ? Math.min(options.maxSeconds(), limits.audioSeconds()) : seconds;
  }

  private @Nullable TurnDetection turns(Fields fields) {
    if (!fields.object().has("turn_detection")) {
      return turns;
    }
    Fields detection = fields.child("turn_detection");
    return detection == null
        ? null
        : (turns == null ? TurnDetection.STANDARD : turns).with(detection);
  }

  /** The options for the next answer. */
  GenerationOptions next() {
    return options.withSeed(seed == null ? Ids.seed() : seed);
  }

  /** As clients read it. */
  ObjectNode describe(String id, String model) {
    ObjectNode object = Json.object();
    object.put("id", id);
    object.put("object", "realtime.session");
    object.put("model", model);
    ArrayNode modalities = object.putArray("modalities");
    if (options.output() != OutputModality.SPEECH) {
      modalities.add("text");
    }
    if (options.output() != OutputModality.TEXT) {
      modalities.add("audio");
    }
    object.put("instructions", instructions);
    object.put("voice", voice);
    object.put("style", options.voice().style());
    object.put("input_audio_format", "pcm16");
    object.put("output_audio_format", "pcm16");
    if (transcription == null) {
      object.putNull(TRANSCRIPTION);
    } else {
      object.putObject(TRANSCRIPTION).put("model", transcription);
    }
    if (turns == null) {
      object.putNull("turn_detection");
    } else {
      object.set("turn_detection", turns.describe());
    }
    object.putArray("tools");
    object.put("tool_choice", "none");
    object.put("temperature", options.sampling().temperature());
    object.put("max_response_output_tokens", options.maxNewTokens());
    return object;
  }
}
