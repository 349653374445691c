package org.spiritlm.training;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * What differs between the parts that are trained: their parameters, what a step does, how well the
 * part does, and how it is written.
 *
 * <p>All that a task draws at random follows from its seed and {@link #state}, so that a run that
 * is resumed goes on as if it had never stopped.
 */
public interface TrainingTask extends AutoCloseable {
  /**
   * Parameters that are changed together, by an optimiser of their own.
   *
   * @param name what metrics call them
   * @param parameters by name, in order
   * @param settings the optimiser's
   */
  record Group(String name, Map<String, Tensor> parameters, OptimiserSettings settings) {}

  /** What people should know of what is learnt from, before the first step; a line each. */
  default List<String> notes() {
    return List.of();
  }

  /** The groups in the order in which each step changes them. */
  List<Group> groups();

  /** Draws what the next step learns from; the step has the gradients of this. */
  void draw();

  /**
   * Passes over what {@link #draw} would draw, which another process learns from: what is drawn
   * afterwards is what follows it. What was drawn before may be gone.
   */
  default void skip() {
    draw();
  }

  /**
   * Adds the gradients of the drawn batch to a group's parameters.
   *
   * @param share what the loss is multiplied by for that: how much of a step the batch is
   * @return measures by name, {@code loss} among them, all of the batch alone
   */
  Map<String, Double> backward(Group group, double share);

  /** What was drawn counts as so much, such as tokens, for the rate that is shown. */
  long drawn();

  /** What {@link #drawn} counts. */
  String unit();

  /**
   * How well the part does on data that it does not learn from; the first is the one to lower.
   *
   * @param step how many are done, for what is written beside
   */
  Map<String, Double> validate(long step);

  /** All that decides what is drawn next. */
  ObjectNode state();

  /**
   * Goes on from a state.
   *
   * @throws org.spiritlm.torch.InputException if it is of other data
   */
  void restore(ObjectNode state);

  /** Tensors beside the parameters that training changes, by name. */
  default Map<String, Tensor> buffers() {
    return Map.of();
  }

  /**
   * What {@link #backward} adds up over the batches of a step, for {@link #follow}; several
   * processes add theirs to each other's before.
   */
  default List<Tensor> tallies() {
    return List.of();
  }

  /**
   * Changes the buffers at the end of a step, by what its batches added up.
   *
   * @return measures of that by name
   */
  default Map<String, Double> follow() {
    return Map.of();
  }

  /** Writes the drawn batch for people, after a step that went wrong. */
  void describeBatch(Path file);

  /** Writes the part as it is used, into a directory. */
  void write(Path directory);

  @Override
  void close();
}
