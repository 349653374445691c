package org.spiritlm.server;

import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.BooleanSupplier;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.BufferUtil;

/**
 * Whether the client is still there while it waits for an answer, its request being read.
 *
 * <p>HTTP/1.1 has no sign for that but the end of the connection, and nobody reads a connection
 * while its request is handled; so it is read here, without waiting. Should the client have sent
 * its next request already, that is handed to the connection, and the client counts as present.
 */
final class ClientPresence implements BooleanSupplier {
  private final Connection connection;
  private boolean present = true;
  private boolean pipelines;

  private ClientPresence(Connection connection) {
    this.connection = connection;
  }

  /** Of the client that sent a request. */
  static ClientPresence of(HttpServletRequest request) {
    return new ClientPresence(
        ServletContextRequest.getServletContextRequest(request)
            .getConnectionMetaData()
            .getConnection());
  }

  @Override
  public synchronized boolean getAsBoolean() {
    if (present && !pipelines) {
      EndPoint endPoint = connection.getEndPoint();
      ByteBuffer buffer = BufferUtil.allocate(1);
      try {
        int read = endPoint.isOpen() ? endPoint.fill(buffer) : -1;
        present = read >= 0;
        if (read > 0 && connection instanceof Connection.UpgradeTo next) {
          next.onUpgradeTo(buffer);
          pipelines = true;
        }
      } catch (IOException e) {
        present = false;
      }
    }
    return present;
  }
}
