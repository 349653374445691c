package org.spiritlm.training.language;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** Documents to learn from, without end. */
public interface DocumentSource extends AutoCloseable {
  /** The documents of the next batch. */
  List<TrainingDocument> next();

  /** What people should know of it before the first batch, a line each. */
  default List<String> notes() {
    return List.of();
  }

  /** All that decides what comes next. */
  ObjectNode state();

  /** Goes on from a state. */
  void restore(ObjectNode state);

  @Override
  default void close() {}
}
