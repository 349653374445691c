package org.spiritlm.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.spiritlm.checkpoint.Variant;
import org.spiritlm.json.Json;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.training.Settings;

/**
 * The recipe of the tiny models: from a corpus to model directories, with every part trained.
 *
 * <pre>{@code
 * TinyRecipe recipe = new TinyRecipe(out, null, TinyRecipe.settings(true), Device.CPU);
 * TinyRecipe.Result result = recipe.run(System.err::println);
 * SpiritLm model = SpiritLm.load(result.models().get(0));
 * }</pre>
 */
public final class TinyRecipe {
  /** What models are called. */
  private static final String NAME = "tiny";

  private final Path out;
  private final TinyPlan plan;

  /**
   * How it went.
   *
   * @param finished whether all is done; otherwise the process was asked to end
   * @param stages what is done, in order
   * @param models the models' directories, none where it is not finished
   */
  public record Result(boolean finished, ArrayNode stages, List<Path> models) {}

  /**
   * Plans the recipe; nothing is written.
   *
   * @param out where all is made, new or to go on with
   * @param corpus the manifest of recordings with transcripts, or null for speech that is made here
   * @param settings what {@link #settings} gives, with others over it
   * @throws InputException if a setting is unknown or wrong, or the corpus cannot be used
   */
  public TinyRecipe(Path out, @Nullable Path corpus, Settings settings, Device device) {
    this.out = out.toAbsolutePath().normalize();
    this.plan = new TinyPlan(this.out, corpus, settings, device);
  }

  /**
   * The settings of all stages that are not those of their trainers.
   *
   * @param smoke whether each stage does little, in order to be tried
   */
  public static Settings settings(boolean smoke) {
    Settings tiny = Settings.parse("the recipe's settings", Resource.text("tiny.yaml"));
    return smoke
        ? Settings.parse("the recipe's settings", Resource.text("smoke.yaml")).over(tiny)
        : tiny;
  }

  /** This library's version, or "unpackaged" where it runs from its classes. */
  static String code() {
    String version = TinyRecipe.class.getPackage().getImplementationVersion();
    return version == null ? "unpackaged" : version;
  }

  /** The directory of a variant's model. */
  static Path model(Path out, Variant variant) {
    return out.resolve("models").resolve(NAME + "-" + variant.key());
  }

  /** The stages in order, with what they do and all their settings, for people. */
  public List<String> describe() {
    List<String> lines = new ArrayList<>();
    for (Stage stage : plan.stages()) {
      lines.add(stage.name() + ": " + stage.about());
      flatten("", stage.settings(), line -> lines.add("  " + stage.name() + "." + line));
    }
    return lines;
  }

  /** The stages in order with all their settings, for programs. */
  public ObjectNode json() {
    ObjectNode object = Json.object();
    ArrayNode array = object.putArray("stages");
    for (Stage stage : plan.stages()) {
      ObjectNode one = array.addObject().put("stage", stage.name()).put("about", stage.about());
      one.set("settings", stage.settings());
    }
    return object;
  }

  private static void flatten(String path, ObjectNode object, Consumer<String> lines) {
    for (var entry : object.properties()) {
      JsonNode value = entry.getValue();
      if (value instanceof ObjectNode below) {
        flatten(path + entry.getKey() + ".", below, lines);
      } else {
        boolean empty = value.equals(JsonNodeFactory.instance.textNode(""));
        lines.accept(path + entry.getKey() + "=" + (empty ? "" : value.asText()));
      }
    }
  }

  /**
   * Does what is not done yet; then the models' cards are written anew, with what is known of their
   * quality.
   *
   * @param progress takes a line now and then
   * @throws InputException if the directory holds what was made with other settings, another
   *     process works there, or a stage cannot be done
   */
  public Result run(Consumer<String> progress) {
    Recipe.Result result = new Recipe(out, plan.stages(), progress).run();
    List<Path> models = new ArrayList<>();
    if (result.finished()) {
      for (Variant variant : plan.variants()) {
        Path model = model(out, variant);
        new ModelCard(out, variant, plan, result.stages()).write(model);
        models.add(model);
      }
    }
    return new Result(result.finished(), result.json(), models);
  }
}
