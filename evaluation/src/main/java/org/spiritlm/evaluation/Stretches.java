package org.spiritlm.evaluation;

import java.util.Arrays;
import java.util.List;
import org.spiritlm.SpiritLm;
import org.spiritlm.interleaving.IdBuffer;
import org.spiritlm.interleaving.Modality;
import org.spiritlm.interleaving.SequenceTokens;
import org.spiritlm.interleaving.SequenceWriter;
import org.spiritlm.interleaving.Span;
import org.spiritlm.interleaving.WordTokenizer;
import org.spiritlm.units.SpeechUnits;

/** The ids of stretches of text and of speech, as sequences of training have them. */
final class Stretches {
  private final SequenceTokens tokens;
  private final SequenceWriter writer;
  private final WordTokenizer words;

  Stretches(SpiritLm model) {
    this.tokens = SequenceTokens.of(model.tokenizer(), model.vocabulary(), model.tokenLayout());
    this.writer = new SequenceWriter(tokens);
    this.words = new WordTokenizer(model.tokenizer());
  }

  /** What a sequence begins with, its marker included. */
  int[] start(Modality modality) {
    return modality == Modality.TEXT ? tokens.textStart() : tokens.speechStart();
  }

  /** What a sequence begins with that asks for a transcript (speech) or for speech (text). */
  int[] question(Modality modality) {
    SequenceTokens pairs = tokens.forPairs();
    return modality == Modality.TEXT ? pairs.textStart() : pairs.speechStart();
  }

  /** The marker at a change to this modality. */
  int[] change(Modality modality) {
    return modality == Modality.TEXT ? tokens.textMarker() : tokens.speechMarker();
  }

  /**
   * Text.
   *
   * @param isFirst whether it stands right after a marker, rather than after a blank
   */
  int[] text(List<String> text, boolean isFirst) {
    IdBuffer ids = new IdBuffer();
    for (int i = 0; i < text.size(); i++) {
      WordTokenizer.Ids word = words.ids(text.get(i));
      ids.add(i == 0 && isFirst ? word.first() : word.later());
    }
    return ids.toArray();
  }

  /**
   * Speech, with equal neighbours merged.
   *
   * @param from the first phonetic unit
   * @param to the unit after the last
   * @throws org.spiritlm.torch.InputException if the model has not all of the units
   */
  int[] speech(SpeechUnits units, int from, int to) {
    IdBuffer ids = new IdBuffer();
    Span span = new Span(Modality.SPEECH, 0, 0, from, to);
    writer.write(List.of(span), units, (first, end, out) -> {}, ids);
    int[] all = ids.toArray();
    return Arrays.copyOfRange(all, tokens.speechStart().length, all.length);
  }

  /** One after another. */
  static int[] joined(int[]... parts) {
    IdBuffer ids = new IdBuffer();
    for (int[] part : parts) {
      ids.add(part);
    }
    return ids.toArray();
  }
}
