package org.spiritlm.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.langchain4j.data.message.AudioContent;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.spiritlm.Generation;
import org.spiritlm.GenerationOptions;
import org.spiritlm.Segment;
import org.spiritlm.audio.Audio;

final class SpiritStreamingChatModelTest {
  private static final UserMessage QUESTION =
      UserMessage.from(TextContent.from("He said"), AudioContent.from(Toy.recording()));
  private static final List<Segment> ASKED =
      List.of(Segment.text("He said"), Segment.speech(Toy.RECORDING));

  /** Notes all that it is told. */
  private static class Noting implements StreamingChatResponseHandler {
    final StringBuilder text = new StringBuilder();
    final List<Audio> audio = new ArrayList<>();
    final CompletableFuture<ChatResponse> whole = new CompletableFuture<>();
    int pieces;

    @Override
    public void onPartialResponse(PartialResponse piece, PartialResponseContext context) {
      pieces++;
      text.append(piece.text());
    }

    @Override
    public void onUnmappedRawEvent(Object event) {
      audio.add((Audio) event);
    }

    @Override
    public void onCompleteResponse(ChatResponse response) {
      assertThat(whole.complete(response)).isTrue();
    }

    @Override
    public void onError(Throwable error) {
      assertThat(whole.completeExceptionally(error)).isTrue();
    }
  }

  private static void chat(GenerationOptions options, Noting noting, ChatMessage... messages) {
    new SpiritStreamingChatModel(Toy.MODEL, options, Runnable::run).chat(List.of(messages), noting);
  }

  @Test
  void piecesAreTheWhole() throws Exception {
    GenerationOptions options = GenerationOptions.text().greedy().withMaxNewTokens(20);
    Noting noting = new Noting();
    new SpiritStreamingChatModel(Toy.MODEL, options).chat(List.of(QUESTION), noting);
    ChatResponse response = noting.whole.get(5, TimeUnit.MINUTES);
    assertThat(response).isEqualTo(new SpiritChatModel(Toy.MODEL, options).chat(QUESTION));
    assertThat(noting.text.toString().strip()).isEqualTo(response.aiMessage().text());
    assertThat(noting.pieces).isGreaterThan(3);
  }

  @Test
  void speechComesWhileItIsMade() {
    GenerationOptions options = GenerationOptions.speech().greedy().withMaxNewTokens(100);
    Noting noting = new Noting();
    chat(options, noting, QUESTION);
    Generation expected = Toy.MODEL.generate(ASKED, options);
    assertThat(noting.audio.size()).isGreaterThan(1);
    assertThat(noting.pieces).isZero();
    float[] whole = expected.audio().samples();
    int at = 0;
    for (Audio chunk : noting.audio) {
      for (float sample : chunk.samples()) {
        assertThat(sample).isCloseTo(whole[at++], within(1e-3f));
      }
    }
    assertThat(at).isEqualTo(whole.length);
    assertThat(noting.whole.join().aiMessage().audios()).hasSize(1);
  }

  @Test
  void nothingIsToldOfWhatWasCancelled() {
    Noting noting =
        new Noting() {
          @Override
          public void onPartialResponse(PartialResponse piece, PartialResponseContext context) {
            super.onPartialResponse(piece, context);
            context.streamingHandle().cancel();
            assertThat(context.streamingHandle().isCancelled()).isTrue();
          }
        };
    chat(GenerationOptions.text().greedy(), noting, QUESTION);
    assertThat(noting.pieces).isEqualTo(1);
    assertThat(noting.whole).isNotDone();
  }

  @Test
  void errorsAreTold() {
    Noting noting = new Noting();
    chat(
        GenerationOptions.text(),
        noting,
        UserMessage.from(ImageContent.from("https://example.org/a.png")));
    assertThat(noting.whole)
        .isCompletedExceptionally()
        .failsWithin(0, TimeUnit.SECONDS)
        .withThrowableOfType(java.util.concurrent.ExecutionException.class)
        .withCauseInstanceOf(UnsupportedFeatureException.class);
    IllegalStateException own = new IllegalStateException("full");
    @Nullable Throwable[] told = new Throwable[1];
    chat(
        GenerationOptions.text().greedy().withMaxNewTokens(20),
        new Noting() {
          @Override
          public void onPartialResponse(PartialResponse piece, PartialResponseContext context) {
            throw own;
          }

          @Override
          public void onError(Throwable error) {
            told[0] = error;
          }
        },
        QUESTION);
    assertThat(told[0]).isSameAs(own);
  }
}
