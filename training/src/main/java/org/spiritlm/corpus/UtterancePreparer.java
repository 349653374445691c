package org.spiritlm.corpus;

import org.jspecify.annotations.Nullable;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.text.TextTokenizer;
import org.spiritlm.torch.InputException;
import org.spiritlm.units.SpeechTokenizer;
import org.spiritlm.units.SpeechUnits;

/**
 * Makes prepared utterances of recordings with the tokenizers of a model.
 *
 * @param speech to units
 * @param text to ids, or null where the model has none
 * @param rate phonetic units a second
 * @param model the model's name in what is prepared
 * @param code the version of this library
 */
public record UtterancePreparer(
    SpeechTokenizer speech, @Nullable TextTokenizer text, double rate, String model, String code) {
  /**
   * The version of what is prepared: raised when a recording gives another row than before with the
   * same model, so that old and new ones do not come together in one table.
   */
  public static final int ROWS = 2;

  /**
   * Prepares one. Its words take the transcript's form where it has one, so that in order they are
   * the transcript.
   *
   * @param reader its sound, at 16 kHz
   * @throws InputException if the sound cannot be read or holds no unit, or the words' times do not
   *     fit it, or they do not spell the transcript
   */
  public PreparedUtterance prepare(Utterance utterance, AudioReader reader) {
    SpeechUnits units = speech.encode(reader);
    double seconds = reader.seconds();
    if (units.hubert().length == 0) {
      throw new InputException(
          seconds
              + " s of audio hold no speech unit; expected at least "
              + (double) SpeechTokenizer.SHORTEST_PIECE / Audio.SPEECH_RATE
              + " s");
    }
    String transcript = utterance.text();
    return new PreparedUtterance(
        utterance.id(),
        utterance.speaker(),
        utterance.style(),
        utterance.split(),
        seconds,
        units,
        WordSpans.of(spelt(utterance), seconds, units.hubert().length, rate),
        transcript,
        transcript == null || text == null ? null : text.encode(transcript, false),
        model,
        code);
  }

  private static Utterance spelt(Utterance utterance) {
    String transcript = utterance.text();
    return transcript == null || utterance.words().isEmpty()
        ? utterance
        : utterance.withWords(TranscriptWords.fit(transcript, utterance.words()));
  }
}
