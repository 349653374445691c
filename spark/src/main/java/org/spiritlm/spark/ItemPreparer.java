package org.spiritlm.spark;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.corpus.AudioLocation;
import org.spiritlm.corpus.Manifest;
import org.spiritlm.corpus.PreparedUtterance;
import org.spiritlm.corpus.Rejection;
import org.spiritlm.corpus.Utterance;
import org.spiritlm.corpus.UtteranceChecks;
import org.spiritlm.corpus.WordSpans;
import org.spiritlm.json.JsonLine;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.InputException;
import org.spiritlm.units.SpeechTokenizer;
import org.spiritlm.units.SpeechUnits;

/** Makes a prepared utterance of a line of the manifest, or says why it cannot be used. */
final class ItemPreparer {
  private final SpeechModels models;
  private final CorpusAudio audio;
  private final String model;
  private final String code;
  private final long[] duplicates;

  /**
   * For one model.
   *
   * @param model its name in the table
   * @param code the version of this library
   * @param duplicates the numbers of lines whose ids were there before, sorted
   */
  ItemPreparer(
      SpeechModels models, CorpusAudio audio, String model, String code, long[] duplicates) {
    this.models = models;
    this.audio = audio;
    this.model = model;
    this.code = code;
    this.duplicates = duplicates;
  }

  /**
   * What became of a line: one of the two is null.
   *
   * @param samples of its audio
   */
  record Outcome(
      @Nullable PreparedUtterance prepared, @Nullable Rejection rejection, long samples) {}

  /** Prepares the utterance of a line. */
  Outcome prepare(ManifestLines.Line line) {
    JsonLine json;
    try {
      json = line.json();
    } catch (InputException e) {
      return rejected(new Rejection(line.where(), null, String.valueOf(e.getMessage())));
    }
    @Nullable Utterance read = null;
    try {
      read = Manifest.parse(json);
      if (Arrays.binarySearch(duplicates, line.number()) >= 0) {
        throw new InputException("the id '" + read.id() + "' was there before");
      }
      new UtteranceChecks().check(read);
      return prepare(read);
    } catch (CheckpointException e) {
      throw e; // the same for every item
    } catch (InputException e) {
      AudioLocation location = read == null ? null : read.audio();
      return rejected(
          new Rejection(
              id(json),
              location,
              line.where() + ": " + reason(String.valueOf(e.getMessage()), line)));
    }
  }

  private static Outcome rejected(Rejection rejection) {
    return new Outcome(null, rejection, 0);
  }

  /** The id, or the line's place where there is none. */
  private static String id(JsonLine json) {
    JsonNode id = json.object().get("id");
    return id != null && id.isTextual() && !id.textValue().isBlank()
        ? id.textValue()
        : json.where();
  }

  /** A reason without the line's place, which it may begin with. */
  private static String reason(String message, ManifestLines.Line line) {
    String prefix = line.where() + ": ";
    return message.startsWith(prefix) ? message.substring(prefix.length()) : message;
  }

  private Outcome prepare(Utterance utterance) {
    double seconds;
    SpeechUnits units;
    try (AudioReader reader = audio.open(utterance)) {
      units = models.speech().encode(reader);
      seconds = reader.seconds();
    }
    if (units.hubert().length == 0) {
      throw new InputException(
          seconds
              + " s of audio hold no speech unit; expected at least "
              + (double) SpeechTokenizer.SHORTEST_PIECE / Audio.SPEECH_RATE
              + " s");
    }
    String text = utterance.text();
    PreparedUtterance prepared =
        new PreparedUtterance(
            utterance.id(),
            utterance.speaker(),
            utterance.style(),
            utterance.split(),
            seconds,
            units,
            WordSpans.of(utterance, seconds, units.hubert().length, models.rate()),
            text,
            text == null || models.text() == null ? null : models.text().encode(text, false),
            model,
            code);
    return new Outcome(prepared, null, Math.round(seconds * Audio.SPEECH_RATE));
  }
}
