package org.spiritlm.training.voice;

import java.nio.file.Path;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.FreshTensors;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.RenamedSource;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.TensorFiles;
import org.spiritlm.torch.TensorInfo;
import org.spiritlm.torch.TensorSource;
import org.spiritlm.torch.Weights;
import org.spiritlm.training.ContinuedTensors;
import org.spiritlm.training.Settings;
import org.spiritlm.vocoder.VocoderConfig;

/**
 * A vocoder that learns on, perhaps other voices or with other sizes.
 *
 * @param config its sizes and voices
 * @param tensors what it has learnt
 */
record KnownVocoder(VocoderConfig config, TensorSource tensors) {
  /**
   * Reads {@code start}, the directory of a vocoder; null where none is given.
   *
   * @throws org.spiritlm.torch.CheckpointException if it cannot be used
   */
  static @Nullable KnownVocoder of(Settings settings) {
    String start = settings.text("start", "");
    if (start.isBlank()) {
      return null;
    }
    Path directory = Path.of(start);
    return new KnownVocoder(VocoderConfig.read(directory), TensorFiles.open(directory));
  }

  /**
   * The weights of a vocoder that begins with this one: tensors of other shapes are fresh, speakers
   * and styles keep what is known of their names.
   *
   * @throws InputException if its units are others, or their vectors of another width
   * @throws CheckpointException if its convolutions have no weight norm
   */
  Weights weights(long seed, Device device, VocoderConfig wanted) {
    if (config.units() != wanted.units() || config.embedding() != wanted.embedding()) {
      throw new InputException(
          tensors.origin()
              + ": the vocoder of 'start' has "
              + config.units()
              + " units in vectors of "
              + config.embedding()
              + ", 'network' asks for "
              + wanted.units()
              + " and "
              + wanted.embedding()
              + "; nothing of it would be of use, so leave out 'start' or those two");
    }
    if (tensors.names().contains("conv_pre.weight")) {
      throw new CheckpointException(
          tensors.origin()
              + ": holds 'conv_pre.weight', whose weight norm was removed; to learn on, take a"
              + " vocoder with 'conv_pre.weight_g' and 'conv_pre.weight_v'");
    }
    FreshTensors fresh = FreshTensors.of(seed, weights -> new TrainableVocoder(weights, wanted));
    TensorSource asked =
        new RenamedSource(tensors, name -> fresh.names().contains(name) ? name : null);
    return new ContinuedTensors(asked, fresh, new Fitting(config, wanted)).weights(device);
  }

  private record Fitting(VocoderConfig known, VocoderConfig wanted)
      implements ContinuedTensors.Fitting {
    @Override
    public boolean isRefitted(String name, TensorInfo before, TensorInfo after) {
      return isOfVoices(name) || !before.shape().equals(after.shape());
    }

    private static boolean isOfVoices(String name) {
      return name.equals("spkr.weight") || name.equals("style.weight");
    }

    @Override
    public void refit(String name, Tensor before, Tensor after) {
      if (!isOfVoices(name) || before.size(1) != after.size(1)) {
        return;
      }
      boolean speakers = name.startsWith("spkr");
      List<String> rows = speakers ? wanted.speakers() : wanted.styles();
      for (int row = 0; row < rows.size(); row++) {
        int there = (speakers ? known.speakers() : known.styles()).indexOf(rows.get(row));
        if (there >= 0) {
          try (Scope scope = Scope.open()) {
            after.select(0, row).copy_(before.select(0, there));
          }
        }
      }
    }
  }
}
