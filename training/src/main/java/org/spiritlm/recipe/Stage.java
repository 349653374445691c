package org.spiritlm.recipe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/**
 * A stage of a recipe, which works in a directory of its own.
 *
 * @param name that of its directory and of its settings
 * @param about what it does, for people
 * @param needs the stages whose results it takes
 * @param settings all that its result depends on, beside the results that it takes
 * @param seconds about how long it takes on a laptop; only its share of the whole is looked at
 * @param work does it
 */
record Stage(
    String name, String about, List<String> needs, ObjectNode settings, double seconds, Work work) {
  Stage {
    needs = List.copyOf(needs);
  }

  /** What a stage does. */
  @FunctionalInterface
  interface Work {
    /**
     * Does what is not done yet; what was done when an earlier run was broken off is gone on with.
     *
     * @param directory the stage's, which is there
     * @param progress takes a line now and then
     * @return whether it is done; otherwise the process is asked to end
     */
    boolean run(Path directory, Consumer<String> progress);
  }
}
