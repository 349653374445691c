package org.spiritlm.alignment;

import java.util.ArrayList;
import java.util.List;
import org.spiritlm.audio.Audio;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config;

/**
 * Words' times from the frames of their letters.
 *
 * <p>A frame stands for as many samples as lie between two frames, around the middle of those that
 * it is computed from; around the letters of a word lie its {@linkplain WordMargins margins}.
 */
final class WordTimes {
  /** Times are rounded to this part of a second, and scores to this part of one. */
  private static final double PRECISION = 1e4;

  private final Wav2Vec2Config encoder;
  private final double step; // samples
  private final WordMargins margins;
  private final double seconds;

  WordTimes(CtcConfig config, double seconds) {
    this.encoder = config.encoder();
    this.step = (double) encoder.stride() / config.labelsPerFrame();
    this.margins = config.margins();
    this.seconds = seconds;
  }

  AlignedTranscript of(Transcript transcript, CtcAlignment alignment) {
    List<AlignedWord> words = new ArrayList<>();
    double total = 0;
    int frames = 0;
    double last = second(firstFrame(alignment));
    for (Transcript.Word word : transcript.words()) {
      double sum = 0;
      int count = 0;
      double start = last;
      for (int i = word.from(); i < word.to(); i++) {
        LabelSpan span = alignment.spans().get(i);
        start = i == word.from() ? second(span.start()) : start;
        last = second(span.end());
        if (transcript.labels()[i] != transcript.wildcard()) {
          sum += alignment.score(span.start(), span.end());
          count += span.end() - span.start();
        }
      }
      Double score = count == 0 ? null : (Double) rounded(sum / count);
      words.add(new AlignedWord(word.text(), start, last, score));
      total += sum;
      frames += count;
    }
    List<AlignedWord> wider =
        margins.around(words, seconds).stream().map(WordTimes::rounded).toList();
    return new AlignedTranscript(wider, rounded(total / frames), seconds);
  }

  private static int firstFrame(CtcAlignment alignment) {
    return alignment.spans().isEmpty() ? 0 : alignment.spans().get(0).start();
  }

  /** When a step begins: a frame, or a part of one. */
  private double second(long number) {
    double sample = number * step + (encoder.receptiveField() - encoder.stride()) / 2.0;
    return rounded(Math.min(seconds, Math.max(0, sample / Audio.SPEECH_RATE)));
  }

  private static AlignedWord rounded(AlignedWord word) {
    return new AlignedWord(word.word(), rounded(word.start()), rounded(word.end()), word.score());
  }

  static double rounded(double value) {
    return Math.rint(value * PRECISION) / PRECISION;
  }
}
