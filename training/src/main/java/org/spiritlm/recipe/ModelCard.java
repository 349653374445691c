package org.spiritlm.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.spiritlm.checkpoint.TrainedModel;
import org.spiritlm.checkpoint.Variant;
import org.spiritlm.corpus.Manifest;
import org.spiritlm.corpus.Utterance;
import org.spiritlm.json.Json;
import org.spiritlm.training.Pace;

/**
 * What a person must know of a model: data and licences, how it was made, how good it is, and what
 * it cannot do.
 *
 * @param out the recipe's directory; where {@code quality/MODEL/quality.json} is in it, as the
 *     command eval writes it, the card has its figures
 */
record ModelCard(Path out, Variant variant, TinyPlan plan, List<Recipe.Done> stages) {
  private static final String SYNTHETIC_LICENCE =
      "Apache-2.0; text: WordNet 3.1 (WordNet licence); voice: FreeTTS's kevin16 (BSD-like licence)";
  private static final String PITCH_LICENCE =
      "; network of pitch, which comes with the program: MIT (torchfcpe)";

  /** What is said of the licence of a model. */
  static String licence(TinyPlan plan, Variant variant) {
    String data =
        !plan.licence().isEmpty()
            ? plan.licence()
            : plan.facts() == null ? SYNTHETIC_LICENCE : "not stated: that of the recordings";
    return variant == Variant.EXPRESSIVE ? data + PITCH_LICENCE : data;
  }

  /** Writes it into a model. */
  void write(Path model) {
    TrainedModel.describe(model, text(model.getFileName().toString()));
  }

  private String text(String name) {
    StringBuilder card = new StringBuilder();
    card.append("# ").append(name).append("\n\n");
    card.append(
            "A small language model that mixes speech and text, after SPIRIT LM (Nguyen et al.,"
                + " 2024), ")
        .append(
            variant == Variant.EXPRESSIVE
                ? "with tokens of pitch and style"
                : "with phonetic units alone")
        .append(". Every part was trained by `spiritlm recipe tiny`");
    if (variant == Variant.EXPRESSIVE) {
      card.append(", but for the network that finds the pitch (FCPE), which is the released one");
    }
    card.append(".\n\n## Data\n\n");
    data(card);
    card.append(plan.notes().isBlank() ? "" : "\n" + plan.notes().strip() + "\n");
    card.append("\n## Licence\n\n").append(licence(plan, variant)).append("\n");
    card.append("\n## Quality\n\n");
    quality(card, name);
    card.append("\n## Limits\n\n");
    card.append(
        "It knows the words and voices of its data and little else. It is no source of facts, and"
            + " was not tested for use in earnest. What it says may be wrong or make no sense.\n");
    card.append("\n## Recipe\n\n");
    card.append("Program: ").append(TinyRecipe.code());
    card.append(plan.commit().isEmpty() ? "" : ", " + plan.commit());
    card.append(". Encoder: ")
        .append(
            plan.way() == UnitPlan.EncoderWay.SUPERVISED
                ? "supervised (characters by CTC), then clustered"
                : "self-supervised (HuBERT), then clustered")
        .append(".\n\n| stage | time | settings |\n|---|---|---|\n");
    for (int i = 0; i < stages.size(); i++) {
      card.append("| ")
          .append(stages.get(i).name())
          .append(" | ")
          .append(Pace.shown(stages.get(i).seconds()))
          .append(" | `")
          .append(Json.line(placeless(plan.stages().get(i).settings())).replace("|", "\\|"))
          .append("` |\n");
    }
    return card.toString();
  }

  /** Settings with the names alone of files that lie at a place of the machine's. */
  static JsonNode placeless(JsonNode settings) {
    if (settings.isTextual() && Path.of(settings.textValue()).isAbsolute()) {
      return TextNode.valueOf(String.valueOf(Path.of(settings.textValue()).getFileName()));
    }
    if (settings instanceof ObjectNode object) {
      ObjectNode shown = object.objectNode();
      object.properties().forEach(each -> shown.set(each.getKey(), placeless(each.getValue())));
      return shown;
    }
    return settings;
  }

  private void data(StringBuilder card) {
    Map<String, long[]> counts = new TreeMap<>();
    Map<String, Double> seconds = new TreeMap<>();
    TreeSet<String> speakers = new TreeSet<>();
    TreeSet<String> styles = new TreeSet<>();
    Manifest.readWhole(plan.manifest(), each -> count(each, counts, seconds));
    Manifest.readWhole(
        plan.manifest(),
        each -> {
          add(speakers, each.speaker());
          add(styles, each.style());
        });
    ManifestFacts facts = plan.facts();
    card.append(
        facts == null
            ? "Speech that was made of text by FreeTTS, which sounds like a machine.\n\n"
            : "Recordings with transcripts (`" + facts.manifest().getFileName() + "`).\n\n");
    card.append("| split | utterances | hours |\n|---|---|---|\n");
    counts.forEach(
        (split, count) -> {
          double hours = seconds.getOrDefault(split, 0.0) / 3600;
          card.append(
              String.format(
                  Locale.ROOT,
                  "| %s | %d | %s |%n",
                  split,
                  count[0],
                  hours == 0 ? "" : String.format(Locale.ROOT, "%.2f", hours)));
        });
    card.append("\nSpeakers: ").append(shown(speakers));
    card.append(". Styles: ").append(shown(styles)).append(".\n");
  }

  private static void count(
      Utterance utterance, Map<String, long[]> counts, Map<String, Double> seconds) {
    String split = String.valueOf(utterance.split());
    counts.computeIfAbsent(split, key -> new long[1])[0]++;
    Double end = utterance.end();
    if (end != null) {
      Double start = utterance.start();
      seconds.merge(split, end - (start == null ? 0 : start), Double::sum);
    }
  }

  private static void add(TreeSet<String> names, @Nullable String name) {
    if (name != null) {
      names.add(name);
    }
  }

  private static String shown(TreeSet<String> names) {
    if (names.isEmpty()) {
      return "not named";
    }
    return names.size() > 20 ? names.size() + " of them" : String.join(", ", names);
  }

  private void quality(StringBuilder card, String name) {
    Path file = out.resolve("quality").resolve(name).resolve("quality.json");
    if (!Files.exists(file)) {
      card.append("Not measured.\n");
      return;
    }
    card.append("| measure | value | items | paper | bar |\n|---|---|---|---|---|\n");
    ObjectNode quality = Json.file(file);
    for (JsonNode figure : quality.path("figures")) {
      String form = figure.path("form").asText();
      card.append("| ").append(figure.path("title").asText(figure.path("name").asText()));
      card.append(figure.hasNonNull("note") ? " (" + figure.path("note").asText() + ")" : "");
      card.append(" | ").append(value(figure.path("value"), form));
      card.append(" | ").append(figure.path("items").asText());
      card.append(" | ").append(value(figure.path("paper"), form)).append(" | ");
      if (figure.has("met")) {
        card.append(figure.path("met").asBoolean() ? "met" : "**not met**");
      }
      card.append(" |\n");
    }
  }

  private static String value(JsonNode value, String form) {
    if (!value.isNumber()) {
      return "";
    }
    return switch (form) {
      case "share" -> String.format(Locale.ROOT, "%.1f %%", 100 * value.asDouble());
      case "count" -> String.format(Locale.ROOT, "%.0f", value.asDouble());
      default -> String.format(Locale.ROOT, "%.4g", value.asDouble());
    };
  }
}
