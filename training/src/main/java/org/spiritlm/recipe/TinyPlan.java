package org.spiritlm.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.spiritlm.checkpoint.Part;
import org.spiritlm.checkpoint.TrainedModel;
import org.spiritlm.checkpoint.Variant;
import org.spiritlm.lm.LlamaConfig;
import org.spiritlm.text.Vocabulary;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.training.Settings;

/** The stages of the recipe of the tiny models, by its settings. */
final class TinyPlan {
  private final Path out;
  private final Settings all;
  private final Device device;
  private final @Nullable ManifestFacts facts;
  private final EncoderWay encoder;
  private final QuantizerWay quantizer;
  private final List<Variant> variants;
  private final String licence;
  private final String commit;
  private final List<Stage> stages = new ArrayList<>();
  private final Map<String, ObjectNode> resolved = new LinkedHashMap<>();
  private Path manifest; // with the words' times, when the stages of before have been planned

  /** How the encoder of units is trained. */
  enum EncoderWay {
    /** To recognise characters. */
    SUPERVISED,
    /** To predict what it does not hear, twice. */
    SELF_SUPERVISED
  }

  /** What makes units of the encoder's features. */
  enum QuantizerWay {
    K_MEANS,
    /** One that gives disturbed speech the units of k-means. */
    CTC
  }

  /**
   * Plans.
   *
   * @throws InputException if a setting is unknown or wrong, or the corpus cannot be used
   */
  TinyPlan(Path out, @Nullable Path corpus, Settings settings, Device device) {
    this.out = out;
    this.all = settings;
    this.device = device;
    checkSections();
    this.encoder = settings.choice("encoder", EncoderWay.SUPERVISED);
    this.quantizer = settings.choice("quantizer", QuantizerWay.K_MEANS);
    this.variants = variants(settings.text("variants", ""));
    this.licence = settings.text("licence", "");
    this.commit = settings.text("commit", "");
    this.facts = corpus == null ? null : ManifestFacts.read(corpus);
    this.manifest = at("corpus").resolve(CorpusStages.MANIFEST);
    checkStyles();
    corpus();
    text();
    encoder();
    units();
    if (isExpressive()) {
      pitch();
      style();
    }
    prepared();
    variants.forEach(this::vocoder);
    variants.forEach(this::start);
    variants.forEach(this::shards);
    variants.forEach(this::lm);
    assembly();
  }

  List<Stage> stages() {
    return List.copyOf(stages);
  }

  List<Variant> variants() {
    return variants;
  }

  /** What is said of the data's licence, or an empty text. */
  String licence() {
    return licence;
  }

  /** What is said of the program's source, or an empty text. */
  String commit() {
    return commit;
  }

  EncoderWay way() {
    return encoder;
  }

  /** The manifest that was given, or null. */
  @Nullable ManifestFacts facts() {
    return facts;
  }

  /** The manifest that trainers read. */
  Path manifest() {
    return manifest;
  }

  private Path at(String stage) {
    return out.resolve(stage);
  }

