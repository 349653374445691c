package org.spiritlm.app;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import org.spiritlm.json.Json;
import org.spiritlm.torch.InputException;

/**
 * Where commands print.
 *
 * @param out results and nothing else
 * @param err progress and messages
 */
public record Console(PrintStream out, PrintStream err) {
  /** One JSON object on one line of the results. */
  public void json(ObjectNode object) {
    print(Json.line(object));
  }

  /** One line of the results. */
  public void print(String line) {
    out.println(line);
    flush();
  }

  /** A piece of a line of the results. */
  void piece(String text) {
    out.print(text);
    flush();
  }

  /** The results as bytes, for what is no text; closing it does nothing. */
  OutputStream bytes() {
    return new OutputStream() {
      @Override
      public void write(int value) throws IOException {
        out.write(value);
      }

      @Override
      public void write(byte[] bytes, int from, int length) throws IOException {
        out.write(bytes, from, length);
        Console.this.flush();
      }
    };
  }

  /**
   * Passes on what was printed.
   *
   * @throws ClosedException if nobody takes it any more
   */
  public void flush() {
    if (out.checkError()) { // which flushes
      throw new ClosedException();
    }
  }

  /** Results are no longer taken, so no more work is of use. */
  public static final class ClosedException extends InputException {
    private static final long serialVersionUID = 1;

    ClosedException() {
      super("cannot write to standard output (is it closed, or its disk full?)");
    }
  }

  /** One line for the person who watches. */
  public void say(String line) {
    err.println(line);
  }
}
