package org.spiritlm.server;

import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.time.Duration;

/**
 * What a refused request sends that nobody wants. Where a connection is closed with bytes that were
 * not read, the system resets it, and the client may lose the answer that says why; so a body of at
 * most 8 MiB that comes soon is read first; a slow or longer one is not waited for.
 */
final class RestOfBody {
  private static final long MOST = 8L << 20;
  private static final long PATIENCE = Duration.ofMillis(500).toNanos();
  private static final int PIECE = 1 << 16;

  private RestOfBody() {}

  /** Reads and forgets what comes, within half a second, of a body that was not read at all. */
  static void discard(HttpServletRequest request) {
    long length = request.getContentLengthLong();
    if (length > MOST || request.getHeader("Expect") != null) {
      return; // too much, or the client waits to be asked for it
    }
    try {
      ServletInputStream body = request.getInputStream();
      byte[] piece = new byte[PIECE];
      long read = 0;
      long began = System.nanoTime();
      while (read < length && System.nanoTime() - began < PATIENCE) {
        int ready = Math.min(piece.length, body.available());
        if (ready > 0) {
          read += Math.max(0, body.read(piece, 0, ready));
        } else {
          Thread.sleep(1);
        }
      }
    } catch (IOException | IllegalStateException e) {
      // the body was read in another way, or its client is gone: there is nothing to keep
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
