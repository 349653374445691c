package org.spiritlm.evaluation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.List;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.Resampler;
import org.spiritlm.json.Json;
import org.spiritlm.units.SpeechUnits;
import org.spiritlm.units.pitch.PitchContour;
import org.spiritlm.units.pitch.PitchExtractor;
import org.spiritlm.vocoder.VoiceOptions;

/**
 * Speech that is encoded and decoded again, in the voice of its speaker: how a recogniser hears it,
 * and how far its F0 is from the recording's.
 *
 * <p>What is heard has predicted durations, as all speech of a model has. F0 is compared where each
 * unit lasts one frame, so that both have the same times; the pitch is found by the released FCPE
 * network, whatever the model's own is.
 */
final class ResynthesisMeasure extends HeardMeasure {
  /** How much more than the recordings may be misheard. */
  private static final double MORE = 0.08;

  private static final double MOST_FRAME_ERRORS = 0.16;

  private final Subject subject;
  private final PitchExtractor pitch;

  ResynthesisMeasure(
      Subject subject, List<Item> items, SpeechFiles files, PitchExtractor pitch, Hearing hearing) {
    super(SpeechFiles.RESYNTHESIZED, "resynthesis", items, files, hearing);
    this.subject = subject;
    this.pitch = pitch;
  }

  @Override
  ObjectNode measure(Item item) {
    SpeechUnits units = subject.spoken(item);
    VoiceOptions voice = subject.voice(item);
    Audio heard = subject.model().decode(units, voice).audio();
    Audio timed = subject.model().decode(units, voice.withPredictedDurations(false)).audio();
    keep(item, heard);
    PitchErrors errors = compare(item.samples(), speech(timed));
    return Json.object()
        .put("seconds", heard.seconds())
        .put("frames", errors.frames())
        .put("both_voiced", errors.bothVoiced())
        .put("gross", errors.gross())
        .put("voicing", errors.voicing());
  }

  private static float[] speech(Audio audio) {
    return Resampler.resample(audio.samples(), audio.sampleRate(), Audio.SPEECH_RATE);
  }

  private PitchErrors compare(float[] reference, float[] made) {
    float[] expected = track(reference);
    float[] found = track(made);
    int frames = Math.min(expected.length, found.length);
    return PitchErrors.of(Arrays.copyOf(expected, frames), Arrays.copyOf(found, frames));
  }

  /** The F0 of each frame (Hz), 0 where it is unvoiced. */
  private float[] track(float[] samples) {
    PitchContour contour = pitch.extract(samples);
    float[] track = contour.hertz().clone();
    for (int i = 0; i < track.length; i++) {
      track[i] = contour.voiced()[i] ? track[i] : 0;
    }
    return track;
  }

  @Override
  public void conclude(Results results, Quality quality) {
    super.conclude(results, quality);
    PitchErrors errors = PitchErrors.NONE;
    long compared = 0;
    for (Item item : items()) {
      ObjectNode found = results.of(name(), item.id());
      if (!Results.failed(found)) {
        compared++;
        errors =
            errors.plus(
                new PitchErrors(
                    found.path("frames").asLong(),
                    found.path("both_voiced").asLong(),
                    found.path("gross").asLong(),
                    found.path("voicing").asLong()));
      }
    }
    String title = "F0 frame error of resynthesis";
    Figure figure =
        errors.frames() == 0
            ? Figure.missing("resynthesis.ffe", title, Figure.Form.SHARE, "no speech")
            : Figure.of("resynthesis.ffe", title, Figure.Form.SHARE, errors.frameError(), compared);
    quality.add(
        figure
            .withPaper(subject.paper(0.40, 0.16))
            .withBar(subject.isExpressive() ? Bar.atMost(MOST_FRAME_ERRORS) : null));
  }

  /** The paper's word errors are of Expresso's read speech, LibriSpeech and Fisher together. */
  @Override
  Figure beside(Figure figure, Quality quality) {
    return figure.name().endsWith(".wer")
        ? RecordingMeasure.within(MORE, figure.withPaper(subject.paper(0.234, 0.232)), quality)
        : figure;
  }
}
