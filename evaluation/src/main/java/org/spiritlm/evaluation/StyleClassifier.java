package org.spiritlm.evaluation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.spiritlm.torch.AdamW;
import org.spiritlm.torch.Gradients;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.Linear;
import org.spiritlm.torch.NoGradients;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;

/**
 * Tells styles by fixed numbers of values: a network with one hidden layer, learnt from examples in
 * which every style counts as much as every other.
 *
 * <p>Each example is also learnt with its values moved a little, those of a block all in one
 * direction, as other microphones or vocoders move them: recordings alone teach differences that
 * say nothing of style. The same examples give the same network. Shapes: N examples, V values, K
 * labels.
 */
final class StyleClassifier implements AutoCloseable {
  private static final int HIDDEN = 64;
  private static final int STEPS = 300;
  private static final double RATE = 0.01;
  private static final AdamW.Options OPTIONS = new AdamW.Options(0.9, 0.99, 1e-8, 1.0);

  /** Deviations below this are those of a value that never changes. */
  private static final double LEAST_DEVIATION = 1e-6;

  /** How often each example is learnt with its values moved. */
  private static final int MOVED = 4;

  /** By how many deviations a block of values is moved, and each value by itself. */
  private static final double BLOCK_MOVE = 0.5;

  private static final double VALUE_MOVE = 0.3;

  /** Standardised values beyond this are outliers and cut to it. */
  private static final double FARTHEST = 5;

  private final List<String> labels;
  private final double[] mean;
  private final double[] deviation;
  private final Weights weights;
  private final Linear hidden;
  private final Linear output;

  /**
   * A recording whose style is known.
   *
   * @param values the same number for all
   */
  @SuppressWarnings("ArrayRecordComponent") // nobody changes them
  record Example(double[] values, String label) {}

  private StyleClassifier(List<String> labels, double[] mean, double[] deviation) {
    this.labels = labels;
    this.mean = mean;
    this.deviation = deviation;
    this.weights = Weights.initialise(0).trained();
    this.hidden = new Linear(weights.at("hidden"), mean.length, HIDDEN);
    this.output = new Linear(weights.at("output"), HIDDEN, labels.size());
  }

  /**
   * Learns from examples.
   *
   * @param blocks where each block of values begins that can move together, and where the last ends
   * @throws InputException if they have fewer than two labels
   */
  static StyleClassifier learn(List<Example> examples, int... blocks) {
    List<String> labels =
        List.copyOf(new TreeSet<>(examples.stream().map(Example::label).toList()));
    if (labels.size() < 2) {
      throw new InputException(
          "recordings of two styles or more are needed to tell styles, found " + labels);
    }
    int width = examples.get(0).values().length;
    double[] mean = new double[width];
    double[] deviation = new double[width];
    for (int v = 0; v < width; v++) {
      int value = v;
      double[] column = examples.stream().mapToDouble(each -> each.values()[value]).toArray();
      double average = Arrays.stream(column).average().orElseThrow();
      mean[v] = average;
      deviation[v] =
          Math.sqrt(
              Arrays.stream(column).map(x -> Math.pow(x - average, 2)).average().orElseThrow());
    }
    StyleClassifier classifier = new StyleClassifier(labels, mean, deviation);
    classifier.train(examples, blocks);
    return classifier;
  }

  private void train(List<Example> examples, int... blocks) {
    int[] counts = new int[labels.size()];
    int[] targets = new int[examples.size()];
    for (int i = 0; i < targets.length; i++) {
      targets[i] = labels.indexOf(examples.get(i).label());
      counts[targets[i]]++;
    }
    int rows = targets.length * (1 + MOVED);
    float[] shares = new float[rows];
    int[] all = new int[rows];
    for (int i = 0; i < rows; i++) {
      all[i] = targets[i % targets.length];
      shares[i] = (float) (1.0 / (counts.length * (1.0 + MOVED) * counts[all[i]]));
    }
    AdamW optimiser = new AdamW(weights.taken(), OPTIONS);
    try (Scope whole = Scope.open()) {
      Tensor values = rows(moved(examples, blocks)); // [N, V]
      Tensor wanted = Tensors.of(all).unsqueeze(1); // [N, 1]
      Tensor weight = Tensors.of(shares); // [N]
      for (int step = 0; step < STEPS; step++) {
        try (Scope scope = Scope.open()) {
          Tensor likelihoods = logits(values).log_softmax(1).gather(1, wanted).squeeze(1); // [N]
          likelihoods.mul(weight).sum().neg().backward();
          optimiser.step(RATE * (STEPS - step) / STEPS);
          Gradients.clear(weights.taken().values());
        }
      }
    }
  }

  /** All examples, then all of them moved, and again. */
  private List<double[]> moved(List<Example> examples, int... blocks) {
    SplittableRandom random = new SplittableRandom(0);
    List<double[]> all = new ArrayList<>();
    for (int round = 0; round <= MOVED; round++) {
      for (Example example : examples) {
        double[] values = example.values().clone();
        if (round > 0) {
          move(values, random, blocks);
        }
        all.add(values);
      }
    }
    return all;
  }

  private void move(double[] values, SplittableRandom random, int... blocks) {
    for (int block = 0; block + 1 < blocks.length; block++) {
      double together = BLOCK_MOVE * random.nextGaussian();
      for (int v = blocks[block]; v < blocks[block + 1]; v++) {
        values[v] += together * deviation[v];
      }
    }
    for (int v = 0; v < values.length; v++) {
      values[v] += VALUE_MOVE * random.nextGaussian() * deviation[v];
    }
  }

  private Tensor rows(List<double[]> all) {
    float[] rows = new float[all.size() * mean.length];
    for (int i = 0; i < all.size(); i++) {
      for (int v = 0; v < mean.length; v++) {
        double standard = (all.get(i)[v] - mean[v]) / Math.max(LEAST_DEVIATION, deviation[v]);
        rows[i * mean.length + v] = (float) Math.max(-FARTHEST, Math.min(FARTHEST, standard));
      }
    }
    return Tensors.of(rows, all.size(), mean.length);
  }

  /** Scores of the labels, [N, K]. */
  private Tensor logits(Tensor values) {
    return output.forward(hidden.forward(values).tanh());
  }

  /** The labels by number. */
  List<String> labels() {
    return labels;
  }

  /** The likeliest label of each recording. */
  List<String> labels(List<double[]> recordings) {
    if (recordings.isEmpty()) {
      return List.of();
    }
    try (NoGradients none = NoGradients.open();
        Scope scope = Scope.open()) {
      int[] best = Tensors.ints(torch.argmax(logits(rows(recordings)), new LongOptional(1), false));
      List<String> found = new ArrayList<>();
      for (int label : best) {
        found.add(labels.get(label));
      }
      return found;
    }
  }

  @Override
  public void close() {
    weights.taken().values().forEach(Scope::free);
  }
}
