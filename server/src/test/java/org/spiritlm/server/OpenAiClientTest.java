package org.spiritlm.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.HttpResponse;
import com.openai.core.http.StreamResponse;
import com.openai.errors.NotFoundException;
import com.openai.models.audio.AudioResponseFormat;
import com.openai.models.audio.speech.SpeechCreateParams;
import com.openai.models.audio.transcriptions.TranscriptionCreateParams;
import com.openai.models.audio.transcriptions.TranscriptionStreamEvent;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionAudio;
import com.openai.models.chat.completions.ChatCompletionAudioParam;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionContentPart;
import com.openai.models.chat.completions.ChatCompletionContentPartInputAudio;
import com.openai.models.chat.completions.ChatCompletionContentPartText;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.completions.CompletionUsage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.Generation;
import org.spiritlm.GenerationListener;
import org.spiritlm.GenerationOptions;
import org.spiritlm.Score;
import org.spiritlm.Segment;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.lm.Scorer;
import org.spiritlm.task.Transcription;
import org.spiritlm.text.Vocabulary;

/** OpenAI's own client finds what it expects. */
class OpenAiClientTest {
  private static Served served;
  private static OpenAIClient client;

  @BeforeAll
  static void start() {
    served = Served.of("expressive");
    client = client(served);
  }

  static OpenAIClient client(Served served) {
    return OpenAIOkHttpClient.builder()
        .baseUrl(served.server.address() + "/v1")
        .apiKey("none")
        .maxRetries(0)
        .build();
  }

  @AfterAll
  static void stop() {
    client.close();
    served.close();
  }

  private static ChatCompletionCreateParams.Builder chat() {
    return ChatCompletionCreateParams.builder()
        .model(Served.NAME)
        .temperature(0)
        .maxCompletionTokens(30);
  }

  private static ChatCompletionCreateParams.Builder spoken(ChatCompletionAudioParam.Format format)
      throws Exception {
    return chat()
        .modalities(List.of(ChatCompletionCreateParams.Modality.AUDIO))
        .audio(ChatCompletionAudioParam.builder().voice("default").format(format).build())
        .addUserMessageOfArrayOfContentParts(
            List.of(
                ChatCompletionContentPart.ofText(
                    ChatCompletionContentPartText.builder().text("He said").build()),
                ChatCompletionContentPart.ofInputAudio(
                    ChatCompletionContentPartInputAudio.builder()
                        .inputAudio(
                            ChatCompletionContentPartInputAudio.InputAudio.builder()
                                .data(
                                    Base64.getEncoder()
                                        .encodeToString(
                                            Files.readAllBytes(Served.audio("chirp.wav"))))
                                .format(ChatCompletionContentPartInputAudio.InputAudio.Format.WAV)
                                .build())
                        .build())));
  }

  private static Audio read(byte[] bytes) {
    try (AudioReader reader =
        AudioReader.open(new ByteArrayInputStream(bytes), "it", AudioReader.Options.speech())) {
      return reader.readAll();
    }
  }

  @Test
  void theModelIsListed() {
    assertThat(client.models().list().data().get(0).id()).isEqualTo(Served.NAME);
    assertThat(client.models().retrieve(Served.NAME).id()).isEqualTo(Served.NAME);
    assertThatThrownBy(() -> client.models().retrieve("gpt"))
        .isInstanceOf(NotFoundException.class)
        .hasMessageContaining("there is no model 'gpt' here");
  }

  @Test
  void aChatInTextIsTheModelsAnswer() {
    ChatCompletion answer =
        client
            .chat()
            .completions()
            .create(chat().addSystemMessage("One.").addUserMessage("Two").build());
    Generation expected =
        Served.model("expressive")
            .generate(
                List.of(Segment.text("One."), Segment.text("\n"), Segment.text("Two")),
                GenerationOptions.text().greedy().withMaxNewTokens(30));
    ChatCompletion.Choice choice = answer.choices().get(0);
    assertThat(choice.message().content()).hasValue(expected.text());
    assertThat(choice.finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.LENGTH);
    assertThat(answer.usage().orElseThrow().promptTokens()).isEqualTo(expected.promptIds().length);
    assertThat(answer.usage().orElseThrow().completionTokens()).isEqualTo(30);
  }

  private static List<ChatCompletionChunk> streamed(ChatCompletionCreateParams params) {
    try (StreamResponse<ChatCompletionChunk> stream =
        client.chat().completions().createStreaming(params)) {
      return stream.stream().toList();
    }
  }

