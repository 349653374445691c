package org.spiritlm.inspection;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.corpus.PreparedUtterance;
import org.spiritlm.corpus.SeenNames;
import org.spiritlm.corpus.Utterance;
import org.spiritlm.corpus.UtteranceAudio;
import org.spiritlm.json.Json;
import org.spiritlm.prompt.TokenLayout;
import org.spiritlm.torch.InputException;
import org.spiritlm.units.SpeechTokenizer;

/**
 * Figures of a corpus, gathered while it is gone through once. Memory grows with the number of
 * speakers, styles and distinct words only. Not thread-safe.
 *
 * <p>The bits a second are those of the streams before equal neighbours are merged, a unit taking
 * log2 of its codebook's size, as in the paper (table 9: 225 and 307 bit/s).
 */
public final class CorpusStatistics {
  /** The paper's bits a second without and with pitch and style (table 9). */
  private static final int PAPER_BASE = 225;

  private static final int PAPER_EXPRESSIVE = 307;

  /** An utterance that is shorter holds no unit (seconds). */
  private static final double SHORTEST =
      (double) SpeechTokenizer.SHORTEST_PIECE / Audio.SPEECH_RATE;

  private static final double HOUR = 3600;
  private static final int LARGEST = 20;

  private final TokenLayout layout;
  private final Figures.ByName speakers = new Figures.ByName();
  private final Figures.ByName styles = new Figures.ByName();
  private final Figures.ByName splits = new Figures.ByName();
  private final Figures.Noted tooShort = new Figures.Noted();
  private final Figures.Noted clipped = new Figures.Noted();
  private final Figures.Noted unusable = new Figures.Noted();
  private final SeenNames distinct = new SeenNames();
  private final Histogram lengths = new Histogram(0.5, 120);
  private final Histogram texts = new Histogram(1, 120);
  private final Histogram densities = new Histogram(1, 60);
  private final UnitUse hubert;
  private final UnitUse pitch;
  private final UnitUse style;
  private long utterances;
  private double seconds;
  private long transcribed;
  private long aligned;
  private long words;
  private long distinctWords;
  private long textTokens;
  private boolean opened;

  /** How many units, pitch codes and style tokens there are. */
  public record Codebooks(int hubert, int pitch, int style) {
    /** Those of the released models. */
    public static final Codebooks SPIRIT_LM = new Codebooks(501, 64, 100);
  }

  /**
   * None so far.
   *
   * @param layout which streams are merged
   * @param codebooks of which model
   */
  public CorpusStatistics(TokenLayout layout, Codebooks codebooks) {
    this.layout = layout;
    this.hubert = new UnitUse(codebooks.hubert());
    this.pitch = new UnitUse(codebooks.pitch());
    this.style = new UnitUse(codebooks.style());
  }

  /**
   * Adds an utterance of a manifest, whose recording is read to its end for its length and whether
   * it is clipped. One that cannot be read is noted.
   *
   * @param directory the manifest's
   */
  public void addRecording(Utterance utterance, Path directory) {
    @Nullable Double length = listen(utterance, directory);
    if (length == null) {
      return;
    }
    add(
        utterance.id(),
        length,
        utterance.text(),
        utterance.words().size(),
        utterance.speaker(),
        utterance.style(),
        utterance.split());
  }

  /**
   * Notes whether the recording of an utterance is clipped, or cannot be read, and counts nothing
   * else of it: the same utterance is added with its units.
   *
   * @param directory the manifest's
   */
  public void addSound(Utterance utterance, Path directory) {
    listen(utterance, directory);
  }

  /** Reads a recording to its end, notes what is wrong with it, and gives its length (seconds). */
  private @Nullable Double listen(Utterance utterance, Path directory) {
    opened = true;
    Clipping clipping = new Clipping();
    try (AudioReader reader = UtteranceAudio.open(utterance, directory)) {
      reader.listen(clipping);
      while (reader.next() != null) {
        // the samples of the file itself tell
      }
      if (clipping.found()) {
        clipped.add(utterance.id());
      }
      return reader.seconds();
    } catch (InputException e) {
      addUnusable(utterance.id());
      return null;
    }
  }

