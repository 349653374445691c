package org.spiritlm.training.voice;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.Embedding;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;
import org.spiritlm.units.pitch.PitchContour;
import org.spiritlm.vocoder.VocoderConfig;

/**
 * The unit HiFi-GAN with its duration predictor as plain operations over batches, which carry
 * gradients: the tensor names and the values of {@link org.spiritlm.vocoder.Vocoder}.
 */
final class TrainableVocoder {
  private final VocoderConfig config;
  private final Device device;
  private final Embedding unit;
  private final @Nullable Embedding pitch;
  private final @Nullable Embedding styleToken;
  private final @Nullable Embedding speaker;
  private final @Nullable Embedding style;
  private final @Nullable TrainableDurations durations;
  private final TrainableGenerator generator;
  private final @Nullable TrainableSourceFilter sourceFilter;

  TrainableVocoder(Weights weights, VocoderConfig config) {
    this.config = config;
    this.device = weights.device();
    this.unit = embedding(weights, "dict", config.units());
    this.pitch =
        config.pitch() == null ? null : embedding(weights, "f0_dict", config.pitch().count());
    this.styleToken =
        config.styleTokens() == null
            ? null
            : embedding(weights, "style_dict", config.styleTokens().count());
    this.speaker =
        config.speakers().isEmpty() ? null : embedding(weights, "spkr", config.speakers().size());
    this.style =
        config.styles().isEmpty() ? null : embedding(weights, "style", config.styles().size());
    this.durations =
        config.durationPredictor() == null
            ? null
            : new TrainableDurations(
                weights.at("dur_predictor"), config.durationPredictor(), config.embedding());
    this.generator = new TrainableGenerator(weights, config);
    this.sourceFilter =
        config.generator().sourceFilter() == null
            ? null
            : new TrainableSourceFilter(config.generator().sourceFilter());
    weights.finish();
  }

  private Embedding embedding(Weights weights, String name, int count) {
    return new Embedding(weights.at(name), count, config.embedding());
  }

  VocoderConfig config() {
    return config;
  }

  /** Where the parameters lie. */
  Device device() {
    return device;
  }

  /** Whether durations are predicted. */
  boolean predictsDurations() {
    return durations != null;
  }

  /** Frames to samples, [B, N], between -1 and 1, whose pitch is the vocoder's own. */
  Tensor forward(FrameBatch batch) {
    return sound(drive(batch), null);
  }

  /**
   * What the generator's network gives to samples, [B, N].
   *
   * @param contours of the recordings, which the source of a generator that has one follows while
   *     it learns; null otherwise
   */
  Tensor sound(Tensor given, @Nullable List<PitchContour> contours) {
    try (Scope scope = Scope.open()) {
      return scope.keep(
          sourceFilter == null ? given.tanh().squeeze(1) : sourceFilter.forward(given, contours));
    }
  }

  /** How wrong the pitch is that the network gives, a scalar; of a generator with a source. */
  Tensor contourLoss(Tensor given, List<PitchContour> contours) {
    return Objects.requireNonNull(sourceFilter).contourLoss(given, contours, device);
  }

  /** Frames to what the generator's network gives, [B, C, T]. */
  Tensor drive(FrameBatch batch) {
    try (Scope scope = Scope.open()) {
      List<Tensor> parts = new ArrayList<>();
      parts.add(vectors(unit, batch.units()));
      if (pitch != null && batch.pitch() != null) {
        parts.add(vectors(pitch, batch.pitch()));
      }
      if (styleToken != null && batch.styleTokens() != null) {
        parts.add(vectors(styleToken, batch.styleTokens()));
      }
      if (speaker != null) {
        parts.add(everywhere(speaker, batch.speakers(), batch.frames()));
      }
      if (style != null) {
        parts.add(everywhere(style, batch.styles(), batch.frames()));
      }
      return scope.keep(generator.forward(Tensors.cat(parts, 2).transpose(1, 2)));
    }
  }

  /** Ids of one length to vectors, [B, F, E]. */
  private Tensor vectors(Embedding table, int[][] ids) {
    return table.forward(
        device.place(Tensors.of(joined(ids, ids[0].length), ids.length, ids[0].length)));
  }

  /** One vector an item in all its frames, [B, F, E]. */
  private Tensor everywhere(Embedding table, int[] ids, int frames) {
    return table.forward(device.place(Tensors.of(ids))).unsqueeze(1).expand(-1, frames, -1);
  }

  /**
   * How wrong the predicted durations are: the mean of squared differences of log(1 + frames) over
   * all units, a scalar.
   *
   * @throws IllegalStateException if the vocoder predicts none
   */
  Tensor durationLoss(DurationBatch batch) {
    if (durations == null) {
      throw new IllegalStateException("a vocoder without a duration predictor");
    }
    int longest = batch.longest();
    float[] expected = new float[batch.units().length * longest];
    float[] there = new float[expected.length];
    int all = 0;
    for (int item = 0; item < batch.units().length; item++) {
      int[] frames = batch.frames()[item];
      for (int i = 0; i < frames.length; i++) {
        expected[item * longest + i] = (float) Math.log1p(frames[i]);
        there[item * longest + i] = 1;
        all++;
      }
    }
    try (Scope scope = Scope.open()) {
      int count = batch.units().length;
      Tensor ids = device.place(Tensors.of(joined(batch.units(), longest), count, longest));
      Tensor mask = device.place(Tensors.of(there, count, longest));
      Tensor found = durations.forward(unit.forward(ids), mask.unsqueeze(2)); // [B, U]
      Tensor wanted = device.place(Tensors.of(expected, count, longest));
      Tensor squares = found.sub(wanted).square().mul(mask);
      return scope.keep(squares.sum().div(Tensors.scalar(all)));
    }
  }

  /** Rows one after another, zeros where they are shorter than this. */
  private static int[] joined(int[][] rows, int width) {
    int[] all = new int[rows.length * width];
    for (int row = 0; row < rows.length; row++) {
      System.arraycopy(rows[row], 0, all, row * width, rows[row].length);
    }
    return all;
  }
}
