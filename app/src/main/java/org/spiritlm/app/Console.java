package org.spiritlm.app;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import org.spiritlm.torch.InputException;

/**
 * Where commands print.
 *
 * @param out results and nothing else
 * @param err progress and messages
 */
record Console(PrintStream out, PrintStream err) {
  /** One JSON object on one line of the results. */
  void json(ObjectNode object) {
    print(Json.line(object));
  }

  /** One line of the results. */
  void print(String line) {
    out.println(line);
    flush();
  }

  /**
   * Passes on what was printed.
   *
   * @throws InputException if nobody takes it any more
   */
  void flush() {
    if (out.checkError()) { // which flushes
      throw new InputException("cannot write to standard output (is it closed, or its disk full?)");
    }
  }

  /** One line for the person who watches. */
  void say(String line) {
    err.println(line);
  }
}