  @Test
  void aStreamedChatIsTheWhole() {
    ChatCompletionCreateParams params =
        chat()
            .addUserMessage("one two")
            .logprobs(true)
            .topLogprobs(2)
            .streamOptions(ChatCompletionStreamOptions.builder().includeUsage(true).build())
            .build();
    ChatCompletion whole = client.chat().completions().create(params);
    List<ChatCompletionChunk> chunks = streamed(params);
    String text =
        chunks.stream()
            .flatMap(chunk -> chunk.choices().stream())
            .map(choice -> choice.delta().content().orElse(""))
            .collect(Collectors.joining());
    assertThat(whole.choices().get(0).message().content()).hasValue(text);
    assertThat(chunks.size()).isGreaterThan(5);
    ChatCompletionChunk last = chunks.get(chunks.size() - 1);
    assertThat(last.usage().orElseThrow().totalTokens())
        .isEqualTo(whole.usage().orElseThrow().totalTokens());
    ChatCompletionChunk.Choice ended = chunks.get(chunks.size() - 2).choices().get(0);
    assertThat(ended.finishReason().orElseThrow().asString()).isEqualTo("length");
    var logprobs = whole.choices().get(0).logprobs().orElseThrow().content().orElseThrow();
    assertThat(logprobs).hasSize(30);
    assertThat(ended.logprobs().orElseThrow().content().orElseThrow()).isEqualTo(logprobs);
    assertThat(logprobs.get(0).topLogprobs()).hasSize(2);
  }

  @Test
  void severalAnswersAreThoseOfTheirSeeds() {
    ChatCompletionCreateParams.Builder two =
        chat()
            .temperature(1)
            .putAdditionalBodyProperty("seed", JsonValue.from(5))
            .n(2)
            .addUserMessage("one two three four five six");
    List<String> whole =
        client.chat().completions().create(two.build()).choices().stream()
            .map(choice -> choice.message().content().orElseThrow())
            .toList();
    assertThat(whole).hasSize(2).doesNotHaveDuplicates();
    StringBuilder[] texts = {new StringBuilder(), new StringBuilder()};
    for (ChatCompletionChunk chunk : streamed(two.build())) {
      chunk
          .choices()
          .forEach(
              choice -> texts[(int) choice.index()].append(choice.delta().content().orElse("")));
    }
    assertThat(texts[0]).hasToString(whole.get(0));
    assertThat(texts[1]).hasToString(whole.get(1));
    ChatCompletion second =
        client
            .chat()
            .completions()
            .create(two.putAdditionalBodyProperty("seed", JsonValue.from(6)).n(1).build());
    assertThat(second.choices().get(0).message().content()).hasValue(whole.get(1));
  }

  @Test
  void aStopEndsTheText() {
    String all =
        client
            .chat()
            .completions()
            .create(chat().addUserMessage("one two").build())
            .choices()
            .get(0)
            .message()
            .content()
            .orElseThrow();
    String stop = all.substring(all.length() / 2, all.length() / 2 + 3);
    ChatCompletion.Choice stopped =
        client
            .chat()
            .completions()
            .create(chat().addUserMessage("one two").stop(stop).build())
            .choices()
            .get(0);
    assertThat(stopped.message().content()).hasValue(all.substring(0, all.indexOf(stop)).strip());
    assertThat(stopped.finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.STOP);
  }

  @ParameterizedTest
  @ValueSource(strings = {"wav", "flac", "mp3", "opus"})
  void aChatTakesAndGivesAudio(String format) throws Exception {
    ChatCompletion answer =
        client
            .chat()
            .completions()
            .create(spoken(ChatCompletionAudioParam.Format.of(format)).build());
    ChatCompletionAudio audio = answer.choices().get(0).message().audio().orElseThrow();
    Generation expected =
        Served.model("expressive")
            .generate(
                List.of(Segment.text("He said"), Segment.speech(Served.audio("chirp.wav"))),
                GenerationOptions.speech().greedy().withMaxNewTokens(30));
    float[] samples = read(Base64.getDecoder().decode(audio.data())).samples();
    assertThat(samples.length).isCloseTo(expected.audio().samples().length, within(2500));
    assertThat(audio.expiresAt()).isGreaterThan(System.currentTimeMillis() / 1000);
    CompletionUsage usage = answer.validate().usage().orElseThrow();
    CompletionUsage.PromptTokensDetails asked = usage.promptTokensDetails().orElseThrow();
    CompletionUsage.CompletionTokensDetails made = usage.completionTokensDetails().orElseThrow();
    assertThat(asked.audioTokens()).hasValue(speech(expected.promptIds()));
    assertThat(asked.textTokens()).hasValue(usage.promptTokens() - speech(expected.promptIds()));
    assertThat(made.audioTokens()).hasValue(speech(expected.outputIds()));
    assertThat(made.textTokens()).hasValue(usage.completionTokens() - speech(expected.outputIds()));
    if (format.equals("wav")) {
      for (int i = 0; i < samples.length; i++) {
        assertThat(samples[i]).isCloseTo(expected.audio().samples()[i], within(1e-3f));
      }
    }
  }

