package org.spiritlm.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Heads that come to no end are not waited for; all else is. */
@Timeout(60)
final class SlowHeadersTest {
  private static final Duration PERIOD = Duration.ofMillis(200);

  private final Server server = new Server();
  private final ServerConnector connector = new ServerConnector(server);

  @BeforeEach
  void start() throws Exception {
    connector.setHost("localhost");
    connector.addBean(new SlowHeaders(connector, PERIOD));
    server.addConnector(connector);
    server.setHandler(
        new Handler.Abstract() {
          @Override
          public boolean handle(Request request, Response response, Callback callback)
              throws Exception {
            String body = Content.Source.asString(request);
            Thread.sleep(3 * PERIOD.toMillis()); // an answer takes its time
            Content.Sink.write(response, true, "heard " + body, callback);
            return true;
          }
        });
    server.start();
  }

  @AfterEach
  void stop() throws Exception {
    server.stop();
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    socket.getOutputStream().flush();
  }

  @Test
  void aHeadWithoutEndIsNotWaitedFor() throws Exception {
    try (Socket socket = new Socket("localhost", connector.getLocalPort())) {
      send(socket, "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
      boolean closed = false;
      while (!closed) { // the test's time is limited
        try {
          send(socket, "x");
          Thread.sleep(20);
          closed = socket.getInputStream().available() > 0 && socket.getInputStream().read() < 0;
        } catch (SocketException e) {
          closed = true;
        }
      }
      assertThat(closed).isTrue();
    }
  }

  @Test
  void slowBodiesAnswersAndPausesAreNoneOfItsBusiness() throws Exception {
    try (Socket socket = new Socket("localhost", connector.getLocalPort())) {
      for (int request = 0; request < 2; request++) {
        send(socket, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n");
        for (int i = 0; i < 10; i++) {
          send(socket, "x");
          Thread.sleep(PERIOD.toMillis() / 2);
        }
        InputStream in = socket.getInputStream();
        StringBuilder heard = new StringBuilder();
        while (!heard.toString().contains("heard xxxxxxxxxx")) {
          int next = in.read();
          assertThat(next).as(heard.toString()).isNotNegative();
          heard.append((char) next);
        }
        Thread.sleep(3 * PERIOD.toMillis());
      }
    }
  }
}
