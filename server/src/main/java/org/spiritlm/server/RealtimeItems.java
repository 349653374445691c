package org.spiritlm.server;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiritlm.Segment;
import org.spiritlm.SpiritLm;
import org.spiritlm.prompt.OutputModality;
import org.spiritlm.prompt.Prompt;

/**
 * All that was said in a spoken conversation and is remembered. Safe for use by several threads.
 */
final class RealtimeItems {
  private static final int MOST = 500;

  private final List<RealtimeItem> items = new ArrayList<>();

  /**
   * Adds an item at the end; where there are too many, the first is forgotten.
   *
   * @return the id of the one before it, or null
   */
  synchronized @Nullable String add(RealtimeItem item) {
    if (items.size() >= MOST) {
      items.remove(0);
    }
    String previous = last();
    items.add(item);
    return previous;
  }

  /** The id of the last item, or null where there is none. */
  synchronized @Nullable String last() {
    return items.isEmpty() ? null : items.get(items.size() - 1).id();
  }

  /** The item of an id, or null where there is none, or no longer. */
  synchronized @Nullable RealtimeItem get(String id) {
    return items.stream().filter(item -> item.id().equals(id)).findFirst().orElse(null);
  }

  /** Puts an item in the place of the one with its id, if that is still there. */
  synchronized void replace(RealtimeItem item) {
    items.replaceAll(each -> each.id().equals(item.id()) ? item : each);
  }

  /**
   * The prompt of all that was said before an item. What does not fit in the model's context is
   * forgotten, the first first: as much as leaves half of it free, so that the next turns begin as
   * this one does.
   *
   * @param newTokens for which there is to be room, but for no more than a quarter of the context
   */
  synchronized Prompt prompt(
      String instructions,
      String until,
      OutputModality output,
      int newTokens,
      ServedModel model,
      SpiritLm served) {
    int context = served.context();
    Prompt prompt = prompt(instructions, until, output, served);
    if (!model.fits(prompt, context - Math.min(newTokens, context / 4))) {
      while (items.size() > 1 && !items.get(1).id().equals(until)) { // the newest one stays
        items.remove(0);
        prompt = prompt(instructions, until, output, served);
        if (model.fits(prompt, context / 2)) {
          break;
        }
      }
    }
    return model.fitting(prompt);
  }

  private Prompt prompt(String instructions, String until, OutputModality output, SpiritLm served) {
    List<List<Segment>> turns = new ArrayList<>();
    if (!instructions.isEmpty()) {
      turns.add(List.of(Segment.text(instructions)));
    }
    for (RealtimeItem item : items) {
      if (item.id().equals(until)) {
        break;
      }
      turns.add(item.said());
    }
    return served.prompt(Segment.conversation(turns), output);
  }
}
