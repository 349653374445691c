package org.spiritlm.alignment;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.spiritlm.torch.Linear;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Weights;
import org.spiritlm.units.wav2vec2.Wav2Vec2Encoder;

/**
 * A wav2vec 2.0 or HuBERT encoder with a CTC head: samples to the log-probabilities of labels.
 *
 * <p>Tensor names are those of Hugging Face's {@code Wav2Vec2ForCTC} and {@code HubertForCTC}. Safe
 * for use by several threads.
 */
public final class CtcModel {
  private static final String HEAD = "lm_head";

  private final CtcConfig config;
  private final Wav2Vec2Encoder encoder;
  private final Linear head;

  /**
   * Loads or initialises a model.
   *
   * @throws org.spiritlm.torch.CheckpointException if tensors are missing, misshapen or left over
   */
  public CtcModel(Weights weights, CtcConfig config) {
    String path = config.family().key();
    this.config = config;
    this.encoder = new Wav2Vec2Encoder(weights.at(path), config.encoder());
    this.head =
        new Linear(
            weights.at(HEAD),
            config.encoder().width(),
            (long) config.labelsPerFrame() * config.labels());
    weights.finish(
        name ->
            name.startsWith(path + ".")
                && Wav2Vec2Encoder.superfluous(name.substring(path.length() + 1)));
  }

  /** Network and labels. */
  public CtcConfig config() {
    return config;
  }

  /**
   * Log-probabilities of the labels in all steps of several waveforms, one after another: [ΣT, V].
   * Each is what it would be alone. A step is a frame, or a part of one where each frame is asked
   * for several labels.
   *
   * @param waveforms mono samples at 16 kHz, as the network was trained to see them
   * @throws org.spiritlm.torch.InputException if one is shorter than a frame, or a sample is not a
   *     finite number
   */
  public Tensor logProbabilities(List<float[]> waveforms) {
    try (Scope scope = Scope.open()) {
      Tensor logits = head.forward(encoder.forward(waveforms)); // [ΣT, V]
      return scope.keep(torch.log_softmax(logits.view(-1, config.labels()), -1));
    }
  }
}
