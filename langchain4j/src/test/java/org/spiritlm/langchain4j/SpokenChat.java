package org.spiritlm.langchain4j;

import dev.langchain4j.data.message.AudioContent;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.spiritlm.GenerationOptions;
import org.spiritlm.SpiritLm;

/** An example: a spoken chat of two turns by LangChain4j. */
public final class SpokenChat {
  private SpokenChat() {}

  /**
   * Asks, and asks again.
   *
   * @param arguments the model's directory, a recorded question, and the directory for the answers
   */
  public static void main(String... arguments) throws IOException {
    SpiritLm model = SpiritLm.load(Path.of(arguments[0]));
    ChatModel chat =
        new SpiritChatModel(model, GenerationOptions.speech().withMaxSeconds(5).withSeed(1));
    List<ChatMessage> messages = new ArrayList<>();
    messages.add(
        UserMessage.from(
            TextContent.from("She asked:"),
            AudioContent.from(Path.of(arguments[1]).toAbsolutePath().toUri())));
    for (int turn = 1; turn <= 2; turn++) {
      ChatResponse response = chat.chat(messages);
      if (response.aiMessage().audios().isEmpty()) {
        System.out.println("To this the model says nothing.");
        return;
      }
      Path file = Path.of(arguments[2]).resolve("answer-" + turn + ".wav");
      Files.write(file, response.aiMessage().audios().get(0).binaryData());
      System.out.println(file + ": " + response.tokenUsage().outputTokenCount() + " tokens");
      messages.add(response.aiMessage());
      messages.add(UserMessage.from("And then?"));
    }
  }
}
