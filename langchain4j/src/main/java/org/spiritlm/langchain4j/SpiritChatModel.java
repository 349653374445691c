package org.spiritlm.langchain4j;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import org.spiritlm.GenerationOptions;
import org.spiritlm.SpiritLm;

/**
 * Continues a chat in text and speech. All messages become one prompt, see {@link
 * org.spiritlm.Segment#conversation}; audio of any format may be part of what a user says.
 *
 * <p>Where the options ask for speech, {@link AiMessage#audios()} has it, one WAV file. Such a
 * message also has the attribute {@value #SEGMENTS}, by which the model knows exactly what it said
 * when the message is given back, also from JSON.
 *
 * <p>Safe for use by several threads; {@link SpiritLm#continuedBy} has their answers made together.
 */
public final class SpiritChatModel implements ChatModel {
  /**
   * The attribute of a spoken message with all that was said: a list of maps, each with {@code
   * text} or {@code tokens}.
   */
  public static final String SEGMENTS = "segments";

  private final SpiritLm model;
  private final Answering answering;

  /** Answers in text. */
  public SpiritChatModel(SpiritLm model) {
    this(model, GenerationOptions.text());
  }

  /**
   * @param options how answers are made, but for what a request says
   */
  public SpiritChatModel(SpiritLm model, GenerationOptions options) {
    this.model = model;
    this.answering = new Answering(options);
  }

  /**
   * @throws dev.langchain4j.exception.UnsupportedFeatureException for tools, JSON answers,
   *     penalties, another model, and content that is neither text nor audio
   * @throws org.spiritlm.torch.InputException if audio cannot be read, or the options contradict
   *     each other
   */
  @Override
  public ChatResponse doChat(ChatRequest request) {
    GenerationOptions options = answering.options(request);
    return Answering.response(
        model.generate(ChatPrompt.segments(request.messages(), model), options));
  }
}
