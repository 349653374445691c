package org.spiritlm.synthesis;

import java.util.List;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.audio.Audio;

/**
 * A text that was spoken.
 *
 * @param audio the sound, at {@link Audio#SPEECH_RATE}
 * @param words the words of the text, each with its times; where nothing is said of one, such as a
 *     dash, it starts and ends where the word before it ends
 * @param phones what was said, without a gap from the first sample to the last
 */
public record Speech(Audio audio, List<AlignedWord> words, List<Phone> phones) {
  public Speech {
    words = List.copyOf(words);
    phones = List.copyOf(phones);
  }
}
