package org.spiritlm.inspection;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.audio.Audio;
import org.spiritlm.corpus.PreparedUtterance;
import org.spiritlm.corpus.Utterance;
import org.spiritlm.corpus.WordFrames;
import org.spiritlm.interleaving.Interleaver;
import org.spiritlm.interleaving.Interleaving;
import org.spiritlm.interleaving.Modality;
import org.spiritlm.interleaving.Span;
import org.spiritlm.prompt.Part;
import org.spiritlm.prompt.TokenLayout;
import org.spiritlm.units.pitch.PitchContour;

/**
 * One utterance as an HTML page that stands by itself: its audio with players, words, units and
 * fundamental frequency over time, and how training would draw it three times. It runs no scripts.
 *
 * @param utterance as the manifest has it, or null
 * @param samples its own audio, 16 kHz, or null
 * @param prepared with its units, or null
 * @param pitch fundamental frequency of the samples, or null
 * @param layout rates, and what is merged
 * @param seed of the draws
 */
@SuppressWarnings("ArrayRecordComponent") // megabytes of samples are not copied
public record UtterancePage(
    @Nullable Utterance utterance,
    float @Nullable [] samples,
    @Nullable PreparedUtterance prepared,
    @Nullable PitchContour pitch,
    TokenLayout layout,
    long seed) {
  private static final int DRAWS = 3;

  private static final String HEAD =
      """
      <!DOCTYPE html>
      <html><head><meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy"
        content="default-src 'none'; style-src 'unsafe-inline'; media-src data:">
      <style>
      body { font: 15px sans-serif; margin: 24px; color: #222; }
      .scroll { overflow-x: auto; border: 1px solid #ccc; }
      svg { background: #fff; display: block; }
      .wave { stroke: #3b6ea5; fill: none; }
      .pitch { stroke: #b0413e; fill: none; stroke-width: 2; }
      .grid { stroke: #eee; }
      .tick { font: 10px sans-serif; fill: #777; }
      .name { font: bold 12px sans-serif; }
      .cell { font: 11px sans-serif; }
      th { text-align: left; vertical-align: top; padding-right: 16px; }
      .text, .speech { padding: 6px 10px; margin: 4px 0; border-radius: 4px; }
      .text { background: #f3e9c9; }
      .speech { background: #dfe9f5; overflow-wrap: anywhere; }
      code { font-size: 12px; }
      audio { height: 28px; vertical-align: middle; }
      </style>
      """;

  /** The page. */
  public String html() {
    String id = prepared != null ? prepared.id() : utterance == null ? "?" : utterance.id();
    StringBuilder page = new StringBuilder(HEAD);
    page.append("<title>")
        .append(Html.escape(id))
        .append("</title></head><body>\n<h1>")
        .append(Html.escape(id))
        .append("</h1>\n");
    if (samples != null) {
      page.append("<p>").append(Html.player(samples)).append("</p>\n");
    }
    page.append("<table>\n");
    facts(page);
    page.append("</table>\n<h2>Over time</h2>\n<div class=\"scroll\">");
    page.append(timeline()).append("</div>\n");
    if (prepared != null) {
      interleavings(page, prepared);
    }
    return page.append("</body></html>\n").toString();
  }

  private void facts(StringBuilder page) {
    if (utterance != null) {
      fact(page, "audio", utterance.audio().toString());
    }
    fact(page, "seconds", String.format(Locale.ROOT, "%.3f", seconds()));
    if (prepared != null) {
      fact(page, "speaker", prepared.speaker());
      fact(page, "style", prepared.styleLabel());
      fact(page, "split", prepared.split());
      fact(page, "text", prepared.text());
      fact(page, "model", prepared.model());
      fact(page, "code", prepared.code());
    } else if (utterance != null) {
      fact(page, "speaker", utterance.speaker());
      fact(page, "style", utterance.style());
      fact(page, "split", utterance.split());
      fact(page, "text", utterance.text());
    }
  }

  private static void fact(StringBuilder page, String name, @Nullable String value) {
    if (value != null && !value.isEmpty()) {
      page.append("<tr><th>").append(name).append("</th><td>").append(Html.escape(value));
      page.append("</td></tr>\n");
    }
  }

  private double seconds() {
    return samples != null
        ? (double) samples.length / Audio.SPEECH_RATE
        : prepared == null ? 0 : prepared.seconds();
  }

  private String timeline() {
    Timeline timeline = new Timeline(seconds());
    if (samples != null) {
      timeline.waveform(samples);
    }
    List<AlignedWord> words = words();
    if (!words.isEmpty()) {
      timeline.words(words);
    }
    if (prepared != null) {
      timeline.units("Hu", prepared.units().hubert(), layout.hubertRate(), layout.mergeHubert());
    }
    if (pitch != null) {
      timeline.pitch(pitch);
    }
    if (prepared != null && prepared.units().pitch() != null) {
      timeline.units("Pi", prepared.units().pitch(), layout.pitchRate(), layout.mergePitch());
    }
    if (prepared != null && prepared.units().style() != null) {
      timeline.units("St", prepared.units().style(), layout.styleRate(), layout.mergeStyle());
    }
    return timeline.svg();
  }

  /** Words with times from the utterance's beginning; those of the manifest are finer. */
  private List<AlignedWord> words() {
    List<AlignedWord> words = new ArrayList<>();
    if (utterance != null && !utterance.words().isEmpty()) {
      double first = utterance.start() == null ? 0 : utterance.start();
      for (AlignedWord word : utterance.words()) {
        words.add(new AlignedWord(word.word(), word.start() - first, word.end() - first));
      }
    } else if (prepared != null) {
      double rate = layout.hubertRate();
      for (WordFrames word : prepared.words()) {
        words.add(new AlignedWord(word.word(), word.start() / rate, word.end() / rate));
      }
    }
    return words;
  }

  private void interleavings(StringBuilder page, PreparedUtterance units) {
    for (int epoch = 0; epoch < DRAWS; epoch++) {
      Interleaving drawn = Interleaver.PAPER.draw(units, seed, epoch);
      List<Part> parts = drawn.parts(units, layout);
      page.append(
          String.format(Locale.ROOT, "<h2>As drawn with seed %d, epoch %d</h2>%n", seed, epoch));
      for (int i = 0; i < parts.size(); i++) {
        Span span = drawn.spans().get(i);
        boolean text = span.modality() == Modality.TEXT;
        page.append(text ? "<div class=\"text\"><b>[Text]</b> " : "<div class=\"speech\">");
        if (parts.get(i) instanceof Part.Speech speech) {
          page.append("<b>[Speech]</b> ").append(player(span));
          page.append(" <i>").append(Html.escape(Interleaving.text(units, span)));
          page.append("</i><br><code>").append(Html.escape(speech.tokens().toString()));
          page.append("</code>");
        } else {
          page.append(Html.escape(Interleaving.text(units, span)));
        }
        page.append("</div>\n");
      }
    }
  }

  private String player(Span span) {
    if (samples == null) {
      return "";
    }
    double unit = Audio.SPEECH_RATE / layout.hubertRate();
    int from = (int) Math.min(samples.length, Math.round(span.firstUnit() * unit));
    int to = (int) Math.min(samples.length, Math.round(span.endUnit() * unit));
    return Html.player(Arrays.copyOfRange(samples, from, Math.max(from, to)));
  }
}