  /** Adds an utterance with its units. */
  public void add(PreparedUtterance utterance) {
    add(
        utterance.id(),
        utterance.seconds(),
        utterance.text(),
        utterance.words().size(),
        utterance.speaker(),
        utterance.styleLabel(),
        utterance.split());
    long before = hubert.tokens() + pitch.tokens() + style.tokens();
    hubert.add(utterance.units().hubert(), layout.mergeHubert());
    int[] pitchCodes = utterance.units().pitch();
    if (pitchCodes != null) {
      pitch.add(pitchCodes, layout.mergePitch());
    }
    int[] styleCodes = utterance.units().style();
    if (styleCodes != null) {
      style.add(styleCodes, layout.mergeStyle());
    }
    int[] ids = utterance.textIds();
    textTokens += ids == null ? 0 : ids.length;
    if (utterance.seconds() > 0) {
      long tokens = hubert.tokens() + pitch.tokens() + style.tokens() - before;
      densities.add(tokens / utterance.seconds());
    }
  }

  /** Notes an item that cannot be used. */
  public void addUnusable(String id) {
    unusable.add(id);
  }

  private void add(
      String id,
      double length,
      @Nullable String text,
      int times,
      @Nullable String speaker,
      @Nullable String styleLabel,
      @Nullable String split) {
    utterances++;
    seconds += length;
    lengths.add(length);
    if (length < SHORTEST) {
      tooShort.add(id);
    }
    speakers.add(speaker, length);
    styles.add(styleLabel, length);
    splits.add(split, length);
    aligned += times > 0 ? 1 : 0;
    if (text != null) {
      transcribed++;
      int count = 0;
      for (String word : text.strip().split("\\s+", -1)) {
        count++;
        distinctWords += distinct.add(word.toLowerCase(Locale.ROOT)) ? 1 : 0;
      }
      words += count;
      texts.add(count);
    }
  }

  /** All figures. */
  public ObjectNode json() {
    ObjectNode object = Json.object();
    object.put("utterances", utterances);
    object.put("hours", Figures.rounded(seconds / HOUR));
    object.put("mean_seconds", Figures.rounded(utterances == 0 ? 0 : seconds / utterances));
    object.put("transcribed", transcribed);
    object.put("aligned", aligned);
    object.put("words", words);
    object.put("distinct_words", distinctWords);
    object.put("words_per_second", perSecond((double) words));
    object.set("speakers", speakers.json(LARGEST));
    object.set("styles", styles.json(LARGEST));
    object.set("splits", splits.json(LARGEST));
    object.set("too_short", tooShort.json());
    if (opened) {
      object.set("clipped", clipped.json());
    }
    object.set("unusable", unusable.json());
    if (hubert.units() > 0) {
      putTokens(object);
    }
    return object;
  }

  private void putTokens(ObjectNode object) {
    List<UnitUse> used = new ArrayList<>(List.of(hubert));
    ObjectNode tokens = object.putObject("tokens");
    tokens.set("hubert", hubert.json());
    if (pitch.units() > 0) {
      tokens.set("pitch", pitch.json());
      used.add(pitch);
    }
    if (style.units() > 0) {
      tokens.set("style", style.json());
      used.add(style);
    }
    tokens.put("text", textTokens);
    long speech = 0;
    double bits = 0;
    double least = 0;
    for (UnitUse use : used) {
      speech += use.tokens();
      bits += use.units() * use.bits();
      least += use.tokens() * use.entropy();
    }
    object.put("speech_tokens", speech);
    object.put("tokens_per_second", perSecond((double) speech));
    object.put("bits_per_second", perSecond(bits));
    object.put("paper_bits_per_second", used.size() > 1 ? PAPER_EXPRESSIVE : PAPER_BASE);
    object.put("entropy_bits_per_second", perSecond(least));
  }

  private double perSecond(double count) {
    return seconds > 0 ? Figures.rounded(count / seconds) : 0;
  }

  /** Charts of lengths and, where there are units, of how they are used. */
  public List<BarChart> charts() {
    List<BarChart> charts = new ArrayList<>();
    charts.add(lengths.chart("seconds", "Utterances by length", "seconds"));
    if (transcribed > 0) {
      charts.add(texts.chart("words", "Utterances by words", "words"));
    }
    if (hubert.units() > 0) {
      charts.add(densities.chart("density", "Utterances by speech tokens a second", "tokens/s"));
      charts.add(hubert.chart("hubert", "Tokens by phonetic unit"));
    }
    if (pitch.units() > 0) {
      charts.add(pitch.chart("pitch", "Tokens by pitch code"));
    }
    if (style.units() > 0) {
      charts.add(style.chart("style", "Tokens by style code"));
    }
    return charts;
  }
}
