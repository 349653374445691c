package org.spiritlm.evaluation;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.spiritlm.Segment;
import org.spiritlm.SpiritLm;
import org.spiritlm.audio.Audio;
import org.spiritlm.torch.InputException;
import org.spiritlm.units.SpeechUnits;
import org.spiritlm.vocoder.VocoderConfig;
import org.spiritlm.vocoder.VoiceOptions;

/** The model that is judged, with the units that it makes of each utterance. Not thread-safe. */
final class Subject {
  private final SpiritLm model;
  private final Map<String, SpeechUnits> units = new HashMap<>(); // by the utterance's id
  private @Nullable VocoderConfig vocoder;

  Subject(SpiritLm model) {
    this.model = model;
  }

  SpiritLm model() {
    return model;
  }

  boolean isExpressive() {
    return model.directory().isExpressive();
  }

  /** The paper's figure of the model of the same kind. */
  double paper(double base, double expressive) {
    return isExpressive() ? expressive : base;
  }

  /** The units of an item, made once. */
  SpeechUnits units(Item item) {
    return units.computeIfAbsent(
        item.id(), id -> model.encode(new Audio(item.samples(), Audio.SPEECH_RATE)));
  }

  /** Units that were made before. */
  void known(String id, SpeechUnits made) {
    units.put(id, made);
  }

  /**
   * The units of an item.
   *
   * @throws InputException if it is too short to have any
   */
  SpeechUnits spoken(Item item) {
    SpeechUnits made = units(item);
    if (made.hubert().length == 0) {
      throw new InputException("utterance '" + item.id() + "' is too short to have units");
    }
    return made;
  }

  /**
   * An item as tokens, with its sound.
   *
   * @throws InputException if it is too short to have any
   */
  Segment.Speech speech(Item item) {
    return new Segment.Speech(
        model.tokens(spoken(item)), new Audio(item.samples(), Audio.SPEECH_RATE), null);
  }

  /** The voice of an item's speaker where the vocoder has it, else the vocoder's own. */
  VoiceOptions voice(Item item) {
    VocoderConfig config = vocoder;
    if (config == null) {
      config = model.directory().vocoderConfig();
      vocoder = config;
    }
    String speaker = item.utterance().speaker();
    VoiceOptions standard = VoiceOptions.standard();
    return speaker != null && config.speakers().contains(speaker)
        ? standard.withSpeaker(speaker)
        : standard;
  }
}
