package org.spiritlm.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.spiritlm.checkpoint.Variant;
import org.spiritlm.json.Json;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.training.Settings;

/** Stages as they are planned one after another, with their settings. */
final class StagePlan {
  private final Path out;
  private final Settings all;
  private final Device device;
  private final List<Stage> stages = new ArrayList<>();
  private final Map<String, ObjectNode> resolved = new LinkedHashMap<>();

  /**
   * No stage yet.
   *
   * @param out the recipe's directory
   * @param all a section for each stage
   */
  StagePlan(Path out, Settings all, Device device) {
    this.out = out;
    this.all = all;
    this.device = device;
  }

  List<Stage> stages() {
    return List.copyOf(stages);
  }

  Device device() {
    return device;
  }

  /** The directory of a stage. */
  Path at(String stage) {
    return out.resolve(stage);
  }

  /** The name of the stage of this kind for a variant. */
  static String of(String kind, Variant variant) {
    return kind + "-" + variant.key();
  }

  /** The settings of a stage. */
  Settings section(String stage) {
    return Settings.of("the settings of the stage " + stage, object(all.given().get(stage), stage));
  }

  /** Those of a variant's stage, over those of both. */
  Settings section(String kind, Variant variant) {
    return section(of(kind, variant)).over(section(kind));
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

  /** A section of the settings of a stage before, as it was resolved; empty if there is none. */
  Settings resolved(String stage, String section) {
    JsonNode node = resolved.get(stage);
    return Settings.parse(
        "the settings of the stage " + stage,
        node != null && node.get(section) instanceof ObjectNode below ? Json.line(below) : "{}");
  }

  /** A number that a stage before has among its settings. */
  int number(String stage, String... keys) {
    JsonNode node = resolved.get(stage);
    for (String key : keys) {
      node = node == null ? null : node.get(key);
    }
    if (node == null) {
      throw new InputException(
          "the recipe needs the setting '" + stage + "." + String.join(".", keys) + "'");
    }
    return node.asInt();
  }

  /**
   * Plans a stage.
   *
   * @param settings all that its result depends on, but the stages that it needs
   * @param seconds about how long it takes
   */
  void add(
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
   * Plans a stage that trains a part.
   *
   * @param settings its section
   * @param given what the recipe sets itself, by key: results of other stages, which are paths, and
   *     values that follow from theirs
   * @param step about how long a step takes (seconds)
   */
  void training(
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
                .run(
                    Settings.of("the recipe", Json.object().set(name, values)).below(name),
                    device,
                    paths,
                    progress)
                .finished());
  }

  private static JsonNode node(Object value) {
    return value instanceof Integer number
        ? JsonNodeFactory.instance.numberNode(number)
        : JsonNodeFactory.instance.textNode(value.toString());
  }
}
