package org.spiritlm.evaluation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.spiritlm.torch.InputException;

/**
 * Something that is measured item by item, and of which figures are made in the end.
 *
 * <p>What is found of an item follows from the item alone, so that a measurement that was
 * interrupted goes on with the next one.
 */
interface Measure {
  /** The name under which what it finds is kept. */
  String name();

  /** The items that it can measure. */
  List<Item> items();

  /**
   * Measures some items together.
   *
   * @return what was found of each, in their order
   * @throws InputException if one of them cannot be measured
   */
  List<ObjectNode> measure(List<Item> items);

  /**
   * Makes figures of what was found.
   *
   * @param results of this measure and of those before it
   */
  void conclude(Results results, Quality quality);
}
