package org.spiritlm.recipe;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.spiritlm.checkpoint.Part;
import org.spiritlm.checkpoint.Variant;
import org.spiritlm.corpus.Split;
import org.spiritlm.torch.InputException;
import org.spiritlm.training.speech.EncoderSource;

/** The stages that train what makes units of speech: its encoder, quantizers, pitch and style. */
final class UnitPlan {
  private static final String CORPUS = "corpus"; // the stage that left the manifest

  private final StagePlan plan;
  private final EncoderWay encoder;
  private final QuantizerWay quantizer;
  private final Path manifest;

  /** How the encoder of units is trained. */
  enum EncoderWay {
    /** To recognise characters. */
    SUPERVISED,
    /** To predict what it does not hear, twice. */
    SELF_SUPERVISED
  }

  /** What makes units of the encoder's features. */
  enum QuantizerWay {
    /** The nearest of some centres. */
    K_MEANS,
    /** One that gives disturbed speech the units of k-means. */
    CTC
  }

  /**
   * Plans them.
   *
   * @param manifest what they learn from
   * @param expressive whether pitch and style are among them
   */
  UnitPlan(
      StagePlan plan,
      EncoderWay encoder,
      QuantizerWay quantizer,
      Path manifest,
      boolean expressive) {
    this.plan = plan;
    this.encoder = encoder;
    this.quantizer = quantizer;
    this.manifest = manifest;
    if (encoder == EncoderWay.SELF_SUPERVISED) {
      hubert();
    }
    units();
    if (expressive) {
      pitch();
      style();
    }
  }

  /** The aligner, which is also the encoder where that is supervised. */
  static void aligner(StagePlan plan, Path manifest) {
    plan.training(
        "aligner",
        "an encoder that recognises characters",
        "aligner",
        List.of(CORPUS),
        plan.section("aligner"),
        Map.of("data.manifest", manifest, "data.train", Split.TRAIN + "," + Split.EXTRA),
        0.5);
  }

  private Map<String, Object> data() {
    return data(Map.of());
  }

  private Map<String, Object> data(Map<String, Object> more) {
    Map<String, Object> given = new TreeMap<>(more);
    given.put("data.manifest", manifest);
    return given;
  }

  private void hubert() {
    plan.training(
        "mfcc-clusters",
        "clusters of MFCC",
        ClusterTraining.NAME,
        List.of(CORPUS),
        plan.section("mfcc-clusters"),
        data(),
        0.5);
    plan.training(
        "hubert-1",
        "an encoder that predicts clusters of MFCC",
        "hubert",
        List.of(CORPUS, "mfcc-clusters"),
        plan.section("hubert-1"),
        data(Map.of("targets.quantizer", clusters("mfcc-clusters"))),
        0.4);
    plan.training(
        "middle-clusters",
        "clusters of its middle",
        ClusterTraining.NAME,
        List.of(CORPUS, "hubert-1"),
        plan.section("middle-clusters"),
        data(Map.of("features.encoder", plan.at("hubert-1").resolve("hubert"))),
        1);
    checkLayer("middle-clusters", "hubert-1");
    plan.training(
        "hubert-2",
        "an encoder that predicts these",
        "hubert",
        List.of(CORPUS, "hubert-1", "middle-clusters"),
        plan.section("hubert-2"),
        data(
            Map.of(
                "targets.quantizer",
                clusters("middle-clusters"),
                "targets.encoder",
                plan.at("hubert-1").resolve("hubert"),
                "targets.layer",
                plan.number("middle-clusters", "features", "layer"))),
        0.4);
  }

  private Path clusters(String stage) {
    return plan.at(stage).resolve(ClusterTraining.QUANTIZER);
  }

  private String encoderStage() {
    return encoder == EncoderWay.SUPERVISED ? "aligner" : "hubert-2";
  }

  private Path encoderDirectory() {
    return encoder == EncoderWay.SUPERVISED
        ? plan.at("aligner").resolve("aligner")
        : plan.at("hubert-2").resolve("hubert");
  }

  /**
   * A block that the encoder does not have is a mistake that is better told before it is trained.
   */
  private void checkLayer(String clusters, String encoderStage) {
    int layer = plan.number(clusters, "features", "layer");
    int layers = EncoderSource.of(plan.resolved(encoderStage, "encoder")).config().layers();
    if (layer < 1 || layer > layers) {
      throw new InputException(
          "'"
              + clusters
              + ".features.layer' must be one of the "
              + layers
              + " blocks of the stage "
              + encoderStage
              + ", found "
              + layer);
    }
  }

  private void units() {
    plan.training(
        "clusters",
        "units: clusters of a middle block of the encoder",
        ClusterTraining.NAME,
        List.of(CORPUS, encoderStage()),
        plan.section("clusters"),
        data(Map.of("features.encoder", encoderDirectory())),
        1);
    checkLayer("clusters", encoderStage());
    if (quantizer == QuantizerWay.CTC) {
      plan.training(
          "ctc-quantizer",
          "units that do not change with speed, pitch, echo and noise",
          "quantizer",
          List.of(CORPUS, encoderStage(), "clusters"),
          plan.section("ctc-quantizer"),
          data(
              Map.of(
                  "teacher.quantizer",
                  clusters("clusters"),
                  "teacher.encoder",
                  encoderDirectory(),
                  "teacher.layer",
                  plan.number("clusters", "features", "layer"))),
          0.5);
    }
  }

  private String unitStage() {
    return quantizer == QuantizerWay.CTC ? "ctc-quantizer" : "clusters";
  }

  /** How many unit tokens there are; CTC's blank, which may stay, is one more. */
  int unitTokens() {
    return plan.number("clusters", "units") + (quantizer == QuantizerWay.CTC ? 1 : 0);
  }

  /** How many pitch codes there are. */
  int pitchCodes() {
    return plan.number("pitch", "network", "codes");
  }

  /** How many style tokens there are. */
  int styleTokens() {
    return plan.number("style-tokens", "units");
  }

  private void pitch() {
    plan.training(
        "pitch",
        "the pitch quantizer",
        "pitch",
        List.of(CORPUS),
        plan.section("pitch"),
        data(),
        0.1);
  }

  private void style() {
    plan.training(
        "style",
        "an encoder that tells styles",
        "style",
        List.of(CORPUS),
        plan.section("style"),
        data(),
        0.3);
    plan.training(
        "style-tokens",
        "style tokens: clusters of its features",
        ClusterTraining.NAME,
        List.of(CORPUS, "style"),
        plan.section("style-tokens"),
        data(Map.of("features.style", plan.at("style").resolve("style"))),
        2);
  }

  /** Directories of what makes units. */
  Map<Part, Path> parts(Variant variant) {
    Map<Part, Path> parts = new LinkedHashMap<>();
    parts.put(Part.HUBERT, plan.at(unitStage()).resolve(Part.HUBERT.key()));
    if (variant == Variant.EXPRESSIVE) {
      parts.put(Part.PITCH, plan.at("pitch").resolve(Part.PITCH.key()));
      parts.put(Part.STYLE, plan.at("style-tokens").resolve(Part.STYLE.key()));
    }
    return parts;
  }

  /** The stages that leave them. */
  List<String> stages(Variant variant) {
    List<String> needs = new ArrayList<>(List.of(encoderStage(), unitStage()));
    if (variant == Variant.EXPRESSIVE) {
      needs.addAll(List.of("pitch", "style-tokens"));
    }
    return needs;
  }
}
