package org.spiritlm.training.voice;

import org.spiritlm.torch.AdamW;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.InputException;
import org.spiritlm.training.LearningRate;
import org.spiritlm.training.OptimiserSettings;
import org.spiritlm.training.Settings;
import org.spiritlm.units.pitch.PitchQuantizerConfig;

/**
 * How a pitch quantizer is trained; the defaults are those of SPIRIT LM's (Polyak et al., 2021).
 *
 * @param config its sizes
 * @param optimiser its rate falls by 0.999 an epoch there, here along a half cosine
 * @param codebook how codes follow
 * @param batch stretches of a step
 * @param segment frames (of 5 ms) of a stretch, a multiple of those of a code
 * @param commitment how much the distance of vectors from their codes counts
 * @param hertz a difference of so many Hz counts as much as a wrong voicing flag
 * @param seed of first values and of what is drawn
 */
record PitchSettings(
    PitchQuantizerConfig config,
    OptimiserSettings optimiser,
    Codebook.Options codebook,
    int batch,
    int segment,
    double commitment,
    double hertz,
    long seed) {
  private static final OptimiserSettings OPTIMISER =
      new OptimiserSettings(
          new LearningRate(2e-4, 0, LearningRate.Schedule.COSINE, 0.05),
          new AdamW.Options(0.8, 0.99, 1e-8, 0.01),
          0);

  private static final double DECAY = 0.99;
  private static final double DEAD_BELOW = 0.1;

  /** 16,640 samples. */
  private static final int SEGMENT = 208;

  private static final double COMMITMENT = 0.02;

  /** About the deviation of a voice's pitch. */
  private static final double HERTZ = 30;

  /** Reads them. */
  static PitchSettings of(Settings settings) {
    PitchQuantizerConfig config = config(settings.below("network"));
    Settings codebook = settings.below("codebook");
    int segment = settings.positive("segment", SEGMENT);
    int frames = (int) Math.pow(config.stride(), config.downs());
    if (segment % frames != 0) {
      throw new InputException(
          "'segment' must be a multiple of the " + frames + " frames of a code, found " + segment);
    }
    double hertz = settings.number("hertz", HERTZ);
    double decay = codebook.number("decay", DECAY);
    if (hertz == 0 || decay >= 1) {
      throw new InputException(
          "'hertz' must be above 0 and 'codebook.decay' below 1, found " + hertz + ", " + decay);
    }
    return new PitchSettings(
        config,
        OptimiserSettings.of(settings.below("optimiser"), OPTIMISER),
        new Codebook.Options(decay, codebook.number("dead_below", DEAD_BELOW)),
        settings.positive("batch", 16),
        segment,
        settings.number("commitment", COMMITMENT),
        hertz,
        settings.seed("seed", 0));
  }

  private static PitchQuantizerConfig config(Settings network) {
    PitchQuantizerConfig released = PitchQuantizerConfig.RELEASED;
    try {
      return new PitchQuantizerConfig(
          released.features(),
          network.positive("width", released.width()),
          network.positive("depth", released.depth()),
          network.number("widening", released.widening()),
          network.positive("growth", released.growth()),
          network.positive("downs", released.downs()),
          network.positive("stride", released.stride()),
          network.positive("embedding", released.embedding()),
          network.positive("codes", released.codes()));
    } catch (CheckpointException e) {
      throw new InputException(String.valueOf(e.getMessage()), e);
    }
  }

  /** Frames of a code. */
  int frames() {
    return (int) Math.pow(config.stride(), config.downs());
  }
}
