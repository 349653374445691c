package org.spiritlm.evaluation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiritlm.audio.Audio;
import org.spiritlm.inspection.UnitUse;
import org.spiritlm.json.Json;
import org.spiritlm.json.JsonLine;
import org.spiritlm.prompt.TokenLayout;
import org.spiritlm.text.Vocabulary;
import org.spiritlm.units.SpeechUnits;

/**
 * The units of each item, which all other measures take from here, and figures of their use.
 *
 * <p>Bits a second are those of the streams before equal neighbours are merged, a unit taking log2
 * of its codebook's size, as the paper counts them (table 9).
 */
final class UnitMeasure extends ItemMeasure {
  static final String NAME = "units";

  private static final String SECONDS = "seconds";
  private static final String HUBERT = "hubert";
  private static final String PITCH = "pitch";
  private static final String STYLE = "style";

  private static final int LEAST_PITCH_CODES = 48;
  private static final int LEAST_STYLE_CODES = 12;

  private final Subject subject;

  UnitMeasure(Subject subject, List<Item> items) {
    super(NAME, items);
    this.subject = subject;
  }

  @Override
  ObjectNode measure(Item item) {
    Audio audio = new Audio(item.samples(), Audio.SPEECH_RATE);
    SpeechUnits units = subject.model().encode(audio);
    subject.known(item.id(), units);
    ObjectNode found = Json.object().put(SECONDS, audio.seconds());
    found.set(HUBERT, Json.array(units.hubert()));
    put(found, PITCH, units.pitch());
    put(found, STYLE, units.style());
    return found;
  }

  private static void put(ObjectNode found, String key, int @Nullable [] codes) {
    if (codes != null) {
      found.set(key, Json.array(codes));
    }
  }

  /** Takes over what was found before, so that nothing is encoded twice. */
  void restore(Results results) {
    for (Item item : items()) {
      if (results.has(NAME, item.id())) {
        JsonLine found = new JsonLine(item.id(), results.of(NAME, item.id()));
        int[] hubert = found.numbers(HUBERT);
        if (hubert == null) {
          throw found.wrong(HUBERT, "a list of units");
        }
        subject.known(
            item.id(), new SpeechUnits(hubert, found.numbers(PITCH), found.numbers(STYLE)));
      }
    }
  }

  @Override
  public void conclude(Results results, Quality quality) {
    Vocabulary vocabulary = subject.model().vocabulary();
    TokenLayout layout = subject.model().tokenLayout();
    UnitUse hubert = new UnitUse(vocabulary.hubert().size());
    UnitUse pitch = new UnitUse(vocabulary.pitch().size());
    UnitUse style = new UnitUse(vocabulary.style().size());
    double seconds = 0;
    for (Item item : items()) {
      SpeechUnits units = subject.units(item);
      seconds += results.of(NAME, item.id()).path(SECONDS).asDouble();
      hubert.add(units.hubert(), layout.mergeHubert());
      add(pitch, units.pitch(), layout.mergePitch());
      add(style, units.style(), layout.mergeStyle());
    }
    int count = items().size();
    quality.add(used("units.used", "phonetic units in use", hubert, count));
    if (subject.isExpressive()) {
      quality.add(
          used("pitch.used", "pitch codes in use", pitch, count)
              .withBar(Bar.atLeast(LEAST_PITCH_CODES)));
      quality.add(
          used("style.used", "style tokens in use", style, count)
              .withBar(Bar.atLeast(LEAST_STYLE_CODES)));
    }
    quality.add(
        Figure.of(
            "units.merged",
            "phonetic units merged with an equal neighbour",
            Figure.Form.SHARE,
            1 - (double) hubert.tokens() / Math.max(1, hubert.units()),
            count));
    double tokens = (double) hubert.tokens() + pitch.tokens() + style.tokens();
    double bits = 0;
    for (UnitUse use : List.of(hubert, pitch, style)) {
      bits += use.units() == 0 ? 0 : use.units() * use.bits();
    }
    quality.add(rate("tokens_per_second", "speech tokens a second", tokens / seconds, count));
    quality.add(
        rate("bits_per_second", "bits a second of speech", bits / seconds, count)
            .withPaper(subject.paper(225, 307)));
  }

  private static void add(UnitUse use, int @Nullable [] codes, boolean merged) {
    if (codes != null) {
      use.add(codes, merged);
    }
  }

  private static Figure used(String name, String title, UnitUse use, long items) {
    return Figure.of(name, title, Figure.Form.COUNT, (double) use.used(), items)
        .withNote("of " + use.codebook());
  }

  private static Figure rate(String name, String title, double value, long items) {
    return Figure.of(name, title, Figure.Form.NUMBER, value, items);
  }
}
