package org.spiritlm.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.AudioContent;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.memory.chat.MessageWindowChatMemory;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.service.AiServices;
import dev.langchain4j.service.Result;
import dev.langchain4j.service.TokenStream;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.spiritlm.GenerationOptions;
import org.spiritlm.Segment;

/** The models behind interfaces of one's own. */
final class AiServicesTest {
  private static final GenerationOptions TEXT =
      GenerationOptions.text().greedy().withMaxNewTokens(12);

  interface Continuing {
    String goOn(String text);

    String listen(@dev.langchain4j.service.UserMessage List<Content> parts);
  }

  interface Speaking {
    Result<AiMessage> say(String text);
  }

  interface Telling {
    TokenStream tell(String text);
  }

  @Test
  void textAndSpeechAreContinued() {
    Continuing service = AiServices.create(Continuing.class, new SpiritChatModel(Toy.MODEL, TEXT));
    assertThat(service.goOn("The house"))
        .isEqualTo(Toy.MODEL.generate(List.of(Segment.text("The house")), TEXT).text().strip());
    assertThat(
            service.listen(
                List.of(TextContent.from("He said"), AudioContent.from(Toy.recording()))))
        .isEqualTo(
            Toy.MODEL
                .generate(List.of(Segment.text("He said"), Segment.speech(Toy.RECORDING)), TEXT)
                .text()
                .strip());
  }

  @Test
  void aMemoryIsPartOfThePrompt() {
    MessageWindowChatMemory memory = MessageWindowChatMemory.withMaxMessages(10);
    Continuing service =
        AiServices.builder(Continuing.class)
            .chatModel(new SpiritChatModel(Toy.MODEL, TEXT))
            .chatMemory(memory)
            .build();
    String first = service.goOn("The house");
    String second = service.goOn("and then");
    List<ChatMessage> said =
        List.of(UserMessage.from("The house"), AiMessage.from(first), UserMessage.from("and then"));
    assertThat(second)
        .isEqualTo(new SpiritChatModel(Toy.MODEL, TEXT).chat(said).aiMessage().text());
    assertThat(memory.messages()).hasSize(4);
  }

  @Test
  void anAnswerMayBeSpoken() {
    GenerationOptions options = GenerationOptions.speech().greedy().withMaxNewTokens(60);
    Speaking service = AiServices.create(Speaking.class, new SpiritChatModel(Toy.MODEL, options));
    Result<AiMessage> result = service.say("The house");
    assertThat(result.content().audios()).hasSize(1);
    assertThat(result.tokenUsage().outputTokenCount()).isPositive();
  }

  @Test
  void piecesAreHeardWhileTheyCome() throws Exception {
    Telling service =
        AiServices.builder(Telling.class)
            .streamingChatModel(new SpiritStreamingChatModel(Toy.MODEL, TEXT))
            .build();
    StringBuilder heard = new StringBuilder();
    CompletableFuture<ChatResponse> whole = new CompletableFuture<>();
    service
        .tell("The house")
        .onPartialResponse(heard::append)
        .onCompleteResponse(whole::complete)
        .onError(whole::completeExceptionally)
        .start();
    assertThat(whole.get(5, TimeUnit.MINUTES).aiMessage().text())
        .isEqualTo(heard.toString().strip());
    assertThat(heard).isNotEmpty();
  }
}
