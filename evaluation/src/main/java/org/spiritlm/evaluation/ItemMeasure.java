package org.spiritlm.evaluation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** A measure that takes one item after another. */
abstract class ItemMeasure implements Measure {
  private final String name;
  private final List<Item> items;

  ItemMeasure(String name, List<Item> items) {
    this.name = name;
    this.items = items;
  }

  /**
   * Measures one.
   *
   * @throws org.spiritlm.torch.InputException if it cannot be measured
   */
  abstract ObjectNode measure(Item item);

  @Override
  public final String name() {
    return name;
  }

  @Override
  public final List<Item> items() {
    return items;
  }

  @Override
  public final List<ObjectNode> measure(List<Item> group) {
    return group.stream().map(this::measure).toList();
  }
}
