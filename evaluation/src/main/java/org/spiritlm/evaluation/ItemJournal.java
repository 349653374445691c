package org.spiritlm.evaluation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.spiritlm.json.Json;
import org.spiritlm.json.JsonLine;
import org.spiritlm.torch.InputException;

/**
 * What was found so far, an object a line, so that an evaluation which was killed goes on there.
 *
 * <p>The first line says what is evaluated. Half a line at the end, which a kill leaves, is
 * dropped. While it is open no other process can open it.
 */
final class ItemJournal implements AutoCloseable {
  private static final String MEASURE = "measure";
  private static final String ID = "id";

  private final Path file;
  private final FileChannel channel;
  private final Results results = new Results();

  private ItemJournal(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /**
   * Begins a journal, or goes on with the one that is there.
   *
   * @param identity what is evaluated
   * @param force whether one of another evaluation is begun anew
   * @param clear removes what else the other evaluation has left; called before it is forgotten
   * @throws InputException if another process writes it, it is of another evaluation, or of none
   * @throws UncheckedIOException if it cannot be read or written
   */
  static ItemJournal open(Path file, ObjectNode identity, boolean force, Runnable clear) {
    try {
      FileChannel channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      try {
        ItemJournal journal = new ItemJournal(file, channel);
        journal.lock();
        journal.resume(identity, force, clear);
        return journal;
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void lock() throws IOException {
    boolean locked;
    try {
      locked = channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      locked = false;
    }
    if (!locked) {
      throw new InputException(
          file + " is in use: another process evaluates there; wait for it, or give another -o");
    }
  }

  /** Reads what is there; through the channel, for closing a stream unlocks it. */
  private void resume(ObjectNode identity, boolean force, Runnable clear) throws IOException {
    InputStream stream = new BufferedInputStream(Channels.newInputStream(channel), 1 << 16);
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    long at = 0;
    long end = 0;
    int number = 0;
    for (int value = stream.read(); value >= 0; value = stream.read()) {
      at++;
      if (value != '\n') {
        line.write(value);
        continue;
      }
      String text = line.toString(StandardCharsets.UTF_8);
      line.reset();
      number++;
      if (number > 1) {
        read(new JsonLine(file + ", line " + number, Json.parse(text, file + ", line " + number)));
      } else if (!text.equals(Json.line(identity))) {
        refuse(text, identity, force);
        clear.run();
        break;
      }
      end = at;
    }
    channel.truncate(end);
    channel.position(end);
    if (end == 0) {
      write(Json.line(identity) + "\n");
    }
  }

  private void refuse(String first, ObjectNode identity, boolean force) {
    boolean isOurs;
    try {
      ObjectNode other = Json.parse(first, file.toString());
      isOurs = other.properties().stream().allMatch(each -> identity.has(each.getKey()));
    } catch (InputException e) {
      isOurs = false;
    }
    if (!isOurs) {
      throw new InputException(file + " is of no evaluation; give -o another directory");
    }
    if (!force) {
      throw new InputException(
          file
              + " holds the evaluation of another model or other utterances; give another -o, or"
              + " add --force to begin anew");
    }
  }

  private void read(JsonLine line) {
    results.add(line.text(MEASURE), line.text(ID), line.object());
  }

  /** All that was found. */
  Results results() {
    return results;
  }

  /** Adds what a measure found of an item. */
  void add(String measure, String id, ObjectNode found) {
    ObjectNode object = Json.object().put(MEASURE, measure).put(ID, id);
    object.setAll(found);
    results.add(measure, id, object);
    try {
      write(Json.line(object) + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void write(String text) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
