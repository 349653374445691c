package org.spiritlm.training.voice;

import java.nio.file.Path;
import java.util.List;
import org.spiritlm.audio.Audio;
import org.spiritlm.vocoder.SourceFilterConfig;
import org.spiritlm.vocoder.VocoderConfig;
import org.spiritlm.vocoder.VocoderConfig.Codes;
import org.spiritlm.vocoder.VocoderConfig.DurationPredictorConfig;
import org.spiritlm.vocoder.VocoderConfig.GeneratorConfig;

/** Small networks, and the released layout of the parity set. */
final class VoiceModels {
  private VoiceModels() {}

  /** A file of the parity set's checkpoints. */
  static Path parity(String relative) {
    return Path.of("..", "core", "src", "test", "resources", "parity", "checkpoints")
        .resolve(relative);
  }

  /** A vocoder of 64 samples a frame. */
  static VocoderConfig vocoder(boolean expressive) {
    return new VocoderConfig(
        Audio.SPEECH_RATE,
        20,
        expressive ? new Codes(9, 2) : null,
        expressive ? new Codes(7, 5) : null,
        List.of("ann", "bob", "eve"),
        expressive ? List.of() : List.of("calm", "glad"),
        6,
        new DurationPredictorConfig(5),
        new GeneratorConfig(
            16,
            List.of(8, 4, 2),
            List.of(16, 8, 4),
            List.of(3, 5),
            List.of(List.of(1, 3), List.of(1, 2)),
            null));
  }

  /** The same with two steps of 32 samples a frame before a source and a filter. */
  static VocoderConfig sourceAndFilter(boolean expressive) {
    VocoderConfig config = vocoder(expressive);
    return new VocoderConfig(
        config.sampleRate(),
        config.units(),
        config.pitch(),
        config.styleTokens(),
        config.speakers(),
        config.styles(),
        config.embedding(),
        config.durationPredictor(),
        new GeneratorConfig(
            16,
            List.of(2),
            List.of(4),
            List.of(3, 5),
            List.of(List.of(1, 3), List.of(1, 2)),
            new SourceFilterConfig(32, 6)));
  }
}
