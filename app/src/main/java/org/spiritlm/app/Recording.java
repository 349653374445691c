package org.spiritlm.app;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.spiritlm.SpiritLm;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.torch.InputException;
import org.spiritlm.units.SpeechTokenizer;
import org.spiritlm.units.SpeechUnits;

/**
 * The speech of an audio file as units.
 *
 * @param seconds length of the audio
 */
record Recording(Path file, double seconds, SpeechUnits units) {
  /** How an audio file is read, by a channel counted from 1 or null for all. */
  static AudioReader.Options options(@Nullable Integer channel) {
    if (channel == null) {
      return AudioReader.Options.speech();
    }
    if (channel < 1) {
      throw new InputException("--channel counts from 1 (the left one), found " + channel);
    }
    return AudioReader.Options.speech().withChannel(channel);
  }

  /** Encodes a file of any length. */
  static Recording read(Path file, AudioReader.Options options, SpiritLm model) {
    try (AudioReader reader = AudioReader.open(file, options)) {
      SpeechUnits units = model.encode(reader);
      return new Recording(file, reader.seconds(), units);
    }
  }

  /** What is said of audio without units. */
  InputException tooShort() {
    return new InputException(
        file
            + ": "
            + seconds
            + " s of audio hold no speech unit; expected at least "
            + (double) SpeechTokenizer.SHORTEST_PIECE / Audio.SPEECH_RATE
            + " s");
  }
}
