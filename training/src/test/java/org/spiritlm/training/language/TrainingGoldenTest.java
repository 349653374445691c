package org.spiritlm.training.language;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.spiritlm.Golden;
import org.spiritlm.lm.LlamaConfig;
import org.spiritlm.lm.LlamaModel;
import org.spiritlm.lm.Piece;
import org.spiritlm.torch.AdamW;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.Gradients;
import org.spiritlm.torch.SafetensorsFile;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;

/** Losses, gradients and steps are PyTorch's. */
final class TrainingGoldenTest {
  private final Golden golden = Golden.load("training");

  /** A model that learns. */
  private final class Learner {
    final Weights weights =
        Weights.of(
                SafetensorsFile.open(
                    Golden.path("checkpoints/extra/train_llama/model.safetensors")))
            .trained();
    final LlamaModel model =
        new LlamaModel(
            weights,
            LlamaConfig.read(
                ConfigFile.read(Golden.path("checkpoints/extra/train_llama/config.json"))));
    final Map<String, Tensor> parameters = weights.taken();
    final List<TrainingDocument> documents = documents();

    /** The mean loss, with its gradients. */
    double backward() {
      Gradients.clear(parameters.values());
      double targets = documents.stream().mapToLong(TrainingDocument::targets).sum();
      return new NextTokenLoss(model).backward(documents, 1 / targets, false) / targets;
    }
  }

  private List<TrainingDocument> documents() {
    List<TrainingDocument> documents = new ArrayList<>();
    JsonNode ids = golden.at("llama", "input_ids");
    for (int row = 0; row < ids.size(); row++) {
      int[] labels = golden.values(golden.at("llama", "labels", row)).ints();
      boolean[] learnt = new boolean[labels.length];
      for (int i = 0; i < labels.length; i++) {
        learnt[i] = labels[i] != golden.at("llama", "label_ignore").intValue();
      }
      documents.add(new TrainingDocument(golden.values(ids.get(row)).ints(), learnt));
    }
    return documents;
  }

  @Test
  void lossAndGradients() {
    Learner learner = new Learner();
    assertThat(learner.backward()).isEqualTo(number("loss"), within(tolerance("loss", "max_abs")));
    double relative = tolerance("grad_norms", "rel");
    Map<String, Double> norms = new TreeMap<>();
    golden
        .at("llama", "grad_norms")
        .properties()
        .forEach(entry -> norms.put(entry.getKey(), entry.getValue().doubleValue()));
    assertThat(learner.parameters.keySet()).isEqualTo(norms.keySet());
    norms.forEach(
        (name, norm) ->
            assertThat(Gradients.norm(List.of(learner.parameters.get(name))))
                .as(name)
                .isEqualTo(norm, within(relative * norm)));
    double total = number("total_grad_norm");
    assertThat(Gradients.norm(learner.parameters.values()))
        .isEqualTo(total, within(relative * total));
    for (Map.Entry<String, JsonNode> entry : golden.at("llama", "grads").properties()) {
      float[] expected = golden.values(entry.getValue()).floats();
      float[] found = Tensors.floats(learner.parameters.get(entry.getKey()).grad());
      for (int i = 0; i < expected.length; i++) {
        assertThat(found[i]).isEqualTo(expected[i], within(1e-5f));
      }
    }
  }

  @Test
  void tenSteps() {
    Learner learner = new Learner();
    learn(learner, Double.POSITIVE_INFINITY, "adamw");
    float[] expected =
        golden.values(golden.at("llama", "adamw", "logits_last_position_after")).floats();
    try (Scope scope = Scope.open()) {
      int at = 0;
      for (TrainingDocument document : learner.documents) {
        Tensor states = learner.model.read(List.of(Piece.alone(document.ids())));
        float[] logits =
            Tensors.floats(learner.model.logits(states.narrow(0, document.ids().length - 1, 1)));
        for (float logit : logits) {
          assertThat(logit)
              .isEqualTo(expected[at++], within((float) tolerance("logits_after", "max_abs")));
        }
      }
      assertThat(at).isEqualTo(expected.length);
    }
  }

  @Test
  void tenStepsWithClipping() {
    learn(new Learner(), 1, "adamw_with_clip_1.0");
  }

  private void learn(Learner learner, double clip, String part) {
    JsonNode options = golden.at("llama", "adamw");
    AdamW optimiser =
        new AdamW(
            learner.parameters,
            new AdamW.Options(
                options.get("betas").get(0).doubleValue(),
                options.get("betas").get(1).doubleValue(),
                options.get("eps").doubleValue(),
                options.get("weight_decay").doubleValue()));
    for (JsonNode expected : golden.at("llama", part, "losses_before_each_step")) {
      assertThat(learner.backward())
          .isEqualTo(expected.doubleValue(), within(tolerance("step_losses", "max_abs")));
      Gradients.clip(learner.parameters.values(), clip);
      optimiser.step(options.get("lr").doubleValue());
    }
    assertThat(learner.backward())
        .isEqualTo(
            golden.at("llama", part, "loss_after").doubleValue(),
            within(tolerance("step_losses", "max_abs")));
  }

  private double number(String key) {
    return golden.at("llama", key).doubleValue();
  }

  private double tolerance(String what, String key) {
    return golden.at("llama", "tolerance", what, key).doubleValue();
  }
}
