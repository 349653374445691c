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
import org.spiritlm.corpus.UtterancePreparer;
import org.spiritlm.json.JsonLine;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.InputException;

/** Makes a prepared utterance of a line of the manifest, or says why it cannot be used. */
final class ItemPreparer {
  private final UtterancePreparer preparer;
  private final CorpusAudio audio;
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
    this.preparer =
        new UtterancePreparer(models.speech(), models.text(), models.rate(), model, code);
    this.audio = audio;
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
    try (AudioReader reader = audio.open(utterance)) {
      PreparedUtterance prepared = preparer.prepare(utterance, reader);
      return new Outcome(prepared, null, Math.round(prepared.seconds() * Audio.SPEECH_RATE));
    }
  }
}
