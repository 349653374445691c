package org.spiritlm.corpus;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiritlm.units.SpeechUnits;

/**
 * An utterance as training reads it: units, and words with the frames in which they are said.
 *
 * @param id unlike every other
 * @param speaker who speaks, or null
 * @param styleLabel how it is said, or null; a label of the corpus, no token
 * @param split the part of the corpus, or null
 * @param seconds length of the audio
 * @param units units at their full rates: nothing is deduplicated
 * @param words words in order with their frames; none where they are not known
 * @param text the transcript, or null
 * @param textIds the transcript's ids, without a beginning token, or null
 * @param model the model that made the units: its name, {@code @}, and the {@linkplain
 *     org.spiritlm.checkpoint.TokenizerChecksum#ofUnits checksums} of its speech tokenizer
 * @param code the version of this library
 */
@SuppressWarnings("ArrayRecordComponent") // thousands of ids are not copied
public record PreparedUtterance(
    String id,
    @Nullable String speaker,
    @Nullable String styleLabel,
    @Nullable String split,
    double seconds,
    SpeechUnits units,
    List<WordFrames> words,
    @Nullable String text,
    int @Nullable [] textIds,
    String model,
    String code) {
  public PreparedUtterance {
    words = List.copyOf(words);
  }
}
