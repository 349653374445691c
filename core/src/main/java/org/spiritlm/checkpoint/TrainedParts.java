package org.spiritlm.checkpoint;

import java.nio.file.Path;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.TensorMap;
import org.spiritlm.torch.Weights;
import org.spiritlm.units.pitch.Fcpe;
import org.spiritlm.units.pitch.PitchQuantizerConfig;
import org.spiritlm.units.style.StyleConfig;
import org.spiritlm.vocoder.VocoderConfig;

/**
 * Writes parts that were trained, each in a directory of its own, from which {@link ModelAssembly}
 * takes them.
 */
public final class TrainedParts {
  private TrainedParts() {}

  /**
   * Writes a vocoder.
   *
   * @param target a directory that does not exist or is empty
   * @param tensors by the names of {@link org.spiritlm.vocoder.Vocoder}
   * @throws org.spiritlm.torch.InputException if the target exists or cannot be written
   */
  public static void writeVocoder(Path target, VocoderConfig config, Map<String, Tensor> tensors) {
    Directories.write(
        target,
        directory -> {
          OwnLayoutWriter writer = OwnLayoutWriter.ofOnePart(directory);
          writer.vocoder(config);
          writer.vocoder(source(target, tensors), DType.F32);
        });
  }

  /**
   * Writes a pitch quantizer and the network whose pitch it takes; the released one comes with this
   * program and is not written again.
   *
   * @param target a directory that does not exist or is empty
   * @param base the model whose network is taken, or null for the released one
   * @param tensors by the names of {@link org.spiritlm.units.pitch.PitchQuantizer}, and the
   *     decoder's
   * @throws org.spiritlm.torch.InputException if the target exists or cannot be written
   */
  public static void writePitch(
      Path target,
      @Nullable ModelDirectory base,
      PitchQuantizerConfig config,
      Map<String, Tensor> tensors) {
    Directories.write(
        target,
        directory -> {
          OwnLayoutWriter writer = OwnLayoutWriter.ofOnePart(directory);
          if (base == null) {
            writer.pitchQuantizer(config, source(target, tensors));
          } else {
            writer.pitch(base.layout().pitchNetwork(), config, source(target, tensors));
          }
        });
  }

  /** The released network that finds the fundamental frequency, which comes with this product. */
  public static Fcpe releasedPitchNetwork(Device device) {
    FcpeFile file = FcpeFile.bundled();
    return new Fcpe(Weights.of(file.weights()).as(DType.F32).on(device), file.config());
  }

  /**
   * Writes a style tokenizer.
   *
   * @param target a directory that does not exist or is empty
   * @param tensors by the names of Hugging Face's {@code Wav2Vec2ForSequenceClassification}
   * @throws org.spiritlm.torch.InputException if the target exists or cannot be written
   */
  public static void writeStyle(Path target, StyleConfig config, Map<String, Tensor> tensors) {
    Directories.write(
        target,
        directory -> OwnLayoutWriter.ofOnePart(directory).style(config, source(target, tensors)));
  }

  /**
   * Writes an aligner with its tensors in another type, such as bfloat16, which halves its file.
   *
   * @param target a directory that does not exist or is empty
   * @param from the aligner, see {@link org.spiritlm.alignment.Aligner#open}
   * @throws org.spiritlm.torch.InputException if the target exists or cannot be written
   * @throws org.spiritlm.torch.CheckpointException if the aligner cannot be read
   */
  public static void writeAligner(Path target, Path from, DType dtype) {
    Directories.write(
        target, directory -> OwnLayoutWriter.ofOnePart(directory).aligner(from, dtype));
  }

  private static TensorMap source(Path target, Map<String, Tensor> tensors) {
    return new TensorMap(target.toString(), tensors);
  }
}
