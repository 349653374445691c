package org.spiritlm.server;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.spiritlm.GenerationOptions;
import org.spiritlm.Segment;
import org.spiritlm.audio.AudioFormat;
import org.spiritlm.prompt.OutputModality;
import org.spiritlm.torch.InputException;

/**
 * What is asked of a chat.
 *
 * @param said all that was said
 * @param options how each answer is made
 * @param answers how many
 * @param format of what is spoken
 * @param streamed whether the answer comes as it is made
 * @param usageToo whether a stream ends with the numbers of tokens
 * @param likeliest how many of the likeliest tokens are told of each; null where no probability is
 */
record ChatRequest(
    List<Segment> said,
    GenerationOptions options,
    int answers,
    AudioFormat format,
    boolean streamed,
    boolean usageToo,
    @Nullable Integer likeliest) {
  private static final int MOST_STOPS = 16;
  private static final int MOST_LIKELIEST = 20;

  /** What changes nothing here. */
  private static final Set<String> WITHOUT_EFFECT =
      Set.of(
          "user",
          "metadata",
          "store",
          "service_tier",
          "safety_identifier",
          "prompt_cache_key",
          "prompt_cache_retention",
          "parallel_tool_calls");

  private static final Set<String> UNSUPPORTED =
      Set.of(
          "tools",
          "tool_choice",
          "functions",
          "function_call",
          "prediction",
          "reasoning_effort",
          "verbosity",
          "web_search_options");

  private static final Set<String> KNOWN =
      Set.of(
          "model",
          "messages",
          "modalities",
          "audio",
          "n",
          "stop",
          "stream",
          "stream_options",
          "max_tokens",
          "max_completion_tokens",
          "max_seconds",
          "logprobs",
          "top_logprobs",
          "response_format");

  private static Set<String> known() {
    Set<String> all = new HashSet<>(KNOWN);
    all.addAll(SamplingFields.NAMES);
    all.addAll(WITHOUT_EFFECT);
    all.addAll(UNSUPPORTED);
    return all;
  }

  /**
   * Reads a request; recordings in it become tokens.
   *
   * @throws ApiException if something in it is wrong, or not done here
   */
  static ChatRequest of(Fields fields, ServedModel model, Exchange exchange) {
    fields.only(known());
    SamplingFields.refuse(fields, UNSUPPORTED);
    requireText(fields);
    OutputModality output = output(fields);
    GenerationOptions options = options(fields, output, model, exchange);
    boolean streamed = fields.flag("stream");
    AudioFormat format = output == OutputModality.TEXT ? AudioFormat.PCM : format(fields, streamed);
    Integer answers = fields.whole("n", 1, exchange.limits().answers());
    Fields streaming = fields.child("stream_options");
    Integer likeliest = likeliest(fields);
    return new ChatRequest(
        Messages.read(fields, model, exchange),
        options,
        answers == null ? 1 : answers,
        format,
        streamed,
        streaming != null && streaming.flag("include_usage"),
        likeliest);
  }

  private static void requireText(Fields fields) {
    Fields format = fields.child("response_format");
    if (format != null && !format.text("type").equals("text")) {
      throw SamplingFields.unsupported(fields, "response_format");
    }
  }

  private static OutputModality output(Fields fields) {
    return output(fields, OutputModality.TEXT);
  }

  /** What a request's {@code modalities} ask for. */
  static OutputModality output(Fields fields, OutputModality otherwise) {
    if (!fields.has("modalities")) {
      return otherwise;
    }
    JsonNode value = fields.object().get("modalities");
    Set<String> asked = new HashSet<>();
    value.forEach(each -> asked.add(each.asText()));
    if (!value.isArray() || asked.isEmpty() || !Set.of("text", "audio").containsAll(asked)) {
      throw fields.wrong("modalities", "a list of \"text\", \"audio\" or both");
    }
    return asked.size() == 2
        ? OutputModality.ARBITRARY
        : asked.contains("text") ? OutputModality.TEXT : OutputModality.SPEECH;
  }

  private static GenerationOptions options(
      Fields fields, OutputModality output, ServedModel model, Exchange exchange) {
    String limit = fields.has("max_completion_tokens") ? "max_completion_tokens" : "max_tokens";
    GenerationOptions options =
        SamplingFields.applied(fields, GenerationOptions.of(output))
            .withMaxNewTokens(SamplingFields.newTokens(fields, limit, 1, exchange));
    List<String> stops = fields.texts("stop", MOST_STOPS);
    try {
      options = options.withStopStrings(stops.toArray(String[]::new));
    } catch (InputException e) {
      throw ApiException.wrong("stop", String.valueOf(e.getMessage()));
    }
    if (output == OutputModality.TEXT) {
      return options;
    }
    Fields audio = fields.child("audio");
    if (audio != null) {
      audio.only(Set.of("voice", "format", "style"));
    }
    Double seconds = fields.number("max_seconds", 0.01, exchange.limits().audioSeconds());
    return options
        .withMaxSeconds(seconds == null ? exchange.limits().audioSeconds() : seconds)
        .withVoice(
            model
                .voice(audio == null ? null : audio.optionalText("voice"), "audio.voice")
                .withStyle(audio == null ? null : audio.optionalText("style")));
  }

  private static AudioFormat format(Fields fields, boolean streamed) {
    Fields audio = fields.child("audio");
    String name = audio == null ? null : audio.optionalText("format");
    if (streamed) {
      if (audio != null && name != null && !name.equals("pcm16")) {
        throw audio.wrong("format", "\"pcm16\", the only format that is streamed in events");
      }
      return AudioFormat.PCM;
    }
    if (audio == null || name == null) {
      return AudioFormat.WAV;
    }
    return switch (name) {
      case "pcm16" -> AudioFormat.PCM;
      case "wav", "mp3", "flac", "opus" -> AudioFormat.of(name);
      default -> throw audio.wrong("format", "wav, mp3, flac, opus or pcm16");
    };
  }

  private static @Nullable Integer likeliest(Fields fields) {
    Integer top = fields.whole("top_logprobs", 0, MOST_LIKELIEST);
    if (fields.flag("logprobs")) {
      return top == null ? (Integer) 0 : top;
    }
    if (top != null && top > 0) {
      throw ApiException.wrong("top_logprobs", "'top_logprobs' needs 'logprobs' to be true");
    }
    return null;
  }
}
