package org.spiritlm.interleaving;

import java.util.ArrayList;
import java.util.List;
import org.spiritlm.corpus.PreparedUtterance;

/**
 * Draws how an utterance is given at one step of training: which words as text, which as speech.
 *
 * <p>Where the paper is silent: the first modality is text as often as speech; the last span takes
 * the words that are left, however few; an utterance of two words or more that the first span would
 * take whole is cut at a place drawn among all, so that it has both modalities; words without a
 * frame go with the next word into a speech span, and are written where none follows. What is not
 * said, the frames before the first word and after the last, is in no span of {@link
 * Strategy#INTERLEAVED} and {@link Strategy#WORDS}. An utterance without words is one span of
 * speech, one without frames one of text.
 *
 * @param strategy what sequences are made of
 * @param lengths how long spans are, for {@link Strategy#INTERLEAVED}
 */
public record Interleaver(Strategy strategy, SpanLengths lengths) {
  /** The paper's interleaving. */
  public static final Interleaver PAPER = new Interleaver(Strategy.INTERLEAVED, SpanLengths.PAPER);

  /**
   * Draws for an utterance; equal arguments give equal spans.
   *
   * @param seed of the training run
   * @param epoch how often the utterance was there before
   */
  public Interleaving draw(PreparedUtterance utterance, long seed, long epoch) {
    return new Interleaving(
        draw(
            WordCuts.of(utterance.words()),
            utterance.units().hubert().length,
            new Draws(seed, epoch, Draws.itemKey(utterance.id()))));
  }

  /**
   * Draws spans.
   *
   * @param cuts the words' frames
   * @param frames how many the utterance has
   * @param draws the random numbers of this item and epoch
   */
  public List<Span> draw(WordCuts cuts, int frames, Draws draws) {
    int words = cuts.words();
    if (words == 0 || frames == 0) {
      return words == 0 && frames == 0
          ? List.of()
          : List.of(whole(words == 0 ? Modality.SPEECH : Modality.TEXT, words, frames));
    }
    Span speech = whole(Modality.SPEECH, words, frames);
    Span text = whole(Modality.TEXT, words, frames);
    return switch (strategy) {
      case INTERLEAVED -> inTurns(cuts, draws);
      case WORDS -> wordByWord(cuts);
      case UNIMODAL -> List.of(draws.coin() ? text : speech);
      case PAIRS -> draws.coin() ? List.of(text, speech) : List.of(speech, text);
      case SPEECH -> List.of(speech);
      case TEXT -> List.of(text);
    };
  }

  private static Span whole(Modality modality, int words, int frames) {
    return new Span(modality, 0, words, 0, frames);
  }

  private List<Span> inTurns(WordCuts cuts, Draws draws) {
    int words = cuts.words();
    List<Span> spans = new ArrayList<>();
    boolean text = draws.coin();
    for (int at = 0; at < words; text = !text) {
      int length =
          text
              ? draws.between(lengths.textLeast(), lengths.textMost())
              : draws.between(lengths.speechLeast(), lengths.speechMost());
      int end = Math.min(words, at + length);
      if (at == 0 && end == words && words > 1) {
        end = draws.between(1, words - 1);
      }
      if (text) {
        add(spans, Modality.TEXT, at, end, cuts);
      } else {
        end = audible(cuts, at, end);
        add(spans, cuts.areSilent(at, end) ? Modality.TEXT : Modality.SPEECH, at, end, cuts);
      }
      at = end;
    }
    return spans;
  }

  private static List<Span> wordByWord(WordCuts cuts) {
    List<Span> spans = new ArrayList<>();
    for (int at = 0; at < cuts.words(); ) {
      int end = audible(cuts, at, at + 1);
      if (!cuts.areSilent(at, end)) {
        add(spans, Modality.SPEECH, at, end, cuts);
      }
      add(spans, Modality.TEXT, at, end, cuts);
      at = end;
    }
    return spans;
  }

  /** Where words end that have a frame and begin with these, or the end of all. */
  private static int audible(WordCuts cuts, int at, int end) {
    int reached = end;
    while (reached < cuts.words() && cuts.areSilent(at, reached)) {
      reached++;
    }
    return reached;
  }

  /** Adds a span, to the one before where that has the same modality. */
  private static void add(List<Span> spans, Modality modality, int at, int end, WordCuts cuts) {
    Span span = new Span(modality, at, end, cuts.at(at), cuts.at(end));
    Span last = spans.isEmpty() ? null : spans.get(spans.size() - 1);
    if (last != null && last.modality() == modality) {
      spans.set(
          spans.size() - 1,
          new Span(modality, last.firstWord(), end, last.firstUnit(), span.endUnit()));
    } else {
      spans.add(span);
    }
  }
}
