package org.spiritlm.corpus;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiritlm.alignment.AlignedWord;

/**
 * One item of a corpus: a recording, or a stretch of one, and what is known of it.
 *
 * <p>All times are seconds from the beginning of the audio file, also those of the words of a
 * stretch. What is not known is null, and the words are then none.
 *
 * @param id unlike every other in its corpus
 * @param audio where the recording lies
 * @param start where the stretch begins in the recording, or null for its beginning
 * @param end where it ends, or null for the recording's end
 * @param text the transcript
 * @param words the words in order with their times
 * @param speaker who speaks
 * @param style how it is said
 * @param split the part of the corpus, such as {@code train}
 */
public record Utterance(
    String id,
    AudioLocation audio,
    @Nullable Double start,
    @Nullable Double end,
    @Nullable String text,
    List<AlignedWord> words,
    @Nullable String speaker,
    @Nullable String style,
    @Nullable String split) {
  public Utterance {
    words = List.copyOf(words);
  }

  /** A whole recording with its transcript, of which nothing else is known. */
  public static Utterance of(String id, AudioLocation audio, @Nullable String text) {
    return new Utterance(id, audio, null, null, text, List.of(), null, null, null);
  }

  /** The same with other words. */
  public Utterance withWords(List<AlignedWord> others) {
    return new Utterance(id, audio, start, end, text, others, speaker, style, split);
  }

  /** The same with the audio elsewhere. */
  public Utterance withAudio(AudioLocation other) {
    return new Utterance(id, other, start, end, text, words, speaker, style, split);
  }

  /** The same in another part of the corpus. */
  public Utterance withSplit(String other) {
    return new Utterance(id, audio, start, end, text, words, speaker, style, other);
  }
}
