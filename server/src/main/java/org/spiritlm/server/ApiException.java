package org.spiritlm.server;

import org.jspecify.annotations.Nullable;

/** What a client is told instead of an answer, as OpenAI's error object. */
final class ApiException extends RuntimeException {
  private static final String INVALID = "invalid_request_error";

  private final int status;
  private final String type;
  private final @Nullable String code;
  private final @Nullable String param;

  ApiException(
      int status, String type, @Nullable String code, @Nullable String param, String message) {
    super(message);
    this.status = status;
    this.type = type;
    this.code = code;
    this.param = param;
  }

  /** Something to change in a parameter. */
  static ApiException wrong(@Nullable String param, String message) {
    return new ApiException(400, INVALID, null, param, message);
  }

  /** The same with a status and a code of its own. */
  static ApiException wrong(int status, String code, @Nullable String param, String message) {
    return new ApiException(status, INVALID, code, param, message);
  }

  int status() {
    return status;
  }

  /** The kind of error, by which clients choose their exception. */
  String type() {
    return type;
  }

  @Nullable String code() {
    return code;
  }

  /** The parameter that is to blame, such as {@code messages[0].content}. */
  @Nullable String param() {
    return param;
  }
}
