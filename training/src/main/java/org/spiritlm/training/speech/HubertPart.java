package org.spiritlm.training.speech;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.SafetensorsFile;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.TensorSource;
import org.spiritlm.torch.Weights;
import org.spiritlm.units.hubert.HubertConfig;
import org.spiritlm.units.hubert.Quantizer;

/** Joins a trained encoder and a quantizer to the part of a model that makes units. */
public final class HubertPart {
  private HubertPart() {}

  /**
   * Writes the part's directory in our own layout.
   *
   * @param encoder as {@code transformers} or this project saves one; a head, as an aligner has it,
   *     is left out
   * @param layer the block, counted from 1, whose output is quantized
   * @param quantizer what k-means or the training of a linear quantizer wrote
   * @param dtype in which the encoder is stored; the quantizer stays as it is
   * @param directory has no model yet; made where it is not there
   * @throws InputException if the two do not fit together, or there is a model already
   */
  public static void write(Path encoder, int layer, Path quantizer, DType dtype, Path directory) {
    EncoderSource source = EncoderSource.open(encoder);
    Quantizer units = Quantizer.load(Weights.of(SafetensorsFile.open(quantizer)));
    int width = source.config().width();
    if (units.width() != width || layer < 1 || layer > source.config().layers()) {
      throw new InputException(
          quantizer
              + " is for features of width "
              + units.width()
              + " and the layer is "
              + layer
              + ", but "
              + encoder
              + " has "
              + source.config().layers()
              + " blocks of width "
              + width);
    }
    TensorSource tensors = Objects.requireNonNull(source.start());
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> encoderTensors = new LinkedHashMap<>();
      tensors
          .names()
          .forEach(name -> encoderTensors.put(name, tensors.load(name).to(dtype.scalarType())));
      SpeechDirectories.write(
          directory,
          new HubertConfig(source.config(), layer, false).json(),
          source.config(),
          encoderTensors);
      Files.copy(quantizer, directory.resolve("quantizer.safetensors"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
