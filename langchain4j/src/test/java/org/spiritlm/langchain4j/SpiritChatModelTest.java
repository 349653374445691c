package org.spiritlm.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.audio.Audio;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.AudioContent;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ChatMessageDeserializer;
import dev.langchain4j.data.message.ChatMessageSerializer;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.Generation;
import org.spiritlm.GenerationOptions;
import org.spiritlm.Segment;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.prompt.OutputModality;
import org.spiritlm.torch.InputException;

final class SpiritChatModelTest {
  private static final GenerationOptions TEXT =
      GenerationOptions.text().greedy().withMaxNewTokens(20);
  private static final GenerationOptions SPEECH =
      GenerationOptions.speech().greedy().withMaxNewTokens(60);

  private static final UserMessage QUESTION =
      UserMessage.from(TextContent.from("He said"), AudioContent.from(Toy.recording()));
  private static final List<Segment> ASKED =
      List.of(Segment.text("He said"), Segment.speech(Toy.RECORDING));

  @Test
  void anAnswerIsTheModels() {
    ChatResponse response =
        new SpiritChatModel(Toy.MODEL, TEXT)
            .chat(SystemMessage.from("One."), UserMessage.from("Two"), AiMessage.from("Three"));
    Generation expected = Toy.MODEL.generate(List.of(Segment.text("One.\nTwo\nThree")), TEXT);
    assertThat(response.aiMessage().text()).isEqualTo(expected.text());
    assertThat(response.aiMessage().attributes()).isEmpty();
    assertThat(response.tokenUsage().inputTokenCount()).isEqualTo(expected.promptIds().length);
    assertThat(response.tokenUsage().outputTokenCount()).isEqualTo(20);
    assertThat(response.finishReason()).isEqualTo(FinishReason.LENGTH);
  }

  @Test
  void aRequestChangesTheOptions() {
    ChatRequest request =
        ChatRequest.builder()
            .messages(UserMessage.from("one two three"))
            .temperature(1.2)
            .topP(0.9)
            .topK(50)
            .maxOutputTokens(12)
            .build();
    GenerationOptions options =
        GenerationOptions.text().withSeed(4).withTemperature(1.2).withTopP(0.9).withTopK(50);
    String all =
        new SpiritChatModel(Toy.MODEL, GenerationOptions.text().withSeed(4))
            .chat(request)
            .aiMessage()
            .text();
    Generation expected =
        Toy.MODEL.generate(List.of(Segment.text("one two three")), options.withMaxNewTokens(12));
    assertThat(all).isEqualTo(expected.text());
    String stop = all.substring(all.length() / 2, all.length() / 2 + 2);
    ChatResponse stopped =
        new SpiritChatModel(Toy.MODEL, GenerationOptions.text().withSeed(4))
            .chat(
                ChatRequest.builder()
                    .messages(request.messages())
                    .parameters(
                        request
                            .parameters()
                            .overrideWith(
                                ChatRequestParameters.builder().stopSequences(stop).build()))
                    .build());
    assertThat(stopped.aiMessage().text()).isEqualTo(all.substring(0, all.indexOf(stop)).strip());
    assertThat(stopped.finishReason()).isEqualTo(FinishReason.STOP);
  }

  static Stream<AudioContent> recordings() {
    Audio audio = Toy.recording();
    String base64 = Base64.getEncoder().encodeToString(audio.binaryData());
    return Stream.of(
        AudioContent.from(audio),
        AudioContent.from(base64, "audio/wav"),
        AudioContent.from(Toy.RECORDING.toUri()),
        AudioContent.from(URI.create("data:audio/wav;base64," + base64)));
  }

  @ParameterizedTest
  @MethodSource("recordings")
  void audioIsHeardInAnyForm(AudioContent audio) {
    ChatResponse response =
        new SpiritChatModel(Toy.MODEL, TEXT)
            .chat(UserMessage.from(TextContent.from("He said"), audio));
    Generation expected = Toy.MODEL.generate(ASKED, TEXT);
    assertThat(response.aiMessage().text()).isEqualTo(expected.text());
    assertThat(response.tokenUsage().inputTokenCount()).isEqualTo(expected.promptIds().length);
  }

