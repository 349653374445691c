package org.spiritlm.training.speech;

import java.nio.file.Path;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config;
import org.spiritlm.units.wav2vec2.Wav2Vec2Encoder;

/** The output of one block of a trained encoder. */
public final class EncoderFeatures implements SpeechFeatures {
  private final Wav2Vec2Encoder encoder;
  private final int layer;
  private final Device device;

  private EncoderFeatures(Wav2Vec2Encoder encoder, int layer, Device device) {
    this.encoder = encoder;
    this.layer = layer;
    this.device = device;
  }

  /**
   * Opens an encoder as {@code transformers} or this project saves it, with a head or without.
   *
   * @param layer the block, counted from 1
   * @throws InputException if there is no such block
   * @throws org.spiritlm.torch.CheckpointException if it cannot be used
   */
  public static EncoderFeatures open(Path directory, int layer, Device device) {
    EncoderSource source = EncoderSource.open(directory);
    if (layer < 1 || layer > source.config().layers()) {
      throw new InputException(
          "the layer must be one of the encoder's "
              + source.config().layers()
              + " blocks, counted from 1, found "
              + layer);
    }
    Weights weights = Weights.of(Objects.requireNonNull(source.start())).on(device);
    return new EncoderFeatures(new Wav2Vec2Encoder(weights, source.config()), layer, device);
  }

  /** Sizes of the encoder. */
  public Wav2Vec2Config config() {
    return encoder.config();
  }

  @Override
  public int width() {
    return encoder.config().width();
  }

  @Override
  public int stride() {
    return Math.toIntExact(encoder.config().stride());
  }

  @Override
  public double firstCentre() {
    return encoder.config().receptiveField() / 2.0;
  }

  @Override
  public Tensor of(float[] samples) {
    return encoder.config().frames(samples.length) == 0
        ? device.place(Tensors.zeros(DType.F32, 0, width()))
        : encoder.forward(samples, layer);
  }
}
