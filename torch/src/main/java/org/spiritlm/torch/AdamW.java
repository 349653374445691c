package org.spiritlm.torch;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter, 2019), by libtorch's fused kernel.
 *
 * <p>Its state is one tensor a parameter for each of two averages, and the number of steps; all of
 * it can be {@linkplain #state written} and {@linkplain #restore read back}, so that training goes
 * on as if it had never stopped. Not thread-safe.
 */
public final class AdamW implements Optimiser {
  static final String STEP = "step.";
  static final String FIRST = "exp_avg.";
  static final String SECOND = "exp_avg_sq.";

  private final NamedOperator update = new NamedOperator("aten::_fused_adamw_", "");
  private final NamedOperator addition = new NamedOperator("aten::_foreach_add_", "Scalar");
  private final Map<String, Tensor> parameters;
  private final Options options;
  private final List<Tensor> first = new ArrayList<>();
  private final List<Tensor> second = new ArrayList<>();
  private final List<Tensor> steps = new ArrayList<>();
  private @Nullable Changed all;

  /**
   * What stays the same over all steps.
   *
   * @param beta1 how much of the average of gradients stays at each step, in [0, 1)
   * @param beta2 the same of their squares
   * @param epsilon added to the root of the average of squares
   * @param weightDecay how much of each parameter is taken away at each step, times the learning
   *     rate; of all parameters alike
   */
  public record Options(double beta1, double beta2, double epsilon, double weightDecay) {
    public Options {
      check("beta1", beta1, beta1 >= 0 && beta1 < 1);
      check("beta2", beta2, beta2 >= 0 && beta2 < 1);
      check("epsilon", epsilon, epsilon > 0);
      check("weight_decay", weightDecay, weightDecay >= 0);
    }

    private static void check(String name, double value, boolean good) {
      if (!good || !Double.isFinite(value)) {
        throw new InputException("the optimiser's " + name + " cannot be " + value);
      }
    }
  }

  /** An optimiser of parameters by name, in the order of the map; nothing has been learnt yet. */
  public AdamW(Map<String, Tensor> parameters, Options options) {
    this.parameters = new LinkedHashMap<>(parameters);
    this.options = options;
    try (Scope scope = Scope.open()) {
      for (Tensor parameter : parameters.values()) {
        first.add(Scope.detach(zeros(parameter)));
        second.add(Scope.detach(zeros(parameter)));
        // beside the parameter, as the kernel wants it
        Tensor count = parameter.detach().new_zeros(new long[0]).to(DType.F32.scalarType());
        steps.add(Scope.detach(count));
      }
    }
  }

  private static Tensor zeros(Tensor like) {
    return torch.zeros_like(like.detach());
  }

  @Override
  public void expectLastPass() {}

  @Override
  public double clip(double most) {
    return Gradients.clip(parameters.values(), most);
  }

  @Override
  public void step(double rate) {
    try (Scope scope = Scope.open()) {
      List<Integer> places = new ArrayList<>();
      List<Tensor> gradients = new ArrayList<>();
      int place = 0;
      for (Tensor parameter : parameters.values()) {
        Tensor gradient = parameter.grad();
        if (gradient.defined()) {
          places.add(place);
          gradients.add(gradient);
        }
        place++;
      }
      if (places.isEmpty()) {
        return;
      }
      Changed changed = places.size() == parameters.size() ? all(places) : changed(places);
      addition.run(changed.steps(), new IValue(1.0));
      update.run(
          changed.parameters(),
          update.list("grads", gradients),
          changed.first(),
          changed.second(),
          update.list("max_exp_avg_sqs", List.of()),
          changed.steps(),
          new IValue(rate),
          new IValue(options.beta1),
          new IValue(options.beta2),
          new IValue(options.weightDecay),
          new IValue(options.epsilon),
          new IValue(false),
          new IValue(false),
          new IValue(),
          new IValue());
    }
  }

  /** What a step changes, as lists: those of parameters, of their averages and of their steps. */
  private record Changed(IValue parameters, IValue first, IValue second, IValue steps) {
    List<IValue> lists() {
      return List.of(parameters, first, second, steps);
    }
  }

  /** That of the parameters at some places; it belongs to the enclosing scope. */
  private Changed changed(List<Integer> places) {
    List<Tensor> values = new ArrayList<>();
    parameters.values().forEach(parameter -> values.add(parameter.detach()));
    return new Changed(
        update.list("self", places.stream().map(values::get).toList()),
        update.list("exp_avgs", places.stream().map(first::get).toList()),
        update.list("exp_avg_sqs", places.stream().map(second::get).toList()),
        update.list("state_steps", places.stream().map(steps::get).toList()));
  }

  /** That of all, which is made once: thousands of small calls. */
  private Changed all(List<Integer> places) {
    Changed made = all;
    if (made == null) {
      try (Scope scope = Scope.open()) {
        made = changed(places);
        made.lists().forEach(Scope::release);
      }
      all = made;
    }
    return made;
  }

  @Override
  public void close() {
    if (all != null) {
      all.lists().forEach(Scope::free);
      all = null;
    }
  }

  @Override
  public Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    int i = 0;
    for (String name : parameters.keySet()) {
      state.put(FIRST + name, first.get(i));
      state.put(SECOND + name, second.get(i));
      state.put(STEP + name, steps.get(i));
      i++;
    }
    return state;
  }

  @Override
  public void restore(Weights weights) {
    try (Scope scope = Scope.open()) {
      for (Map.Entry<String, Tensor> entry : state().entrySet()) {
        Tensor into = entry.getValue();
        into.copy_(weights.tensor(entry.getKey(), Tensors.shape(into)));
      }
    }
  }
}