  private static long speech(int... ids) {
    Vocabulary vocabulary = Served.model("expressive").vocabulary();
    return Arrays.stream(ids).filter(vocabulary::isSpeech).count();
  }

  @Test
  void streamedAudioIsTheWhole() throws Exception {
    ChatCompletionCreateParams params = spoken(ChatCompletionAudioParam.Format.PCM16).build();
    short[] whole =
        pcm(
            Base64.getDecoder()
                .decode(
                    client
                        .chat()
                        .completions()
                        .create(params)
                        .choices()
                        .get(0)
                        .message()
                        .audio()
                        .orElseThrow()
                        .data()));
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    List<String> ids = new ArrayList<>();
    for (ChatCompletionChunk chunk : streamed(params)) {
      for (ChatCompletionChunk.Choice choice : chunk.choices()) {
        choice
            .delta()
            .audio()
            .ifPresent(
                audio -> {
                  ids.add(audio.id().orElseThrow());
                  audio.data().ifPresent(data -> all.writeBytes(Base64.getDecoder().decode(data)));
                });
      }
    }
    short[] streamed = pcm(all.toByteArray());
    assertThat(ids).isNotEmpty();
    assertThat(ids.stream().distinct()).hasSize(1);
    assertThat(streamed).hasSameSizeAs(whole);
    for (int i = 0; i < whole.length; i++) {
      assertThat((int) streamed[i]).isCloseTo(whole[i], within(8));
    }
  }

  private static short[] pcm(byte[] bytes) {
    short[] samples = new short[bytes.length / 2];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asShortBuffer().get(samples);
    return samples;
  }

  /** What was said before, by both, is in the prompt, and is not read again. */
  @Test
  void aConversationGoesOn() throws Exception {
    ChatCompletionCreateParams.Builder params = spoken(ChatCompletionAudioParam.Format.WAV);
    ChatCompletion first = client.chat().completions().create(params.build());
    long reused = served.server.model().engine().figures().reusedTokens();
    long read = served.server.model().engine().figures().promptTokens();
    ChatCompletion second =
        client
            .chat()
            .completions()
            .create(
                params
                    .addMessage(first.choices().get(0).message())
                    .addUserMessage("and then")
                    .build());
    long before = first.usage().orElseThrow().promptTokens();
    long now = second.usage().orElseThrow().promptTokens();
    assertThat(now).isGreaterThan(before + 10);
    long cached =
        second
            .usage()
            .orElseThrow()
            .promptTokensDetails()
            .orElseThrow()
            .cachedTokens()
            .orElseThrow();
    assertThat(cached).isGreaterThanOrEqualTo(before);
    assertThat(served.server.model().engine().figures().reusedTokens() - reused).isEqualTo(cached);
    assertThat(served.server.model().engine().figures().promptTokens() - read)
        .isLessThanOrEqualTo(now - before);
  }

  @ParameterizedTest
  @CsvSource({"wav, 16000", "flac, 16000", "mp3, 16000", "opus, 16000", "pcm, 24000"})
  void aTextIsSaid(String format, int rate) throws Exception {
    SpeechCreateParams params =
        SpeechCreateParams.builder()
            .model(Served.NAME)
            .input("Say this")
            .voice("default")
            .responseFormat(SpeechCreateParams.ResponseFormat.of(format))
            .putAdditionalBodyProperty("seed", JsonValue.from(3))
            .build();
    try (HttpResponse response = client.audio().speech().create(params)) {
      byte[] bytes = response.body().readAllBytes();
      double seconds = format.equals("pcm") ? bytes.length / 2.0 / rate : read(bytes).seconds();
      assertThat(seconds).isBetween(0.1, 4.0);
    }
  }

