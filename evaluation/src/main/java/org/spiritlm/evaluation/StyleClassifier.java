package org.spiritlm.evaluation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
 * <p>The same examples give the same network. Shapes: N examples, V values, K labels.
 */
final class StyleClassifier implements AutoCloseable {
  private static final int HIDDEN = 64;
  private static final int STEPS = 300;
  private static final double RATE = 0.01;
  private static final AdamW.Options OPTIONS = new AdamW.Options(0.9, 0.99, 1e-8, 1.0);

  /** Deviations below this are those of a value that never changes. */
  private static final double LEAST_DEVIATION = 1e-6;

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
   * @throws InputException if they have fewer than two labels
   */
  static StyleClassifier learn(List<Example> examples) {
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
    classifier.train(examples);
    return classifier;
  }

  private void train(List<Example> examples) {
    int[] counts = new int[labels.size()];
    int[] targets = new int[examples.size()];
    for (int i = 0; i < targets.length; i++) {
      targets[i] = labels.indexOf(examples.get(i).label());
      counts[targets[i]]++;
    }
    float[] shares = new float[targets.length];
    for (int i = 0; i < shares.length; i++) {
      shares[i] = (float) (1.0 / (counts.length * (double) counts[targets[i]]));
    }
    AdamW optimiser = new AdamW(weights.taken(), OPTIONS);
    try (Scope all = Scope.open()) {
      Tensor values = rows(examples.stream().map(Example::values).toList()); // [N, V]
      Tensor wanted = Tensors.of(targets).unsqueeze(1); // [N, 1]
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
