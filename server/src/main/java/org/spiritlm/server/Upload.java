package org.spiritlm.server;

import io.javalin.http.Context;
import io.javalin.http.UploadedFile;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A form with a file that a client sent.
 *
 * @param file its bytes
 * @param fields the others, each with what was given for it
 */
@SuppressWarnings("ArrayRecordComponent") // never changed
record Upload(byte[] file, Map<String, List<String>> fields) {
  /**
   * Reads a form.
   *
   * @throws ApiException if it is none, is too large, or holds no file or an unknown field
   */
  static Upload of(Exchange exchange, Set<String> known) {
    Context context = exchange.context();
    long most = exchange.limits().bodyBytes();
    if (!context.isMultipartFormData()) {
      throw ApiException.wrong(
          415, "unsupported_media_type", null, "the body must be multipart/form-data");
    }
    exchange.refuseLonger(most);
    return exchange.reading(() -> read(context, known, most));
  }

  private static Upload read(Context context, Set<String> known, long most) {
    Map<String, List<String>> fields;
    UploadedFile file;
    try {
      fields = context.formParamMap();
      file = context.uploadedFile("file");
    } catch (Exception e) { // Kotlin throws what it does not declare
      throw unreadable(e, most);
    }
    for (String name : fields.keySet()) {
      if (!known.contains(name)) {
        throw ApiException.wrong(
            400, "unknown_parameter", name, "there is no parameter '" + name + "' here");
      }
    }
    if (file == null) {
      throw ApiException.wrong("file", "'file' is missing");
    }
    try (InputStream content = file.content()) {
      return new Upload(content.readAllBytes(), fields);
    } catch (IOException e) {
      throw ApiException.wrong("file", "the file could not be read to its end");
    }
  }

  private static ApiException unreadable(Exception failure, long most) {
    for (Throwable at = failure; at != null; at = at.getCause()) {
      String message = String.valueOf(at.getMessage());
      if (message.contains("exceeded") || message.contains("too large")) {
        return Exchange.tooLarge(most);
      }
    }
    return ApiException.wrong(null, "the form could not be read to its end");
  }

  /** What was given for a field, or null. */
  @Nullable String text(String name) {
    List<String> values = fields.get(name);
    return values == null || values.isEmpty() ? null : values.get(0);
  }

  /** The same, or another where nothing was given. */
  String text(String name, String otherwise) {
    String value = text(name);
    return value == null ? otherwise : value;
  }
}
