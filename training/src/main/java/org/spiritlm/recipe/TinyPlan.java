package org.spiritlm.recipe;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
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
import org.spiritlm.prompt.TaskToken;
import org.spiritlm.text.Vocabulary;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.training.Settings;

/** The stages of the recipe of the tiny models, by its settings. */
final class TinyPlan {
  /** The directory beside the models of what they have in common. */
  private static final String SHARED = "shared";

  private final Path out;
  private final StagePlan plan;
  private final @Nullable ManifestFacts facts;
  private final UnitPlan.EncoderWay encoder;
  private final List<Variant> variants;
  private final String licence;
  private final String commit;
  private final String notes;
  private final UnitPlan units;
  private final Path manifest;

  /**
   * Plans.
   *
   * @throws InputException if a setting is unknown or wrong, or the corpus cannot be used
   */
  TinyPlan(Path out, @Nullable Path corpus, Settings settings, Device device) {
    this.out = out;
    this.plan = new StagePlan(out, settings, device);
    checkSections(settings);
    this.encoder = settings.choice("encoder", UnitPlan.EncoderWay.SUPERVISED);
    this.variants = variants(settings.text("variants", ""));
    this.licence = settings.text("licence", "");
    this.commit = settings.text("commit", "");
    this.notes = settings.text("notes", "");
    this.facts = corpus == null ? null : ManifestFacts.read(corpus);
    checkVoices();
    checkStyles();
    corpus();
    text();
    Path given = plan.at("corpus").resolve(CorpusStages.MANIFEST);
    boolean needsTimes = facts != null && !facts.hasTimes();
    if (encoder == UnitPlan.EncoderWay.SUPERVISED || needsTimes) {
      UnitPlan.aligner(plan, given);
    }
    if (needsTimes) {
      words(given);
    }
    this.manifest = needsTimes ? plan.at("words").resolve(CorpusStages.MANIFEST) : given;
    this.units =
        new UnitPlan(
            plan,
            encoder,
            settings.choice("quantizer", UnitPlan.QuantizerWay.K_MEANS),
            given,
            isExpressive());
    prepared();
    variants.forEach(this::vocoder);
    for (Variant variant : variants) {
      start(variant);
      shards(variant);
      lm(variant);
      assembly(variant);
    }
  }

  /** What a language model begins with. */
  enum Beginning {
    /** Random values. */
    NOTHING,
    /** What the BASE model has learnt, and random vectors for pitch and style. */
    BASE
  }

  /** The stage that left the manifest. */
  private String corpusStage() {
    return facts == null || facts.hasTimes() ? "corpus" : "words";
  }

