package org.spiritlm.prompt;

import java.util.ArrayList;
import java.util.List;
import org.spiritlm.prompt.SpeechTokens.Token;
import org.spiritlm.text.TextDecoder;
import org.spiritlm.text.TextTokenizer;
import org.spiritlm.text.Vocabulary;

/**
 * Reads generated ids into text and speech, one at a time. For one thread.
 *
 * <p>Markers, the end token and padding give nothing. Differs from the reference, which reads the
 * decoded string: words that look like tokens, {@code [Huge news]}, stay words.
 */
public final class OutputReader {
  /** The paper's second of speech: shorter runs of an ARBITRARY output are dropped. */
  private static final int SHORTEST_SPEECH = 25;

  private final TextTokenizer tokenizer;
  private final Vocabulary vocabulary;
  private TextDecoder decoder;

  /**
   * @param prompt the ids that were continued
   */
  public OutputReader(TextTokenizer tokenizer, Vocabulary vocabulary, int... prompt) {
    this.tokenizer = tokenizer;
    this.vocabulary = vocabulary;
    this.decoder = tokenizer.decoder(prompt);
  }

  /** All that was generated, neighbouring text and neighbouring speech joined. */
  public static List<Part> read(
      TextTokenizer tokenizer, Vocabulary vocabulary, int[] prompt, int[] ids) {
    OutputReader reader = new OutputReader(tokenizer, vocabulary, prompt);
    List<Part> parts = new ArrayList<>();
    for (int id : ids) {
      parts.addAll(reader.accept(id));
    }
    parts.addAll(reader.finish());
    return join(parts);
  }

  /** What this id adds: nothing, a piece of text, one speech token, or both. */
  public List<Part> accept(int id) {
    if (!vocabulary.isSpeech(id) && !vocabulary.isMarker(id)) {
      return text(decoder.accept(id));
    }
    List<Part> parts = text(decoder.finish());
    decoder = tokenizer.decoder(id);
    if (vocabulary.isSpeech(id)) {
      parts.add(new Part.Speech(new SpeechTokens(List.of(SpeechTokens.token(id, vocabulary)))));
    }
    return parts;
  }

  /** The rest: bytes that never became a character. */
  public List<Part> finish() {
    return text(decoder.finish());
  }

  private static List<Part> text(String text) {
    List<Part> parts = new ArrayList<>(2);
    if (!text.isEmpty()) {
      parts.add(new Part.Text(text));
    }
    return parts;
  }

  /** Neighbouring text and neighbouring speech as one part each. */
  public static List<Part> join(List<? extends Part> parts) {
    List<Part> joined = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    List<Token> speech = new ArrayList<>();
    for (Part part : parts) {
      if (part instanceof Part.Text words) {
        endSpeech(joined, speech);
        text.append(words.text());
      } else if (part instanceof Part.Speech sound) {
        endText(joined, text);
        speech.addAll(sound.tokens().tokens());
      }
    }
    endSpeech(joined, speech);
    endText(joined, text);
    return joined;
  }

  private static void endText(List<Part> joined, StringBuilder text) {
    if (!text.isEmpty()) {
      joined.add(new Part.Text(text.toString()));
      text.setLength(0);
    }
  }

  private static void endSpeech(List<Part> joined, List<Token> speech) {
    if (!speech.isEmpty()) {
      joined.add(new Part.Speech(new SpeechTokens(speech)));
      speech.clear();
    }
  }

  /** Whether a run of so many HuBERT units is dropped from an ARBITRARY output. */
  public static boolean isShort(int hubertCount) {
    return hubertCount + 1 < SHORTEST_SPEECH;
  }

  /**
   * An ARBITRARY output without the speech that the reference drops: runs of less than a second (25
   * units, of which it counts one too many), but for a first one after a prompt that ends in text.
   *
   * @param parts joined parts
   */
  public static List<Part> withoutShortSpeech(List<Part> parts, boolean promptEndsWithSpeech) {
    List<Part> kept = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      boolean isShort =
          parts.get(i) instanceof Part.Speech speech && isShort(speech.tokens().hubertCount());
      if (!isShort || (i == 0 && !promptEndsWithSpeech)) {
        kept.add(parts.get(i));
      }
    }
    return kept;
  }
}
