package org.spiritlm.evaluation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.spiritlm.audio.Audio;
import org.spiritlm.json.Json;

/** The recordings as they are, beside which all other speech is judged. */
final class RecordingMeasure extends HeardMeasure {
  static final String WORD_ERRORS = SpeechFiles.ORIGINAL + ".wer";

  RecordingMeasure(List<Item> items, SpeechFiles files, Hearing hearing) {
    super(SpeechFiles.ORIGINAL, "recordings", items, files, hearing);
  }

  @Override
  ObjectNode measure(Item item) {
    Audio audio = new Audio(item.samples(), Audio.SPEECH_RATE);
    keep(item, audio);
    return Json.object().put("seconds", audio.seconds());
  }

  @Override
  Figure beside(Figure figure, Quality quality) {
    return figure;
  }

  /** A bar so much above the recordings' own word error rate; none where that is not known. */
  static Figure within(double more, Figure figure, Quality quality) {
    Double own = quality.value(WORD_ERRORS);
    return own == null || !figure.name().endsWith(".wer")
        ? figure
        : figure.withBar(Bar.atMost(own + more));
  }
}
