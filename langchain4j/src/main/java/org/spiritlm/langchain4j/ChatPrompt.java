package org.spiritlm.langchain4j;

import dev.langchain4j.data.audio.Audio;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.AudioContent;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.UnsupportedFeatureException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.spiritlm.Segment;
import org.spiritlm.SpiritLm;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.torch.InputException;

/** The prompt that a chat's messages are. */
final class ChatPrompt {
  private static final String TEXT = "text";
  private static final String TOKENS = "tokens";

  private ChatPrompt() {}

  /**
   * All that was said.
   *
   * @throws UnsupportedFeatureException if it is neither text nor audio
   * @throws InputException if audio cannot be read
   */
  static List<Segment> segments(List<ChatMessage> messages, SpiritLm model) {
    return Segment.conversation(messages.stream().map(message -> said(message, model)).toList());
  }

  private static List<Segment> said(ChatMessage message, SpiritLm model) {
    if (message instanceof SystemMessage system) {
      return List.of(Segment.text(system.text()));
    }
    if (message instanceof UserMessage user) {
      List<Segment> said = new ArrayList<>();
      user.contents().forEach(content -> said.add(part(content, model)));
      return said;
    }
    if (message instanceof AiMessage answer && !answer.hasToolExecutionRequests()) {
      return answer(answer, model);
    }
    throw unsupported("messages of tools and of type " + message.type());
  }

  private static Segment part(Content content, SpiritLm model) {
    if (content instanceof TextContent text) {
      return Segment.text(text.text());
    }
    if (content instanceof AudioContent audio) {
      return Recordings.read(audio.audio(), model);
    }
    throw unsupported("content of type " + content.type());
  }

  private static List<Segment> answer(AiMessage message, SpiritLm model) {
    List<Segment> said = new ArrayList<>();
    if (message.attributes().get(SpiritChatModel.SEGMENTS) instanceof List<?> segments) {
      segments.forEach(segment -> said.add(remembered(segment)));
      return said;
    }
    if (message.text() != null && !message.text().isEmpty()) {
      said.add(Segment.text(message.text()));
    }
    for (Audio audio : message.audios()) { // another model's
      said.add(Recordings.read(audio, model));
    }
    return said;
  }

  private static Segment remembered(Object segment) {
    if (segment instanceof Map<?, ?> map) {
      if (map.get(TEXT) instanceof String text) {
        return Segment.text(text);
      }
      if (map.get(TOKENS) instanceof String tokens) {
        return Segment.speech(SpeechTokens.parse(tokens));
      }
    }
    throw new InputException(
        "the attribute '"
            + SpiritChatModel.SEGMENTS
            + "' of a message must hold maps with '"
            + TEXT
            + "' or '"
            + TOKENS
            + "', as SpiritChatModel gives them; found "
            + (segment == null ? "null" : segment.getClass().getSimpleName()));
  }

  /** An answer as the attribute by which it is known again. */
  static List<Map<String, String>> remembering(List<Segment> answer) {
    List<Map<String, String>> maps = new ArrayList<>();
    for (Segment segment : answer) {
      if (segment instanceof Segment.Text text) {
        maps.add(Map.of(TEXT, text.text()));
      } else if (segment instanceof Segment.Speech speech && speech.tokens() != null) {
        maps.add(Map.of(TOKENS, speech.tokens().toString()));
      }
    }
    return maps;
  }

  static UnsupportedFeatureException unsupported(String what) {
    return new UnsupportedFeatureException(what + " are not supported by SpiritLM");
  }
}
