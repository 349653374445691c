package org.spiritlm;

import java.util.ArrayList;
import java.util.List;
import org.spiritlm.prompt.OutputModality;
import org.spiritlm.prompt.OutputReader;
import org.spiritlm.prompt.Part;
import org.spiritlm.prompt.SpeechTokens;

/** Collects an answer, to be spoken when it is complete. */
final class AnswerCollector implements AnswerReader.Listener {
  private final List<Part> parts = new ArrayList<>();

  @Override
  public void text(String piece) {
    parts.add(new Part.Text(piece));
  }

  @Override
  public void speech(SpeechTokens token) {
    parts.add(new Part.Speech(token));
  }

  /** The answer's segments. */
  List<Segment> segments(OutputModality output, Voicing voicing) {
    List<Part> runs = OutputReader.join(parts);
    List<Part> kept =
        output == OutputModality.ARBITRARY
            ? OutputReader.withoutShortSpeech(runs, voicing.continuesSpeech())
            : runs;
    List<Segment> segments = new ArrayList<>();
    for (Part part : kept) {
      if (part instanceof Part.Text text) {
        segments.add(Segment.text(text.text()));
      } else if (part instanceof Part.Speech speech) {
        boolean goesOn =
            output == OutputModality.ARBITRARY && voicing.continuesSpeech() && part == runs.get(0);
        segments.add(
            new Segment.Speech(
                speech.tokens(),
                goesOn ? voicing.speakAfterPrompt(speech.tokens()) : voicing.speak(speech.tokens()),
                null));
      }
    }
    if (segments.isEmpty() && output == OutputModality.TEXT) {
      segments.add(Segment.text(""));
    }
    return segments;
  }
}