  private static TranscriptionCreateParams.Builder recording() {
    return TranscriptionCreateParams.builder().model(Served.NAME).file(Served.audio("chirp.wav"));
  }

  @Test
  void speechIsWrittenDown() {
    Generation answer =
        new Transcription(
                Served.model("expressive"),
                List.of(),
                GenerationOptions.text().greedy().withMaxNewTokens(400))
            .transcribe(Segment.speech(Served.audio("chirp.wav")), new GenerationListener() {});
    String expected = Transcription.transcript(answer);
    com.openai.models.audio.transcriptions.Transcription whole =
        client.audio().transcriptions().create(recording().build()).validate().asTranscription();
    assertThat(whole.text()).isEqualTo(expected);
    var tokens = whole.usage().orElseThrow().asTokens();
    assertThat(tokens.inputTokens()).isEqualTo(answer.promptIds().length);
    assertThat(tokens.inputTokenDetails().orElseThrow().audioTokens())
        .hasValue(speech(answer.promptIds()));
    assertThat(tokens.outputTokens()).isEqualTo(answer.outputIds().length);
    assertThat(tokens.totalTokens()).isEqualTo(tokens.inputTokens() + tokens.outputTokens());
    var verbose =
        client
            .audio()
            .transcriptions()
            .create(recording().responseFormat(AudioResponseFormat.VERBOSE_JSON).build())
            .asVerbose()
            .validate();
    assertThat(verbose.text()).isEqualTo(expected);
    var segment = verbose.segments().orElseThrow().get(0);
    Score score =
        Served.model("expressive")
            .scoreIds(List.of(new Scorer.Pair(answer.promptIds(), answer.outputIds())))
            .get(0);
    assertThat(segment.tokens())
        .isEqualTo(Arrays.stream(answer.outputIds()).asLongStream().boxed().toList());
    assertThat((double) segment.avgLogprob())
        .isCloseTo(score.sum() / score.ids().length, within(1e-3));
    assertThat(segment.temperature()).isZero();
    assertThat(segment.compressionRatio()).isPositive();
    assertThat(verbose.duration()).isGreaterThan(0.5);
    assertThat(verbose.usage().orElseThrow().validate().seconds()).isEqualTo(verbose.duration());
    StringBuilder deltas = new StringBuilder();
    List<String> done = new ArrayList<>();
    try (StreamResponse<TranscriptionStreamEvent> stream =
        client.audio().transcriptions().createStreaming(recording().build())) {
      stream.stream()
          .forEach(
              event -> {
                event.transcriptTextDelta().ifPresent(delta -> deltas.append(delta.delta()));
                event
                    .transcriptTextDone()
                    .ifPresent(
                        end -> {
                          done.add(end.text());
                          assertThat(end.usage().orElseThrow().outputTokens())
                              .isEqualTo(answer.outputIds().length);
                        });
              });
    }
    assertThat(done).containsExactly(expected);
    assertThat(deltas.toString().strip()).isEqualTo(expected);
  }

  @Test
  void completionsGoOnWithTokens() {
    Generation answer =
        Served.model("expressive")
            .generate(
                Served.model("expressive").parse("[Text]one two three"),
                GenerationOptions.text().withModalityMask(false).greedy().withMaxNewTokens(9));
    List<Long> ids = Arrays.stream(answer.promptIds()).asLongStream().boxed().toList();
    for (CompletionCreateParams.Prompt prompt :
        List.of(
            CompletionCreateParams.Prompt.ofString("[Text]one two three"),
            CompletionCreateParams.Prompt.ofArrayOfTokens(ids),
            CompletionCreateParams.Prompt.ofArrayOfTokenArrays(List.of(ids)))) {
      CompletionCreateParams.Builder params =
          CompletionCreateParams.builder()
              .model(Served.NAME)
              .prompt(prompt)
              .maxTokens(9)
              .temperature(0);
      assertThat(client.completions().create(params.build()).choices().get(0).text())
          .isEqualTo(answer.text());
      try (StreamResponse<Completion> stream =
          client.completions().createStreaming(params.build())) {
        assertThat(
                stream.stream()
                    .map(piece -> piece.choices().get(0).text())
                    .collect(Collectors.joining()))
            .isEqualTo(answer.text());
      }
    }
  }
}
