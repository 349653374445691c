package org.spiritlm.evaluation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.spiritlm.json.Json;
import org.spiritlm.text.EditCounts;

/**
 * One figure by which a model is judged.
 *
 * @param name unlike every other's, such as {@code asr.wer}
 * @param title what it is, for people
 * @param form how it is shown
 * @param value or null where it could not be measured
 * @param items of which it was made
 * @param paper the figure in the paper that is nearest to it, or null
 * @param bar or null where it need not reach any
 * @param note what else there is to say, such as why there is no value, or null
 */
public record Figure(
    String name,
    String title,
    Form form,
    @Nullable Double value,
    long items,
    @Nullable Double paper,
    @Nullable Bar bar,
    @Nullable String note) {

  /** How a figure is shown. */
  public enum Form {
    /** A part of a whole, in per cent. */
    SHARE {
      @Override
      String text(double value) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * value);
      }
    },
    /** How many. */
    COUNT {
      @Override
      String text(double value) {
        return String.format(Locale.ROOT, "%.0f", value);
      }
    },
    /** Any other number. */
    NUMBER {
      @Override
      String text(double value) {
        return String.format(Locale.ROOT, "%.4g", value);
      }
    };

    abstract String text(double value);
  }

  /** A figure without anything beside it; missing where the value is no finite number. */
  public static Figure of(String name, String title, Form form, double value, long items) {
    return Double.isFinite(value)
        ? new Figure(name, title, form, value, items, null, null, null)
        : missing(name, title, form, "not defined for so little");
  }

  /** A figure that could not be measured. */
  public static Figure missing(String name, String title, Form form, String why) {
    return new Figure(name, title, form, null, 0, null, null, why);
  }

  /** The error rate of some items, missing where their references are empty. */
  static Figure errorRate(String name, String title, EditCounts counts, long items) {
    return counts.referenceLength() == 0
        ? missing(name, title, Form.SHARE, "no transcripts")
        : of(name, title, Form.SHARE, counts.rate(), items);
  }

  /** The same beside the paper's. */
  public Figure withPaper(@Nullable Double other) {
    return new Figure(name, title, form, value, items, other, bar, note);
  }

  /** The same with a bar to reach. */
  public Figure withBar(@Nullable Bar other) {
    return new Figure(name, title, form, value, items, paper, other, note);
  }

  /** The same with a remark. */
  public Figure withNote(@Nullable String other) {
    return new Figure(name, title, form, value, items, paper, bar, other);
  }

  /** Whether it has no bar, or reaches it. */
  public boolean isMet() {
    return bar == null || (value != null && bar.isMetBy(value));
  }

  ObjectNode json() {
    ObjectNode object = Json.object();
    object.put("name", name).put("title", title);
    object.put("form", form.name().toLowerCase(Locale.ROOT));
    object.put("value", value).put("items", items);
    if (paper != null) {
      object.put("paper", paper);
    }
    if (bar != null) {
      object.set("bar", bar.json());
      object.put("met", isMet());
    }
    if (note != null) {
      object.put("note", note);
    }
    return object;
  }

  /** A row of the table. */
  String row() {
    String met =
        bar == null ? "" : value == null ? "not measured" : isMet() ? "met" : "**not met**";
    String shown = value == null ? "–" : form.text(value);
    return "| "
        + String.join(
            " | ",
            title + (note == null ? "" : " (" + note + ")"),
            shown,
            value == null ? "" : Long.toString(items),
            paper == null ? "" : form.text(paper),
            bar == null ? "" : bar.text(form),
            met)
        + " |";
  }
}
