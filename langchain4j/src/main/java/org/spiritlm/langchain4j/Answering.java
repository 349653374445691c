package org.spiritlm.langchain4j;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import java.util.List;
import java.util.Map;
import org.spiritlm.EndReason;
import org.spiritlm.Generation;
import org.spiritlm.GenerationOptions;
import org.spiritlm.Segment;

/**
 * How chats are answered.
 *
 * @param standard what holds where a request says nothing
 */
record Answering(GenerationOptions standard) {
  /**
   * How a request is to be answered.
   *
   * @throws UnsupportedFeatureException if it asks for what the model does not do
   */
  GenerationOptions options(ChatRequest request) {
    refuse(!isEmpty(request.toolSpecifications()), "tools");
    refuse(
        request.responseFormat() != null
            && request.responseFormat().type() != ResponseFormatType.TEXT,
        "answers in JSON");
    refuse(request.frequencyPenalty() != null, "penalties of frequency");
    refuse(request.presencePenalty() != null, "penalties of presence");
    refuse(request.modelName() != null, "other models by name");
    GenerationOptions options = standard;
    if (request.temperature() != null) {
      options = options.withTemperature(request.temperature());
    }
    if (request.topP() != null) {
      options = options.withTopP(request.topP());
    }
    if (request.topK() != null) {
      options = options.withTopK(request.topK());
    }
    if (request.maxOutputTokens() != null) {
      options = options.withMaxNewTokens(request.maxOutputTokens());
    }
    if (!isEmpty(request.stopSequences())) {
      options = options.withStopStrings(request.stopSequences().toArray(String[]::new));
    }
    return options;
  }

  private static boolean isEmpty(List<?> list) {
    return list == null || list.isEmpty();
  }

  private static void refuse(boolean asked, String what) {
    if (asked) {
      throw ChatPrompt.unsupported(what);
    }
  }

  /** An answer, its speech beside its text. */
  static ChatResponse response(Generation answer) {
    List<Segment> segments = answer.segments();
    boolean silent = segments.stream().allMatch(Segment.Text.class::isInstance);
    boolean spoken =
        segments.stream()
            .anyMatch(each -> each instanceof Segment.Speech speech && speech.audio() != null);
    AiMessage.Builder message = AiMessage.builder();
    if (silent || segments.stream().anyMatch(Segment.Text.class::isInstance)) {
      message.text(answer.text());
    }
    if (!silent) {
      List<Map<String, String>> said = ChatPrompt.remembering(segments);
      message.attributes(
          spoken
              ? Map.of(
                  SpiritChatModel.SEGMENTS,
                  said,
                  AiMessage.GENERATED_AUDIO_KEY,
                  List.of(Recordings.wav(answer.audio())))
              : Map.of(SpiritChatModel.SEGMENTS, said));
    }
    boolean cut = answer.endReason() == EndReason.LENGTH || answer.endReason() == EndReason.SECONDS;
    return ChatResponse.builder()
        .aiMessage(message.build())
        .tokenUsage(new TokenUsage(answer.promptIds().length, answer.outputIds().length))
        .finishReason(cut ? FinishReason.LENGTH : FinishReason.STOP)
        .build();
  }
}
