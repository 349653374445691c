package org.spiritlm.server;

import java.util.ArrayList;
import java.util.List;
import org.spiritlm.Segment;
import org.spiritlm.SpiritLm;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.vocoder.VocoderConfig;

/** What was heard of an answer by somebody who listened to it for some time. */
final class HeardAnswer {
  private HeardAnswer() {}

  /**
   * The speech that ended by then, unit by unit as the vocoder says them, and the text before it.
   *
   * @param said the answer
   * @param millis of its speech that were heard; where that is more than it has, all was
   * @param vocoder of the model
   */
  static List<Segment> of(List<Segment> said, long millis, SpiritLm model, VocoderConfig vocoder) {
    long left = millis * vocoder.sampleRate() / 1000; // samples
    List<Segment> heard = new ArrayList<>();
    for (Segment segment : said) {
      if (left <= 0) {
        break;
      }
      SpeechTokens tokens = segment instanceof Segment.Speech speech ? speech.tokens() : null;
      if (tokens == null) {
        heard.add(segment);
        continue;
      }
      long[] ends = AnswerTimeline.ends(tokens, model, vocoder);
      int ended = 0;
      while (ended < ends.length && ends[ended] <= left) {
        ended++;
      }
      left -= ended == 0 ? 0 : ends[ended - 1];
      if (ended > 0) {
        heard.add(Segment.speech(ended == ends.length ? tokens : tokens.firstUnits(ended)));
      }
      if (ended < ends.length) {
        break;
      }
    }
    return heard;
  }
}