  private void checkSections() {
    Set<String> known = new LinkedHashSet<>();
    TinyRecipe.settings(true).given().fieldNames().forEachRemaining(known::add);
    for (String kind : List.of("vocoder", "start", "shards", "lm")) {
      for (Variant variant : Variant.values()) {
        known.add(of(kind, variant));
      }
    }
    all.given()
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (!known.contains(name)) {
                throw new InputException(
                    "the recipe has no stage or setting '"
                        + name
                        + "'; known are "
                        + String.join(", ", known));
              }
            });
  }

  private static List<Variant> variants(String text) {
    List<Variant> variants = new ArrayList<>();
    for (Variant variant : Variant.values()) {
      if (Arrays.asList(text.split("\\s*,\\s*", -1)).contains(variant.key())) {
        variants.add(variant);
      }
    }
    if (variants.size() != text.split(",", -1).length) {
      throw new InputException(
          "'variants' must be base, expressive, or both with a comma, found '" + text + "'");
    }
    return variants;
  }

  private boolean isExpressive() {
    return variants.contains(Variant.EXPRESSIVE);
  }

  private void checkStyles() {
    if (facts != null && isExpressive() && facts.styles().size() < 2) {
      throw new InputException(
          facts.manifest()
              + ": an expressive model needs recordings in at least two styles ('style' in the"
              + " manifest), found "
              + (facts.styles().isEmpty() ? "none" : facts.styles())
              + "; add --set variants=base for a model without pitch and style");
    }
  }

  // settings

  private static String of(String kind, Variant variant) {
    return kind + "-" + variant.key();
  }

  /** The settings of a stage. */
  private Settings section(String stage) {
    return Settings.of("the settings of the stage " + stage, object(all.given().get(stage), stage));
  }

  /** Those of a variant's stage, over those of both. */
  private Settings section(String kind, Variant variant) {
    String stage = of(kind, variant);
    return section(stage).over(section(kind));
  }

  private static ObjectNode object(@Nullable JsonNode node, String stage) {
    if (node == null || node.isNull()) {
      return JsonNodeFactory.instance.objectNode();
    }
    if (!(node instanceof ObjectNode object)) {
      throw new InputException("'" + stage + "' must have keys with values, found " + node);
    }
    return object;
  }

  private int resolved(String stage, String... keys) {
    JsonNode node = resolved.get(stage);
    for (String key : keys) {
      node = node == null ? null : node.get(key);
    }
    if (node == null) {
      throw new IllegalStateException(stage + " has no " + Arrays.toString(keys));
    }
    return node.asInt();
  }

  // stages

  private void add(
      String name,
      String about,
      List<String> needs,
      ObjectNode settings,
      double seconds,
      Stage.Work work) {
    resolved.put(name, settings);
    stages.add(new Stage(name, about, needs, settings, seconds, work));
  }

  /**
   * A stage that trains a part.
   *
   * @param settings its section
   * @param given what the recipe sets itself: results of other stages, by key
   * @param step about how long a step takes (seconds)
   */
  private void training(
      String name,
      String about,
      String part,
      List<String> needs,
      Settings settings,
      Map<String, Object> given,
      double step) {
    Settings whole = settings;
    for (Map.Entry<String, Object> entry : given.entrySet()) {
      whole = whole.with(entry.getKey(), node(entry.getValue()));
    }
    ObjectNode values = whole.given();
    PartTraining training = new PartTraining(part, at(name));
    Settings checked = Settings.of("the settings of the stage " + name, values);
    training.check(checked);
    List<String> paths =
        given.keySet().stream().filter(key -> given.get(key) instanceof Path).toList();
    ObjectNode own = PartTraining.decisive(checked.resolved(), paths);
    double steps = own.path("steps").asDouble() * Math.max(1, own.path("accumulate").asDouble());
    add(
        name,
        about,
        needs,
        own,
        steps * step,
        (directory, progress) ->
            training
                .run(Settings.of("the stage " + name, values), device, paths, progress)
                .finished());
  }

  private static JsonNode node(Object value) {
    return value instanceof Integer number
        ? JsonNodeFactory.instance.numberNode(number)
        : JsonNodeFactory.instance.textNode(value.toString());
  }

  private void corpus() {
    ManifestFacts given = facts;
    Settings settings = section("corpus");
    CorpusStages.Synthetic synthetic = CorpusStages.Synthetic.of(settings);
    settings.finish();
    if (given == null) {
      add(
          "corpus",
          "speech made of text",
          List.of(),
          settings.resolved(),
          0.05 * settings.resolved().path("sentences").asDouble(),
          (directory, progress) -> CorpusStages.synthesise(synthetic, directory, progress));
    } else {
      ObjectNode own = JsonNodeFactory.instance.objectNode().put("sha256", given.sha256());
      add(
          "corpus",
          "the recordings that were given",
          List.of(),
          own,
          0.001 * given.transcribed(),
          (directory, progress) -> CorpusStages.given(given.manifest(), directory, progress));
    }
  }

  private void text() {
    Settings settings = section("text");
    int size = settings.positive("size", 2000);
    String also = settings.text("also", "");
    settings.finish();
    List<Path> others = also.isBlank() ? List.of() : List.of(Path.of(also));
    add(
        "text",
        "a vocabulary for text",
        List.of("corpus"),
        settings.resolved(),
        10,
        (directory, progress) ->
            CorpusStages.text(at("corpus").resolve("manifest.jsonl"), size, others, directory));
  }

  private Map<String, Object> data() {
    Map<String, Object> given = new TreeMap<>();
    given.put("data.manifest", manifest);
    return given;
  }

  private Map<String, Object> data(Map<String, Object> more) {
    Map<String, Object> given = data();
    given.putAll(more);
    return given;
  }

  private void encoder() {
    boolean needsTimes = facts != null && !facts.hasTimes();
    if (encoder == EncoderWay.SUPERVISED || needsTimes) {
      training(
          "aligner",
          "an encoder that recognises characters",
          "aligner",
          List.of("corpus"),
          section("aligner"),
          data(),
          0.3);
    }
    if (needsTimes) {
      words();
    }
    if (encoder == EncoderWay.SELF_SUPERVISED) {
      hubert();
    }
  }

  private void words() {
    Settings settings = section("words");
    double loss = settings.number("largest_loss", 2);
    settings.finish();
    Path before = manifest;
    add(
        "words",
        "when each word is said",
        List.of("corpus", "aligner"),
        settings.resolved(),
        600,
        (directory, progress) ->
            CorpusStages.align(
                at("aligner").resolve("aligner"), before, loss, device, directory, progress));
    manifest = at("words").resolve(CorpusStages.MANIFEST);
  }

  private void hubert() {
    training(
        "mfcc-clusters",
        "clusters of MFCC",
        ClusterTraining.NAME,
        List.of(corpusStage()),
        section("mfcc-clusters"),
        data(),
        0.5);
    training(
        "hubert-1",
        "an encoder that predicts clusters of MFCC",
        "hubert",
        List.of(corpusStage(), "mfcc-clusters"),
        section("hubert-1"),
        data(Map.of("targets.quantizer", clusters("mfcc-clusters"))),
        0.4);
    training(
        "middle-clusters",
        "clusters of its middle",
        ClusterTraining.NAME,
        List.of(corpusStage(), "hubert-1"),
        section("middle-clusters"),
        data(Map.of("features.encoder", at("hubert-1").resolve("hubert"))),
        1);
    training(
        "hubert-2",
        "an encoder that predicts these",
        "hubert",
        List.of(corpusStage(), "hubert-1", "middle-clusters"),
        section("hubert-2"),
        data(
            Map.of(
                "targets.quantizer",
                clusters("middle-clusters"),
                "targets.encoder",
                at("hubert-1").resolve("hubert"),
                "targets.layer",
                resolved("middle-clusters", "features", "layer"))),
        0.4);
  }

  private Path clusters(String stage) {
    return at(stage).resolve(ClusterTraining.QUANTIZER);
  }

  /** The stage that left the manifest. */
  private String corpusStage() {
    return manifest.startsWith(at("corpus")) ? "corpus" : "words";
  }

  private String encoderStage() {
    return encoder == EncoderWay.SUPERVISED ? "aligner" : "hubert-2";
  }

  private Path encoderDirectory() {
    return encoder == EncoderWay.SUPERVISED
        ? at("aligner").resolve("aligner")
        : at("hubert-2").resolve("hubert");
  }

  private void units() {
    training(
        "clusters",
        "units: clusters of a middle block of the encoder",
        ClusterTraining.NAME,
        List.of(corpusStage(), encoderStage()),
        section("clusters"),
        data(Map.of("features.encoder", encoderDirectory())),
        1);
    if (quantizer == QuantizerWay.CTC) {
      training(
          "ctc-quantizer",
          "units that do not change with speed, pitch, echo and noise",
          "quantizer",
          List.of(corpusStage(), encoderStage(), "clusters"),
          section("ctc-quantizer"),
          data(
              Map.of(
                  "teacher.quantizer",
                  clusters("clusters"),
                  "teacher.encoder",
                  encoderDirectory(),
                  "teacher.layer",
                  resolved("clusters", "features", "layer"))),
          0.5);
    }
  }

  private String unitStage() {
    return quantizer == QuantizerWay.CTC ? "ctc-quantizer" : "clusters";
  }

  /** Unit tokens; CTC's blank, which may stay, is one more. */
  private int units(String purpose) {
    return resolved("clusters", purpose) + (quantizer == QuantizerWay.CTC ? 1 : 0);
  }

  private void pitch() {
    training(
        "pitch",
        "the pitch quantizer",
        "pitch",
        List.of(corpusStage()),
        section("pitch"),
        data(),
        0.1);
  }

  private void style() {
    training(
        "style",
        "an encoder that tells styles",
        "style",
        List.of(corpusStage()),
        section("style"),
        data(),
        0.3);
    training(
        "style-tokens",
        "style tokens: clusters of its features",
        ClusterTraining.NAME,
        List.of(corpusStage(), "style"),
        section("style-tokens"),
        data(Map.of("features.style", at("style").resolve("style"))),
        2);
  }

  /** Directories of what makes units. */
  private Map<Part, Path> unitParts(Variant variant) {
    Map<Part, Path> parts = new LinkedHashMap<>();
    parts.put(Part.HUBERT, at(unitStage()).resolve(Part.HUBERT.key()));
    if (variant == Variant.EXPRESSIVE) {
      parts.put(Part.PITCH, at("pitch").resolve(Part.PITCH.key()));
      parts.put(Part.STYLE, at("style-tokens").resolve(Part.STYLE.key()));
    }
    return parts;
  }

  private List<String> unitStages(Variant variant) {
    List<String> needs = new ArrayList<>(List.of(encoderStage(), unitStage()));
    if (variant == Variant.EXPRESSIVE) {
      needs.addAll(List.of("pitch", "style-tokens"));
    }
    return needs;
  }

  private void prepared() {
    Settings settings = section("prepared");
    settings.finish();
    Variant variant = isExpressive() ? Variant.EXPRESSIVE : Variant.BASE;
    List<String> needs = new ArrayList<>(unitStages(variant));
    needs.add(corpusStage());
    Path from = manifest;
    add(
        "prepared",
        "units of the whole corpus",
        needs,
        settings.resolved(),
        1200,
        (directory, progress) ->
            ModelStages.prepare(variant, unitParts(variant), from, device, directory, progress));
  }

  private void vocoder(Variant variant) {
    Map<String, Object> given = data(Map.of("data.prepared", at("prepared")));
    given.put("conditions", variant.key());
    given.put("network.units", units("units"));
    if (variant == Variant.EXPRESSIVE) {
      given.put("network.pitch_codes", resolved("pitch", "network", "codes"));
      given.put("network.style_tokens", resolved("style-tokens", "units"));
    }
    training(
        of("vocoder", variant),
        "speech of units",
        "vocoder",
        List.of(corpusStage(), "prepared"),
        section("vocoder", variant),
        given,
        0.5);
  }

  private Map<Part, Path> parts(Variant variant) {
    Map<Part, Path> parts = unitParts(variant);
    parts.put(Part.VOCODER, at(of("vocoder", variant)).resolve(Part.VOCODER.key()));
    return parts;
  }

  private void start(Variant variant) {
    Settings settings = section("start", variant);
    LlamaConfig sizes = ModelStages.sizes(settings);
    long seed = settings.seed("seed", 0);
    settings.finish();
    boolean expressive = variant == Variant.EXPRESSIVE;
    List<String> tokens =
        Vocabulary.tokens(
            units("units"),
            expressive ? resolved("pitch", "network", "codes") : 0,
            expressive ? resolved("style-tokens", "units") : 0);
    List<String> needs = new ArrayList<>(unitStages(variant));
    needs.addAll(List.of("text", of("vocoder", variant)));
    Path tokenizer = at("text").resolve(CorpusStages.TOKENIZER);
    add(
        of("start", variant),
        "a model whose language model knows nothing yet",
        needs,
        settings.resolved(),
        5,
        (directory, progress) ->
            ModelStages.start(
                variant,
                ModelStages.fresh(sizes, tokenizer, tokens, seed),
                parts(variant),
                directory,
                progress));
  }

  private Path startModel(Variant variant) {
    return at(of("start", variant)).resolve(ModelStages.MODEL);
  }

  private void shards(Variant variant) {
    Settings settings = section("shards", variant);
    int items = settings.positive("items", 10_000);
    settings.finish();
    add(
        of("shards", variant),
        "what the language model learns from",
        List.of("text", "prepared", of("start", variant)),
        settings.resolved(),
        60,
        (directory, progress) ->
            ModelStages.shards(
                startModel(variant),
                at("prepared"),
                at("text").resolve(CorpusStages.TEXTS),
                items,
                directory,
                progress));
  }

  private void lm(Variant variant) {
    Path shards = at(of("shards", variant));
    Map<String, Object> given = new TreeMap<>();
    given.put("model", startModel(variant));
    given.put("shards", shards.resolve("train"));
    given.put("validation", shards.resolve("dev"));
    training(
        of("lm", variant),
        "the language model",
        "lm",
        List.of(of("start", variant), of("shards", variant)),
        section("lm", variant),
        given,
        1.1);
  }

  private void assembly() {
    Settings settings = section("assembly");
    String type = settings.text("dtype", "bf16");
    settings.finish();
    if (!type.equals("bf16") && !type.equals("fp32")) {
      throw new InputException("'assembly.dtype' must be bf16 or fp32, found '" + type + "'");
    }
    List<String> needs = new ArrayList<>();
    variants.forEach(variant -> needs.add(of("lm", variant)));
    add(
        "assembly",
        "models of all parts",
        needs,
        settings.resolved(),
        10,
        (directory, progress) -> {
          variants.forEach(
              variant -> assemble(variant, type.equals("bf16") ? DType.BF16 : DType.F32));
          return true;
        });
  }

  /** Puts a model together; what units are made of lies beside all of them once. */
  private void assemble(Variant variant, DType dtype) {
    Path model = TinyRecipe.model(out, variant);
    Path shared = model.resolveSibling("shared").resolve(Part.HUBERT.key());
    Map<Part, Path> parts = parts(variant);
    ModelStages.share(parts.get(Part.HUBERT), shared);
    parts.remove(Part.HUBERT);
    parts.put(Part.LM, at(of("lm", variant)).resolve(Part.LM.key()));
    if (!model.toFile().exists()) {
      Map<String, String> provenance = new LinkedHashMap<>();
      provenance.put("recipe", "spiritlm recipe tiny, see README.md");
      provenance.put("data", facts == null ? "speech made of text by FreeTTS" : "see README.md");
      provenance.put("program", TinyRecipe.code() + (commit.isEmpty() ? "" : ", " + commit));
      new TrainedModel(
              variant,
              parts,
              Map.of(Part.HUBERT, "../shared/" + Part.HUBERT.key()),
              ModelCard.licence(this),
              provenance)
          .write(model, dtype, line -> {});
    }
  }
}
