package org.spiritlm.interleaving;

import java.util.List;
import org.spiritlm.corpus.PreparedUtterance;
import org.spiritlm.corpus.WordFrames;
import org.spiritlm.prompt.SpeechTokens.Kind;
import org.spiritlm.text.IdRange;
import org.spiritlm.torch.InputException;
import org.spiritlm.units.SpeechUnits;

/**
 * Turns spans into ids: the start token, a marker before the first span and at each change of
 * modality, text as the tokenizer reads it after {@code [Text]}, speech with equal neighbours
 * merged within a span. Equal to {@code Prompt.of(interleaving.parts(…)).ids(tokenizer)}.
 */
public final class SequenceWriter {
  private final SequenceTokens tokens;

  public SequenceWriter(SequenceTokens tokens) {
    this.tokens = tokens;
  }

  /**
   * The ids of an utterance as it was drawn, with the start token and without an end token.
   *
   * @throws InputException if the model has not all of its units
   */
  public int[] ids(PreparedUtterance utterance, Interleaving drawn, WordTokenizer tokenizer) {
    IdBuffer ids = new IdBuffer();
    List<String> words = utterance.words().stream().map(WordFrames::word).toList();
    write(drawn.spans(), utterance.units(), tokenizer.of(words), ids);
    return ids.toArray();
  }

  /**
   * Adds the ids of spans, with the start token and without an end token; nothing where there is no
   * span.
   *
   * @throws InputException if the model has not all of the units
   */
  public void write(List<Span> spans, SpeechUnits units, WordIds words, IdBuffer out) {
    SpeechUnits known =
        new SpeechUnits(
            units.hubert(),
            tokens.pitch().isEmpty() ? null : units.pitch(),
            tokens.style().isEmpty() ? null : units.style());
    Modality last = null;
    for (Span span : spans) {
      boolean text = span.modality() == Modality.TEXT;
      if (last == null) {
        out.add(text ? tokens.textStart() : tokens.speechStart());
      } else if (last != span.modality()) {
        out.add(text ? tokens.textMarker() : tokens.speechMarker());
      }
      last = span.modality();
      if (text) {
        words.write(span.firstWord(), span.endWord(), out);
      } else {
        UnitStretch.merge(
            known,
            tokens.layout(),
            span.firstUnit(),
            span.endUnit(),
            (kind, value) -> out.add(id(kind, value)));
      }
    }
  }

  private int id(Kind kind, int value) {
    IdRange range =
        switch (kind) {
          case HUBERT -> tokens.hubert();
          case PITCH -> tokens.pitch();
          case STYLE -> tokens.style();
        };
    if (value < 0 || value >= range.size()) {
      throw new InputException(
          "no token ["
              + kind.prefix()
              + value
              + "]: the model has "
              + range.size()
              + " of this kind; the units belong to another model");
    }
    return range.from() + value;
  }
}
