package org.spiritlm.training.voice;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Products;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;
import org.spiritlm.training.voice.TrainableConvolution.Shape;

/**
 * HiFi-GAN's discriminators (Kong et al., 2020): some hear every p-th sample, others the sound at
 * lower and lower rates.
 *
 * <p>Differs from the paper: the discriminator of the full rate has weight norm as the others have,
 * not spectral norm.
 */
final class Discriminators {
  private static final Scalar SLOPE = Scope.release(new Scalar(0.1));
  private static final ScalarTypeOptional FLOAT =
      Scope.release(new ScalarTypeOptional(DType.F32.scalarType()));

  /** Output channels of the layers in the paper, for a width of 1024. */
  private static final int[] PERIOD_CHANNELS = {32, 128, 512, 1024, 1024};

  private static final int PERIOD_KERNEL = 5;
  private static final int PERIOD_STRIDE = 3;

  private static final int[] SCALE_CHANNELS = {128, 128, 256, 512, 1024, 1024, 1024};
  private static final int[] SCALE_KERNELS = {15, 41, 41, 41, 41, 41, 5};
  private static final int[] SCALE_STRIDES = {1, 2, 2, 4, 4, 1, 1};
  private static final int[] SCALE_GROUPS = {1, 4, 16, 16, 16, 16, 1};

  private static final int PAPER_WIDTH = 1024;

  /** Kernel of the layer that judges. */
  private static final int LAST_KERNEL = 3;

  private final List<Discriminator> all = new ArrayList<>();
  private final Map<String, Tensor> parameters;

  /**
   * How many and how large.
   *
   * @param periods the distances of samples that are heard together
   * @param scales how many rates, each half of the one before
   * @param width channels of the widest layers; a multiple of 32
   */
  record Sizes(List<Integer> periods, int scales, int width) {
    /** Those of the paper. */
    static final Sizes PAPER = new Sizes(List.of(2, 3, 5, 7, 11), 3, PAPER_WIDTH);

    private int scaled(int channels) {
      return channels * width / PAPER_WIDTH;
    }
  }

  /** How a discriminator sees samples, [B, N]: as [B', 1, T]. */
  private interface View {
    Tensor of(Tensor samples);
  }

  private record Discriminator(
      View view, List<TrainableConvolution> layers, TrainableConvolution last) {
    /** What each layer makes of samples, [B, N]; the last is the judgement of each place. */
    List<Tensor> forward(Tensor samples) {
      List<Tensor> features = new ArrayList<>();
      Tensor x = Products.rounded(view.of(samples));
      for (TrainableConvolution layer : layers) {
        x = torch.leaky_relu(layer.forward(x), SLOPE);
        features.add(x);
      }
      features.add(last.forward(x).to(samples.scalar_type()));
      return features;
    }
  }

  /** Takes {@code periods} and {@code scales}; the weights are theirs alone. */
  Discriminators(Weights weights, Sizes sizes) {
    for (int i = 0; i < sizes.periods().size(); i++) {
      int period = sizes.periods().get(i);
      all.add(ofPeriod(weights.at("periods", i), sizes, x -> everyNth(x, period)));
    }
    for (int i = 0; i < sizes.scales(); i++) {
      int halvings = i;
      all.add(ofScale(weights.at("scales", i), sizes, x -> halved(x, halvings)));
    }
    this.parameters = weights.taken();
  }

  private static Discriminator ofPeriod(Weights weights, Sizes sizes, View view) {
    List<TrainableConvolution> layers = new ArrayList<>();
    int in = 1;
    for (int i = 0; i < PERIOD_CHANNELS.length; i++) {
      int out = sizes.scaled(PERIOD_CHANNELS[i]);
      int stride = i < PERIOD_CHANNELS.length - 1 ? PERIOD_STRIDE : 1;
      Shape shape = Shape.strided(in, out, PERIOD_KERNEL, stride, PERIOD_KERNEL / 2);
      layers.add(TrainableConvolution.weightNorm(weights.at("layers", i), shape));
      in = out;
    }
    return new Discriminator(view, layers, last(weights, in));
  }

