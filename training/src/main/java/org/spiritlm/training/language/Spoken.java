package org.spiritlm.training.language;

import org.spiritlm.SpiritLm;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.text.Vocabulary;
import org.spiritlm.units.SpeechUnits;

/**
 * An utterance with what is known of it.
 *
 * @param id of the corpus
 * @param speech as the model sees it
 * @param text what is said, or the label that it has
 */
record Spoken(String id, SpeechTokens speech, String text) {
  /** The tokens of units, without the kinds that a model does not have. */
  static SpeechTokens tokens(SpiritLm model, SpeechUnits units) {
    Vocabulary vocabulary = model.vocabulary();
    SpeechTokens tokens =
        model.tokens(
            new SpeechUnits(
                units.hubert(),
                vocabulary.pitch().isEmpty() ? null : units.pitch(),
                vocabulary.style().isEmpty() ? null : units.style()));
    tokens.ids(vocabulary); // units of another model are an error here
    return tokens;
  }
}