  List<Stage> stages() {
    return plan.stages();
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

  /** What else the cards say of data and training, or an empty text. */
  String notes() {
    return notes;
  }

  /** How the encoder of units is trained. */
  UnitPlan.EncoderWay way() {
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

  private static void checkSections(Settings all) {
    Set<String> known = new LinkedHashSet<>();
    TinyRecipe.settings(true).given().fieldNames().forEachRemaining(known::add);
    for (String kind : List.of("vocoder", "start", "shards", "lm", "assembly")) {
      for (Variant variant : Variant.values()) {
        known.add(StagePlan.of(kind, variant));
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

  private void checkVoices() {
    if (facts != null && facts.hasSomeSpeakers()) {
      throw new InputException(
          facts.manifest()
              + ": some utterances have a speaker, others none; name it of all, or of none");
    }
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

  private void corpus() {
    ManifestFacts given = facts;
    Settings settings = plan.section("corpus");
    CorpusStages.Synthetic synthetic = CorpusStages.Synthetic.of(settings);
    settings.finish();
    if (given == null) {
      plan.add(
          "corpus",
          "speech made of text",
          List.of(),
          settings.resolved(),
          0.05 * settings.resolved().path("sentences").asDouble(),
          (directory, progress) -> CorpusStages.synthesise(synthetic, directory, progress));
    } else {
      ObjectNode own = JsonNodeFactory.instance.objectNode().put("sha256", given.sha256());
      plan.add(
          "corpus",
          "the recordings that were given",
          List.of(),
          own,
          0.001 * given.transcribed(),
          (directory, progress) -> CorpusStages.given(given.manifest(), directory, progress));
    }
  }

  private void text() {
    Settings settings = plan.section("text");
    int size = settings.positive("size", 2000);
    String also = settings.text("also", "");
    settings.finish();
    List<Path> others = also.isBlank() ? List.of() : List.of(Path.of(also));
    plan.add(
        "text",
        "a vocabulary for text",
        List.of("corpus"),
        settings.resolved(),
        10,
        (directory, progress) ->
            CorpusStages.text(
                plan.at("corpus").resolve("manifest.jsonl"), size, others, directory));
  }

  private void words(Path before) {
    Settings settings = plan.section("words");
    double loss = settings.number("largest_loss", 2);
    settings.finish();
    plan.add(
        "words",
        "when each word is said",
        List.of("corpus", "aligner"),
        settings.resolved(),
        600,
        (directory, progress) ->
            CorpusStages.align(
                plan.at("aligner").resolve("aligner"),
                before,
                loss,
                plan.device(),
                directory,
                progress));
  }

  private void prepared() {
    Settings settings = plan.section("prepared");
    settings.finish();
    Variant variant = isExpressive() ? Variant.EXPRESSIVE : Variant.BASE;
    List<String> needs = new ArrayList<>(units.stages(variant));
    needs.add(corpusStage());
    Path from = manifest;
    plan.add(
        "prepared",
        "units of the whole corpus",
        needs,
        settings.resolved(),
        1800,
        (directory, progress) ->
            ModelStages.prepare(
                variant, units.parts(variant), from, plan.device(), directory, progress));
  }

  private void vocoder(Variant variant) {
    Map<String, Object> given = new TreeMap<>();
    given.put("data.manifest", manifest);
    given.put("data.prepared", plan.at("prepared"));
    given.put("conditions", variant.key());
    given.put("network.units", units.unitTokens());
    if (variant == Variant.EXPRESSIVE) {
      given.put("network.pitch_codes", units.pitchCodes());
      given.put("network.style_tokens", units.styleTokens());
    }
    plan.training(
        StagePlan.of("vocoder", variant),
        "speech of units",
        "vocoder",
        List.of(corpusStage(), "prepared"),
        plan.section("vocoder", variant),
        given,
        0.5);
  }

  private Map<Part, Path> parts(Variant variant) {
    Map<Part, Path> parts = units.parts(variant);
    parts.put(Part.VOCODER, plan.at(StagePlan.of("vocoder", variant)).resolve(Part.VOCODER.key()));
    return parts;
  }

  private void start(Variant variant) {
    Settings settings = plan.section("start", variant);
    LlamaConfig sizes = ModelStages.sizes(settings);
    long seed = settings.seed("seed", 0);
    boolean expressive = variant == Variant.EXPRESSIVE;
    boolean hasOther = expressive && variants.contains(Variant.BASE);
    Beginning beginning = settings.choice("from", hasOther ? Beginning.BASE : Beginning.NOTHING);
    settings.finish();
    if (beginning == Beginning.BASE && !hasOther) {
      throw new InputException(
          "'start.from' is base, which is for the expressive model beside a base one; give"
              + " start.from=nothing, or both variants");
    }
    List<String> tokens =
        new ArrayList<>(
            Vocabulary.tokens(
                units.unitTokens(),
                expressive ? units.pitchCodes() : 0,
                expressive ? units.styleTokens() : 0));
    tokens.addAll(TaskToken.pieces()); // to tell pairs from what goes on in the other modality
    List<String> needs = new ArrayList<>(units.stages(variant));
    needs.add("text");
    String base = StagePlan.of("lm", Variant.BASE);
    if (beginning == Beginning.BASE) {
      needs.add(base);
    }
    Path known = beginning == Beginning.BASE ? plan.at(base).resolve(Part.LM.key()) : null;
    Path tokenizer = plan.at("text").resolve(CorpusStages.TOKENIZER);
    plan.add(
        StagePlan.of("start", variant),
        "a model without a voice, whose language model is yet to learn",
        needs,
        settings.resolved(),
        5,
        (directory, progress) ->
            ModelStages.start(
                variant,
                ModelStages.fresh(sizes, tokenizer, tokens, seed, known),
                units.parts(variant),
                directory,
                progress));
  }

  private Path startModel(Variant variant) {
    return plan.at(StagePlan.of("start", variant)).resolve(ModelStages.MODEL);
  }

  private void shards(Variant variant) {
    Settings settings = plan.section("shards", variant);
    int items = settings.positive("items", 10_000);
    settings.finish();
    plan.add(
        StagePlan.of("shards", variant),
        "what the language model learns from",
        List.of("text", "prepared", StagePlan.of("start", variant)),
        settings.resolved(),
        60,
        (directory, progress) ->
            ModelStages.shards(
                startModel(variant),
                plan.at("prepared"),
                plan.at("text").resolve(CorpusStages.TEXTS),
                items,
                directory,
                progress));
  }

  private void lm(Variant variant) {
    Path shards = plan.at(StagePlan.of("shards", variant));
    Map<String, Object> given = new TreeMap<>();
    given.put("model", startModel(variant));
    given.put("shards", shards.resolve("train"));
    given.put("validation", shards.resolve("dev"));
    plan.training(
        StagePlan.of("lm", variant),
        "the language model",
        "lm",
        List.of(StagePlan.of("start", variant), StagePlan.of("shards", variant)),
        plan.section("lm", variant),
        given,
        1.1);
    int length = plan.number(StagePlan.of("lm", variant), "length");
    int context = plan.number(StagePlan.of("start", variant), "context");
    if (length > context) {
      throw new InputException(
          "sequences of "
              + length
              + " tokens ('lm.length') are longer than the model's context of "
              + context
              + " ('start.context')");
    }
  }

  private void assembly(Variant variant) {
    Settings settings = plan.section("assembly", variant);
    String type = settings.text("dtype", "bf16");
    settings.finish();
    if (!type.equals("bf16") && !type.equals("fp32")) {
      throw new InputException("'assembly.dtype' must be bf16 or fp32, found '" + type + "'");
    }
    List<String> needs = new ArrayList<>();
    for (String kind : List.of("vocoder", "lm")) {
      needs.add(StagePlan.of(kind, variant));
    }
    if (variant == Variant.EXPRESSIVE && variants.contains(Variant.BASE)) {
      needs.add(StagePlan.of("assembly", Variant.BASE)); // which has written what both share
    }
    plan.add(
        StagePlan.of("assembly", variant),
        "a model of all parts",
        needs,
        settings.resolved(),
        10,
        (directory, progress) -> {
          assemble(variant, type.equals("bf16") ? DType.BF16 : DType.F32);
          return true;
        });
  }

  private boolean hasAligner() {
    return plan.stages().stream().anyMatch(stage -> stage.name().equals("aligner"));
  }

  /**
   * Puts a model together; what units are made of, and the aligner, lie beside all of them once.
   */
  private void assemble(Variant variant, DType dtype) {
    Path model = TinyRecipe.model(out, variant);
    Path beside = model.resolveSibling(SHARED);
    Map<Part, Path> parts = parts(variant);
    Map<Part, String> shared = new EnumMap<>(Part.class);
    ModelStages.share(parts.remove(Part.HUBERT), beside.resolve(Part.HUBERT.key()));
    shared.put(Part.HUBERT, "../" + SHARED + "/" + Part.HUBERT.key());
    if (hasAligner()) {
      ModelStages.shareAligner(
          plan.at("aligner").resolve("aligner"), beside.resolve(Part.ALIGNER.key()), dtype);
      shared.put(Part.ALIGNER, "../" + SHARED + "/" + Part.ALIGNER.key());
    }
    parts.put(Part.LM, plan.at(StagePlan.of("lm", variant)).resolve(Part.LM.key()));
    if (!model.toFile().exists()) {
      Map<String, String> provenance = new LinkedHashMap<>();
      provenance.put("recipe", "spiritlm recipe tiny, see README.md");
      provenance.put("data", facts == null ? "speech made of text by FreeTTS" : "see README.md");
      provenance.put("program", TinyRecipe.code() + (commit.isEmpty() ? "" : ", " + commit));
      new TrainedModel(variant, parts, shared, ModelCard.licence(this, variant), provenance)
          .write(model, dtype, line -> {});
    }
  }
}
