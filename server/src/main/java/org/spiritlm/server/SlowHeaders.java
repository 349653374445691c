package org.spiritlm.server;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.internal.HttpConnection;

/**
 * Closes connections on which the head of a request comes byte by byte and to no end, so that they
 * do not hold the places of others. Whoever sends nothing at all is left to the idle timeout, and a
 * body to its least rate.
 */
final class SlowHeaders implements Connection.Listener {
  private final ServerConnector connector;
  private final Duration period;

  /**
   * @param connector whose connections are watched; its scheduler does it
   * @param period a head that is still coming after two of these is not waited for
   */
  SlowHeaders(ServerConnector connector, Duration period) {
    this.connector = connector;
    this.period = period;
  }

  @Override
  public void onOpened(Connection connection) {
    if (connection instanceof HttpConnection http) {
      later(http, 0, 0, false);
    }
  }

  private void later(HttpConnection connection, long heads, long bytes, boolean wasComing) {
    connector
        .getScheduler()
        .schedule(
            () -> look(connection, heads, bytes, wasComing),
            period.toMillis(),
            TimeUnit.MILLISECONDS);
  }

  /**
   * @param heads of requests that had come the last time
   * @param bytes that had come then
   * @param wasComing whether in the period before there were bytes of a head, and no end of it
   */
  private void look(HttpConnection connection, long heads, long bytes, boolean wasComing) {
    if (!connection.getEndPoint().isOpen()) {
      return;
    }
    long headsNow = connection.getMessagesIn();
    long bytesNow = connection.getBytesIn();
    boolean isComing =
        headsNow == heads && headsNow == connection.getMessagesOut() && bytesNow > bytes;
    if (isComing && wasComing) {
      connection.getEndPoint().close();
    } else {
      later(connection, headsNow, bytesNow, isComing);
    }
  }
}
