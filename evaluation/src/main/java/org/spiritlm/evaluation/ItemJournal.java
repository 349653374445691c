package org.spiritlm.evaluation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import org.spiritlm.json.Json;
import org.spiritlm.json.JsonLine;
import org.spiritlm.json.LineJournal;
import org.spiritlm.torch.InputException;

/**
 * What was found so far, an object a line, so that an evaluation which was killed goes on there.
 *
 * <p>The first line says what is evaluated.
 */
final class ItemJournal implements AutoCloseable {
  private static final String MEASURE = "measure";
  private static final String ID = "id";

  private final Path file;
  private final LineJournal journal;
  private final Results results = new Results();
  private boolean isBegunAnew;

  /**
   * Begins a journal, or goes on with the one that is there.
   *
   * @param identity what is evaluated
   * @param force whether one of another evaluation is begun anew
   * @param clear removes what else the other evaluation has left; called before it is forgotten
   * @throws InputException if another process writes it, it is of another evaluation, or of none
   * @throws java.io.UncheckedIOException if it cannot be read or written
   */
  ItemJournal(Path file, ObjectNode identity, boolean force, Runnable clear) {
    this.file = file;
    this.journal =
        LineJournal.open(
            file,
            Json.line(identity),
            file + " is in use: another process evaluates there; wait for it, or give another -o",
            (line, number) -> {
              if (number == 1 && !line.equals(Json.line(identity))) {
                refuse(line, identity, force);
                clear.run();
                isBegunAnew = true;
              } else if (number > 1 && !isBegunAnew) {
                String place = file + ", line " + number;
                read(new JsonLine(place, Json.parse(line, place)));
              }
              return !isBegunAnew;
            });
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
    journal.write(Json.line(object) + "\n");
  }

  @Override
  public void close() {
    journal.close();
  }
}
