package org.spiritlm.prompt;

import java.util.ArrayList;
import java.util.List;
import org.spiritlm.text.IdRange;
import org.spiritlm.text.Vocabulary;

/**
 * The ids that must not be generated.
 *
 * <p>TEXT forbids the markers and all speech tokens, SPEECH the markers and all text, ARBITRARY
 * nothing. Text includes the end token: take it out by {@link #allowing}, as the reference's
 * library does, or a generation never ends. Padding ids are not forbidden (they are not in the
 * reference either).
 *
 * @param forbidden ids, neighbouring ranges joined, in the reference's order
 */
public record ModalityMask(List<IdRange> forbidden) {
  public ModalityMask {
    forbidden = List.copyOf(forbidden);
  }

  /** What the reference forbids for an output modality. */
  public static ModalityMask of(Vocabulary vocabulary, OutputModality output) {
    return of(vocabulary, output, output != OutputModality.ARBITRARY);
  }

  /**
   * The same, with or without the markers.
   *
   * @param markers whether {@code [Text]} and {@code [Speech]} are forbidden
   */
  public static ModalityMask of(Vocabulary vocabulary, OutputModality output, boolean markers) {
    List<IdRange> ranges = new ArrayList<>();
    if (markers) {
      add(ranges, new IdRange(vocabulary.textMarker(), vocabulary.textMarker() + 1));
      add(ranges, new IdRange(vocabulary.speechMarker(), vocabulary.speechMarker() + 1));
    }
    switch (output) {
      case TEXT -> {
        add(ranges, vocabulary.hubert());
        add(ranges, vocabulary.pitch());
        add(ranges, vocabulary.style());
      }
      case SPEECH -> vocabulary.text().forEach(range -> add(ranges, range));
      case ARBITRARY -> {}
    }
    return new ModalityMask(ranges);
  }

  private static void add(List<IdRange> ranges, IdRange range) {
    if (range.isEmpty()) {
      return;
    }
    int last = ranges.size() - 1;
    if (last >= 0 && ranges.get(last).to() == range.from()) {
      ranges.set(last, new IdRange(ranges.get(last).from(), range.to()));
    } else {
      ranges.add(range);
    }
  }

  /** The same mask, but these ids may be generated: the model's end tokens. */
  public ModalityMask allowing(int... ids) {
    List<IdRange> ranges = forbidden;
    for (int id : ids) {
      List<IdRange> cut = new ArrayList<>();
      for (IdRange range : ranges) {
        if (range.contains(id)) {
          cut.add(new IdRange(range.from(), id));
          cut.add(new IdRange(id + 1, range.to()));
        } else {
          cut.add(range);
        }
      }
      cut.removeIf(IdRange::isEmpty);
      ranges = cut;
    }
    return new ModalityMask(ranges);
  }

  /** Whether this id must not be generated. */
  public boolean forbids(int id) {
    return forbidden.stream().anyMatch(range -> range.contains(id));
  }
}
