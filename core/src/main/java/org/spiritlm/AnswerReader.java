package org.spiritlm;

import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.spiritlm.lm.FinishReason;
import org.spiritlm.prompt.OutputModality;
import org.spiritlm.prompt.OutputReader;
import org.spiritlm.prompt.Part;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.text.TextDecoder;
import org.spiritlm.text.TextTokenizer;
import org.spiritlm.text.Vocabulary;

/**
 * Reads an answer's ids, as they come, into text and speech, and says when to stop.
 *
 * <p>An answer in text is all ids decoded, so that speech tokens, which only come without the
 * modality mask, are written out in it; of an answer in speech only the speech counts. The text is
 * stripped at the answer's two ends. So does the reference.
 */
final class AnswerReader {
  /** Hears what comes. */
  interface Listener {
    void text(String piece);

    void speech(SpeechTokens token);
  }

  private final GenerationOptions options;
  private final Set<Integer> ends;
  private final TextDecoder decoder; // of an answer in text
  private final OutputReader reader; // of any other
  private final @Nullable SpeechLength length;
  private final long mostFrames;
  private final Listener listener;
  private final Stripper stripper = new Stripper();
  private final StopUnits stopUnits;
  private StopStrings stops;
  private @Nullable EndReason reason;

  /**
   * @param ends the model's end ids
   * @param length counts frames, or null where there is no limit
   * @param mostFrames the limit
   */
  AnswerReader(
      TextTokenizer tokenizer,
      Vocabulary vocabulary,
      int[] prompt,
      GenerationOptions options,
      Set<Integer> ends,
      @Nullable SpeechLength length,
      long mostFrames,
      Listener listener) {
    this.options = options;
    this.ends = ends;
    this.decoder = tokenizer.decoder(prompt);
    this.reader = new OutputReader(tokenizer, vocabulary, prompt);
    this.length = length;
    this.mostFrames = mostFrames;
    this.listener = listener;
    this.stopUnits = new StopUnits(options.stopSpeech());
    this.stops = new StopStrings(options.stopStrings());
  }

  /** Takes the next id; whether to go on. */
  boolean accept(int id) {
    if (ends.contains(id)) {
      reason = EndReason.END;
    } else if (options.stopIds().contains(id)) {
      reason = EndReason.STOP;
    } else if (options.output() == OutputModality.TEXT) {
      text(decoder.accept(id));
    } else {
      reader.accept(id).forEach(this::part);
    }
    return reason == null;
  }

  /** Gives what was held back, when there are no more ids. */
  void finish() {
    if (options.output() == OutputModality.TEXT) {
      text(decoder.finish());
    } else {
      reader.finish().forEach(this::part);
    }
    endSpeech();
    strip(stops.finish());
  }

  /** Why the answer ended, the language model having said this. */
  EndReason reason(FinishReason given) {
    if (reason != null) {
      return reason;
    }
    return given == FinishReason.LENGTH ? EndReason.LENGTH : EndReason.CANCELLED;
  }

  private void part(Part part) {
    if (stops.found()) {
      return;
    }
    if (part instanceof Part.Speech speech) {
      endText();
      speech(stopUnits.accept(speech.tokens()));
      if (stopUnits.found()) {
        reason = EndReason.STOP;
      }
    } else if (options.output() != OutputModality.SPEECH) {
      endSpeech();
      text(((Part.Text) part).text());
    }
  }

  private void text(String piece) {
    strip(stops.accept(piece));
    if (stops.found()) {
      reason = EndReason.STOP;
    }
  }

  private void strip(String piece) {
    emit(stripper.accept(piece));
  }

  private void emit(String text) {
    if (!text.isEmpty()) {
      listener.text(text);
      if (length != null) {
        length.endUtterance();
      }
    }
  }

  /** Gives what text was held back, since speech follows; stops begin anew. */
  private void endText() {
    strip(stops.finish());
    emit(stripper.interrupt());
    stops = new StopStrings(options.stopStrings());
  }

  /** Gives what speech was held back, since text or nothing follows. */
  private void endSpeech() {
    speech(stopUnits.finish());
  }

  private void speech(SpeechTokens tokens) {
    if (tokens.tokens().isEmpty()) {
      return;
    }
    listener.speech(tokens);
    if (length != null) {
      for (SpeechTokens.Token unit : tokens.tokens()) {
        if (unit.kind() == SpeechTokens.Kind.HUBERT) {
          length.add(unit.value());
        }
      }
      if (length.frames() >= mostFrames && reason == null) {
        reason = EndReason.SECONDS;
      }
    }
  }
}