  private static Discriminator ofScale(Weights weights, Sizes sizes, View view) {
    List<TrainableConvolution> layers = new ArrayList<>();
    int in = 1;
    for (int i = 0; i < SCALE_CHANNELS.length; i++) {
      int out = sizes.scaled(SCALE_CHANNELS[i]);
      int groups = SCALE_GROUPS[i];
      while (in % groups != 0 || out % groups != 0) {
        groups /= 2;
      }
      Shape shape =
          Shape.strided(in, out, SCALE_KERNELS[i], SCALE_STRIDES[i], SCALE_KERNELS[i] / 2)
              .groups(groups);
      layers.add(TrainableConvolution.weightNorm(weights.at("layers", i), shape));
      in = out;
    }
    return new Discriminator(view, layers, last(weights, in));
  }

  private static TrainableConvolution last(Weights weights, int in) {
    return TrainableConvolution.weightNorm(weights.at("last"), Shape.same(in, 1, LAST_KERNEL, 1));
  }

  /**
   * Each n-th sample as a row of its own, [B · n, 1, N / n]; the end is mirrored to fill the last.
   */
  private static Tensor everyNth(Tensor samples, int n) {
    long count = samples.size(0);
    long missing = (n - samples.size(1) % n) % n;
    Tensor whole = missing == 0 ? samples : torch.reflection_pad1d(samples, 0, missing);
    return whole.view(count, -1, n).transpose(1, 2).reshape(count * n, 1, whole.size(1) / n);
  }

  private static Tensor halved(Tensor samples, int times) {
    Tensor x = samples.unsqueeze(1);
    for (int i = 0; i < times; i++) {
      x = torch.avg_pool1d(x, new long[] {4}, new long[] {2}, new long[] {2}, false, true);
    }
    return x;
  }

  /** The parameters by name. */
  Map<String, Tensor> parameters() {
    return parameters;
  }

  /** How badly they tell what is real (1) from what is not (0), a scalar: squares of errors. */
  Tensor loss(Tensor real, Tensor made) {
    List<Tensor> errors = new ArrayList<>();
    for (Discriminator each : all) {
      errors.add(squaredFromOne(judgement(each.forward(real))));
      errors.add(judgement(each.forward(made)).square().mean());
    }
    return sum(errors);
  }

  /**
   * What they think of what was made.
   *
   * @param adversarial how far they are from taking it for real, a scalar
   * @param features how far their layers are from what they make of the real sound, a scalar
   */
  record Opinion(Tensor adversarial, Tensor features) {
    /** That of discriminators that are not asked: zeros like a scalar. */
    static Opinion none(Tensor scalar) {
      Tensor zero = torch.zeros_like(scalar);
      return new Opinion(zero, zero);
    }
  }

  /**
   * Their opinion, whose gradients reach what was made; the discriminators themselves gather none.
   */
  Opinion opinion(Tensor real, Tensor made) {
    parameters.values().forEach(parameter -> parameter.set_requires_grad(false));
    try {
      List<Tensor> errors = new ArrayList<>();
      List<Tensor> distances = new ArrayList<>();
      for (Discriminator each : all) {
        List<Tensor> ofReal = each.forward(real);
        List<Tensor> ofMade = each.forward(made);
        errors.add(squaredFromOne(judgement(ofMade)));
        for (int i = 0; i < ofReal.size(); i++) {
          distances.add(ofMade.get(i).sub(ofReal.get(i)).abs().mean(FLOAT));
        }
      }
      return new Opinion(sum(errors), sum(distances));
    } finally {
      parameters.values().forEach(parameter -> parameter.set_requires_grad(true));
    }
  }

  private static Tensor judgement(List<Tensor> features) {
    return features.get(features.size() - 1);
  }

  private static Tensor squaredFromOne(Tensor judgement) {
    return judgement.sub(Tensors.scalar(1)).square().mean();
  }

  private static Tensor sum(List<Tensor> scalars) {
    Tensor sum = scalars.get(0);
    for (Tensor more : scalars.subList(1, scalars.size())) {
      sum = sum.add(more);
    }
    return sum;
  }
}