  @Test
  void anAnswerIsSpoken() {
    AiMessage message = new SpiritChatModel(Toy.MODEL, SPEECH).chat(QUESTION).aiMessage();
    Generation expected = Toy.MODEL.generate(ASKED, SPEECH);
    assertThat(message.text()).isNull();
    assertThat(message.audios()).hasSize(1);
    assertThat(message.audios().get(0).mimeType()).isEqualTo("audio/wav");
    float[] samples = read(message.audios().get(0)).samples();
    float[] whole = expected.audio().samples();
    assertThat(samples).hasSameSizeAs(whole);
    for (int i = 0; i < whole.length; i++) {
      assertThat(samples[i]).isCloseTo(Math.max(-1, Math.min(1, whole[i])), within(1e-4f));
    }
  }

  private static org.spiritlm.audio.Audio read(Audio audio) {
    try (AudioReader reader =
        AudioReader.open(
            new ByteArrayInputStream(audio.binaryData()), "it", AudioReader.Options.speech())) {
      return reader.readAll();
    }
  }

  /** A message that is given back is exactly what was said, also where it was stored between. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aConversationGoesOn(boolean stored) {
    List<ChatMessage> messages = new ArrayList<>(List.of(QUESTION));
    messages.add(new SpiritChatModel(Toy.MODEL, SPEECH).chat(messages).aiMessage());
    messages.add(UserMessage.from("and then"));
    if (stored) {
      messages =
          ChatMessageDeserializer.messagesFromJson(ChatMessageSerializer.messagesToJson(messages));
    }
    ChatResponse second = new SpiritChatModel(Toy.MODEL, TEXT).chat(messages);
    List<Segment> first = Toy.MODEL.generate(ASKED, SPEECH).segments();
    Generation expected =
        Toy.MODEL.generate(
            Segment.conversation(List.of(ASKED, first, List.of(Segment.text("and then")))), TEXT);
    assertThat(second.aiMessage().text()).isEqualTo(expected.text());
    assertThat(Toy.MODEL.prompt(ChatPrompt.segments(messages, Toy.MODEL), OutputModality.TEXT))
        .hasToString(expected.prompt());
  }

  @Test
  void anotherModelsSpeechIsHeard() {
    AiMessage other =
        AiMessage.builder()
            .attributes(Map.of(AiMessage.GENERATED_AUDIO_KEY, List.of(Toy.recording())))
            .build();
    ChatResponse response =
        new SpiritChatModel(Toy.MODEL, TEXT).chat(UserMessage.from("He said"), other);
    assertThat(response.aiMessage().text()).isEqualTo(Toy.MODEL.generate(ASKED, TEXT).text());
  }

  static Stream<ChatRequest> unsupported() {
    UserMessage message = UserMessage.from("Hi");
    return Stream.of(
        ChatRequest.builder()
            .messages(message)
            .toolSpecifications(ToolSpecification.builder().name("clock").build())
            .build(),
        ChatRequest.builder().messages(message).responseFormat(ResponseFormat.JSON).build(),
        ChatRequest.builder().messages(message).frequencyPenalty(0.5).build(),
        ChatRequest.builder().messages(message).presencePenalty(0.5).build(),
        ChatRequest.builder().messages(message).modelName("other").build(),
        ChatRequest.builder()
            .messages(UserMessage.from(ImageContent.from("https://example.org/a.png")))
            .build(),
        ChatRequest.builder()
            .messages(message, ToolExecutionResultMessage.from("1", "clock", "noon"))
            .build());
  }

  @ParameterizedTest
  @MethodSource("unsupported")
  void whatIsNotDoneIsRefused(ChatRequest request) {
    SpiritChatModel chat = new SpiritChatModel(Toy.MODEL, TEXT);
    assertThatThrownBy(() -> chat.chat(request))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessageContaining("not supported by SpiritLM");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://example.org/a.wav",
        "file://host/a.wav",
        "data:audio/wav,abc",
        "data:audio/wav;base64,?",
        "data:audio/wav;base64,AAAA",
        "a.wav",
        "file:///no/such.wav"
      })
  void whatIsNoAudioIsRefused(String url) {
    SpiritChatModel chat = new SpiritChatModel(Toy.MODEL, TEXT);
    UserMessage message = UserMessage.from(AudioContent.from(URI.create(url)));
    assertThatThrownBy(() -> chat.chat(message)).isInstanceOf(InputException.class);
  }

  @Test
  void attributesOfOthersAreRefused() {
    AiMessage strange =
        AiMessage.builder().attributes(Map.of(SpiritChatModel.SEGMENTS, List.of(3))).build();
    SpiritChatModel chat = new SpiritChatModel(Toy.MODEL, TEXT);
    assertThatThrownBy(() -> chat.chat(strange))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("found Integer");
  }
}
