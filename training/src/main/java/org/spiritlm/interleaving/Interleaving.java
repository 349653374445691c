package org.spiritlm.interleaving;

import java.util.List;
import java.util.stream.Collectors;
import org.spiritlm.corpus.PreparedUtterance;
import org.spiritlm.corpus.WordFrames;
import org.spiritlm.prompt.Part;
import org.spiritlm.prompt.TokenLayout;

/**
 * How an utterance is given at one step.
 *
 * @param spans in order
 */
public record Interleaving(List<Span> spans) {
  public Interleaving {
    spans = List.copyOf(spans);
  }

  /** The words of a span, with a blank between. */
  public static String text(PreparedUtterance utterance, Span span) {
    return utterance.words().subList(span.firstWord(), span.endWord()).stream()
        .map(WordFrames::word)
        .collect(Collectors.joining(" "));
  }

  /** The same as parts of a prompt. */
  public List<Part> parts(PreparedUtterance utterance, TokenLayout layout) {
    return spans.stream()
        .map(
            span ->
                span.modality() == Modality.TEXT
                    ? (Part) new Part.Text(text(utterance, span))
                    : new Part.Speech(
                        UnitStretch.tokens(
                            utterance.units(), layout, span.firstUnit(), span.endUnit())))
        .toList();
  }
}
