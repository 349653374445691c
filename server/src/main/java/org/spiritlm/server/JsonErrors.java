package org.spiritlm.server;

import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;
import org.spiritlm.json.Json;

/** OpenAI's error object for requests that come to no route, such as those that are no HTTP. */
final class JsonErrors extends ErrorHandler {
  @Override
  protected void generateResponse(
      Request request,
      Response response,
      int status,
      @Nullable String message,
      @Nullable Throwable cause,
      Callback callback) {
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json");
    Content.Sink.write(response, true, error(status), callback);
  }

  private static String error(int status) {
    return Json.line(
        Failures.describe(
            new ApiException(
                status,
                status < 500 ? "invalid_request_error" : "server_error",
                "http_" + status,
                null,
                HttpStatus.getMessage(status))));
  }
}
