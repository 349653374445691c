package org.spiritlm.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintStream;

/**
 * Where commands print.
 *
 * @param out results and nothing else
 * @param err progress and messages
 */
record Console(PrintStream out, PrintStream err) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** One JSON object on one line of the results. */
  void json(JsonNode object) {
    try {
      out.println(JSON.writeValueAsString(object));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
    out.flush();
  }

  /** One line of the results. */
  void print(String line) {
    out.println(line);
    out.flush();
  }

  /** One line for the person who watches. */
  void say(String line) {
    err.println(line);
  }
}
