package org.spiritlm.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.HttpResponseException;
import org.spiritlm.json.Json;
import org.spiritlm.lm.ContextLengthException;
import org.spiritlm.lm.NotServedException;
import org.spiritlm.torch.InputException;

/** Says what a client is told of a failure: what it can change, or that it was not its fault. */
final class Failures {
  /** The code of a prompt that has no room in the model's context. */
  static final String CONTEXT_LENGTH = "context_length_exceeded";

  private Failures() {}

  /** What a client is told; of a fault of this program nothing but that there was one. */
  static ApiException explained(Throwable failure) {
    if (failure instanceof ApiException known) {
      return known;
    }
    if (failure instanceof ContextLengthException) {
      return ApiException.wrong(400, CONTEXT_LENGTH, null, String.valueOf(failure.getMessage()));
    }
    if (failure instanceof InputException) {
      return ApiException.wrong(null, String.valueOf(failure.getMessage()));
    }
    if (failure instanceof NotServedException refused) {
      return explained(refused);
    }
    if (failure instanceof HttpResponseException http) {
      return ApiException.wrong(
          http.getStatus(), "http_" + http.getStatus(), null, String.valueOf(http.getMessage()));
    }
    return new ApiException(
        500,
        "server_error",
        "internal_error",
        null,
        "the server failed; the request's id is in its log");
  }

  private static ApiException explained(NotServedException refused) {
    String message = String.valueOf(refused.getMessage());
    return switch (refused.reason()) {
      case BUSY -> new ApiException(429, "rate_limit_error", "rate_limit_exceeded", null, message);
      case LATE -> new ApiException(504, "timeout_error", "deadline_exceeded", null, message);
      case CLOSED ->
          new ApiException(
              503, "server_error", "shutting_down", null, "the server is being stopped");
    };
  }

  /** OpenAI's error object. */
  static ObjectNode describe(ApiException failure) {
    ObjectNode object = Json.object();
    object
        .putObject("error")
        .put("message", failure.getMessage())
        .put("type", failure.type())
        .put("param", failure.param())
        .put("code", failure.code());
    return object;
  }
}
