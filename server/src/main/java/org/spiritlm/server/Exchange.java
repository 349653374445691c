package org.spiritlm.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.spiritlm.json.Json;
import org.spiritlm.lm.Terms;

/** One request and its response. */
final class Exchange {
  /** The context's attribute for what ended a response that had begun. */
  static final String FAILURE = "spiritlm.failure";

  private final Context context;
  private final RequestLimits limits;
  private final Semaphore readers;
  private final String client;
  private final long began = System.nanoTime();
  private final Terms terms;
  private double audioSeconds;

  /**
   * @param readers as many permits as bodies may be read at once
   * @param client who asks
   */
  Exchange(Context context, RequestLimits limits, Semaphore readers, String client) {
    this.context = context;
    this.limits = limits;
    this.readers = readers;
    this.client = client;
    this.terms = Terms.of(client).within(limits.time()).asLongAs(ClientPresence.of(context.req()));
  }

  RequestLimits limits() {
    return limits;
  }

  String client() {
    return client;
  }

  /** For the engine: whose turn it is, until when, and as long as the client is there. */
  Terms terms() {
    return terms;
  }

  /** How many more seconds of audio may be read for it. */
  double audioSecondsLeft() {
    return Math.max(0, limits.audioSeconds() - audioSeconds);
  }

  /** For the message that a recording is too long: that others were read before it. */
  String audioNote() {
    return audioSeconds == 0
        ? ""
        : String.format(
            Locale.ROOT,
            "; %.1f s were read of others, and all of a request may have %s s",
            audioSeconds,
            limits.audioSeconds());
  }

  /** So many seconds of audio were read for it. */
  void read(double seconds) {
    audioSeconds += seconds;
  }

  /** Seconds since the request came. */
  double seconds() {
    return (System.nanoTime() - began) / 1e9;
  }

  /** The JSON object that was sent. */
  Fields json() {
    String type = context.contentType();
    if (type == null || !mediaType(type).equals("application/json")) {
      throw ApiException.wrong(
          415,
          "unsupported_media_type",
          null,
          "the body must be JSON, with the header 'Content-Type: application/json'");
    }
    return Fields.parse(body());
  }

  private static String mediaType(String contentType) {
    return contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
  }

  /**
   * All that was sent.
   *
   * @throws ApiException if it is more than is allowed, or does not come to its end
   */
  byte[] body() {
    int most = (int) Math.min(limits.bodyBytes(), Integer.MAX_VALUE - 16);
    refuseLonger(most);
    return reading(
        () -> {
          try (InputStream stream = context.bodyInputStream()) {
            byte[] body = stream.readNBytes(most + 1);
            if (body.length > most) {
              throw tooLarge(most);
            }
            return body;
          } catch (IOException e) {
            throw ApiException.wrong(null, "the body could not be read to its end");
          }
        });
  }

  /**
   * Reads a body. Each takes a thread while it comes, however slowly, so that there are some left
   * for other requests.
   *
   * @throws ApiException if too many are read already
   */
  <T> T reading(Supplier<T> read) {
    if (!readers.tryAcquire()) {
      throw new ApiException(
          429,
          "rate_limit_error",
          "rate_limit_exceeded",
          null,
          "too many requests are being sent at once; ask again later");
    }
    try {
      return read.get();
    } finally {
      readers.release();
    }
  }

  /**
   * Refuses a body that says itself that it is longer than this.
   *
   * @throws ApiException if it does
   */
  void refuseLonger(long most) {
    if (context.req().getContentLengthLong() > most) {
      throw reading(
          () -> {
            RestOfBody.discard(context.req());
            return tooLarge(most);
          });
    }
  }

  static ApiException tooLarge(long most) {
    return ApiException.wrong(
        413,
        "request_too_large",
        null,
        "the body is longer than the " + most + " bytes that are allowed here");
  }

  @Nullable String query(String name) {
    return context.queryParam(name);
  }

  /** Says that a response that had begun ended in a failure, which its status does not tell. */
  void failed(RuntimeException failure) {
    context.attribute(FAILURE, failure);
  }

  Context context() {
    return context;
  }

  void respond(ObjectNode object) {
    context.contentType("application/json").result(Json.line(object));
  }

  void respond(String contentType, byte[] body) {
    context.contentType(contentType).result(body);
  }

  /** Begins a response that is written while it is made. */
  OutputStream stream(String contentType) {
    context.contentType(contentType).header("X-Accel-Buffering", "no");
    return context.outputStream();
  }
}
