package org.spiritlm.units.pitch;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.Initializer;
import org.spiritlm.torch.Linear;
import org.spiritlm.torch.Normalization;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;

/**
 * FCPE, the fast context-based pitch estimator: from a log-mel spectrogram to a likelihood for each
 * pitch bin. Tensor names are those of torchfcpe 0.0.4.
 */
public final class Fcpe {
  static final double EPSILON = 1e-5; // of all norms
  private static final int INPUT_GROUPS = 4;
  private static final double INPUT_SLOPE = 0.01;
  private static final int HARMONICS = 9;
  private static final Pattern LAYER_NORM =
      Pattern.compile("net\\.encoder_layers\\.\\d+\\.norm\\.(weight|bias)");

  private final FcpeConfig config;
  private final Device device;
  private final TimeConvolution input;
  private final Normalization inputNorm;
  private final TimeConvolution hidden;
  private final @Nullable Tensor fundamental; // [D]
  private final List<FcpeLayer> layers = new ArrayList<>();
  private final Normalization norm;
  private final Linear output;
  private final float[] cents; // [P]

  /**
   * Takes every tensor of a network.
   *
   * @throws org.spiritlm.torch.CheckpointException if one is missing, has another shape, or is not
   *     of this network
   */
  public Fcpe(Weights weights, FcpeConfig config) {
    this.config = config;
    this.device = weights.device();
    int width = config.width();
    Weights stack = weights.at("input_stack");
    this.input = convolution(stack.at(0), config.mel().mels(), width);
    this.inputNorm = Normalization.group(stack.at(1), INPUT_GROUPS, width, EPSILON);
    this.hidden = convolution(stack.at(3), width, width);
    this.fundamental = config.harmonics() ? fundamental(weights, width) : null;
    for (int i = 0; i < config.layers(); i++) {
      layers.add(new FcpeLayer(weights.at("net", "encoder_layers", i), config));
    }
    this.norm = Normalization.layer(weights.at("norm"), width, EPSILON);
    this.output = Linear.weightNorm(weights.at("output_proj"), width, config.bins());
    this.cents =
        Tensors.floats(
            weights.tensor("cent_table", (tensor, random) -> fillCents(tensor), config.bins()));
    weights.finish(this::superfluous);
  }

  /** Whether a tensor serves training alone: the blurred target, and norms before no attention. */
  private boolean superfluous(String name) {
    return name.equals("gaussian_blurred_cent_mask")
        || (!config.attention() && LAYER_NORM.matcher(name).matches());
  }

  /** The sizes. */
  public FcpeConfig config() {
    return config;
  }

  /** The pitch of each bin, in cents above 10 Hz. */
  float[] cents() {
    return cents;
  }

  /**
   * Likelihood of each pitch bin.
   *
   * @param mel [T, M]
   * @return [T, P], each value in (0, 1)
   */
  public Tensor forward(Tensor mel) {
    try (Scope scope = Scope.open()) {
      Tensor x = hidden.forward(normalise(input.forward(device.place(mel)))); // [T, D]
      if (fundamental != null) {
        x.add_(fundamental);
      }
      for (FcpeLayer layer : layers) {
        try (Scope inner = Scope.open()) {
          layer.forward(x);
        }
      }
      return scope.keep(output.forward(norm.forward(x)).sigmoid_());
    }
  }

  private Tensor normalise(Tensor x) {
    Tensor byChannel = inputNorm.forward(x.t().unsqueeze(0)); // [1, D, T]
    return torch.leaky_relu_(byChannel, Tensors.scalar(INPUT_SLOPE)).squeeze(0).t(); // [T, D]
  }

  private static TimeConvolution convolution(Weights weights, int in, int out) {
    return new TimeConvolution(weights, TimeConvolution.Shape.same(in, out, 1));
  }

  private static Tensor fundamental(Weights weights, int width) {
    Tensor table =
        weights.at("harmonic_emb").tensor("weight", Initializer.normal(1), HARMONICS, width);
    try (Scope scope = Scope.open()) {
      return Scope.detach(table.select(0, 0));
    }
  }

  private void fillCents(Tensor tensor) {
    float[] table = new float[config.bins()];
    double low = toCents(config.lowest());
    double high = toCents(config.highest());
    for (int i = 0; i < table.length; i++) {
      table[i] = (float) (low + (high - low) * i / Math.max(1, table.length - 1));
    }
    tensor.copy_(Tensors.of(table));
  }

  private static double toCents(double hertz) {
    return 1200 * Math.log(hertz / 10) / Math.log(2);
  }
}
