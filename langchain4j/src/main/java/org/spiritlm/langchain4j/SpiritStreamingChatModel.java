package org.spiritlm.langchain4j;

import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.chat.response.StreamingHandle;
import java.util.concurrent.Executor;
import org.spiritlm.Generation;
import org.spiritlm.GenerationListener;
import org.spiritlm.GenerationOptions;
import org.spiritlm.SpiritLm;
import org.spiritlm.audio.Audio;

/**
 * Continues a chat as {@link SpiritChatModel} does, and tells the answer while it is made: text as
 * partial responses, and since LangChain4j has no partial audio, speech as raw events, each an
 * {@link Audio}. Nothing more is told of an answer that was cancelled.
 */
public final class SpiritStreamingChatModel implements StreamingChatModel {
  private final SpiritLm model;
  private final Answering answering;
  private final Executor threads;

  /** Answers in text. */
  public SpiritStreamingChatModel(SpiritLm model) {
    this(model, GenerationOptions.text());
  }

  /**
   * Answers each on a thread of its own.
   *
   * @param options how answers are made, but for what a request says
   */
  public SpiritStreamingChatModel(SpiritLm model, GenerationOptions options) {
    this(model, options, SpiritStreamingChatModel::begin);
  }

  /**
   * @param options how answers are made, but for what a request says
   * @param threads on which they are made and told
   */
  public SpiritStreamingChatModel(SpiritLm model, GenerationOptions options, Executor threads) {
    this.model = model;
    this.answering = new Answering(options);
    this.threads = threads;
  }

  private static void begin(Runnable task) {
    Thread thread = new Thread(task, "spiritlm-chat");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void doChat(ChatRequest request, StreamingChatResponseHandler handler) {
    threads.execute(() -> answer(request, handler));
  }

  private void answer(ChatRequest request, StreamingChatResponseHandler handler) {
    Telling telling = new Telling(handler);
    try {
      GenerationOptions options = answering.options(request);
      Generation answer =
          model.stream(ChatPrompt.segments(request.messages(), model), options, telling);
      if (!telling.cancelled) {
        handler.onCompleteResponse(Answering.response(answer));
      }
    } catch (RuntimeException | Error e) { // who waits for the answer has to hear of it
      if (!telling.cancelled) {
        handler.onError(e);
      }
    }
  }

  /** Tells pieces until they are no longer wanted. */
  private static final class Telling implements GenerationListener, StreamingHandle {
    private final StreamingChatResponseHandler handler;
    private volatile boolean cancelled;

    Telling(StreamingChatResponseHandler handler) {
      this.handler = handler;
    }

    @Override
    public void text(String piece) {
      if (!cancelled && !piece.isEmpty()) {
        handler.onPartialResponse(new PartialResponse(piece), new PartialResponseContext(this));
      }
    }

    @Override
    public void audio(Audio chunk) {
      if (!cancelled) {
        handler.onUnmappedRawEvent(chunk);
      }
    }

    @Override
    public boolean goesOn() {
      return !cancelled;
    }

    @Override
    public void cancel() {
      cancelled = true;
    }

    @Override
    public boolean isCancelled() {
      return cancelled;
    }
  }
}
