package org.spiritlm.app;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.spiritlm.json.Json;
import org.spiritlm.recipe.TinyRecipe;
import org.spiritlm.torch.InputException;
import org.spiritlm.training.Settings;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code spiritlm recipe}: from a corpus to models. */
@Command(
    name = "recipe",
    description = {
      "Make models of a corpus, or of speech that is made for them: train every part in order.",
      "",
      "Each stage has a directory in DIR; what is done is passed over, and the same command goes on"
          + " where it was stopped. The models are in DIR/models in the end."
    },
    customSynopsis =
        "spiritlm recipe tiny --out DIR [--corpus MANIFEST] [--set STAGE.KEY=VALUE...] [OPTIONS]",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  spiritlm recipe tiny --out work --smoke",
      "  spiritlm recipe tiny --out work --corpus manifest.jsonl --set lm.steps=20000",
      "  spiritlm recipe tiny --list",
    })
final class RecipeCommand implements Runnable {
  private final Console console;

  @Parameters(paramLabel = "NAME", description = "Which recipe: tiny.")
  String name = "";

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where all is made, new or to go on with.")
  @Nullable Path out;

  @Option(
      names = "--corpus",
      paramLabel = "MANIFEST",
      description = {
        "Recordings with transcripts, as corpus convert writes them (default: speech of",
        "WordNet's examples, by FreeTTS)."
      })
  @Nullable Path corpus;

  @Option(
      names = "--smoke",
      description = "Do little in each stage, to see in minutes whether all of it works.")
  boolean smoke;

  @Option(names = "--list", description = "Show the stages with all their settings, and end.")
  boolean list;

  @Mixin SettingsOptions given = new SettingsOptions();

  @Mixin DeviceOptions where = new DeviceOptions();

  @Mixin CommonOptions common = new CommonOptions();

  RecipeCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    if (!name.equals("tiny")) {
      throw new InputException("there is no recipe '" + name + "'; expected tiny");
    }
    Path directory = out;
    if (directory == null && !list) {
      throw new InputException("give the directory where all is made: --out DIR");
    }
    Settings settings = given.over(TinyRecipe.settings(smoke));
    TinyRecipe recipe =
        new TinyRecipe(
            directory == null ? Path.of("DIR") : directory, corpus, settings, where.open());
    if (list) {
      list(recipe);
    } else {
      report(recipe.run(console::say));
    }
  }

  private void list(TinyRecipe recipe) {
    if (common.json) {
      console.json(recipe.json());
    } else {
      recipe.describe().forEach(console::print);
    }
  }

  private void report(TinyRecipe.Result result) {
    if (common.json) {
      ObjectNode object = Json.object();
      object.put("out", String.valueOf(out));
      object.put("finished", result.finished());
      object.set("stages", result.stages());
      ArrayNode models = object.putArray("models");
      result.models().forEach(model -> models.add(model.toString()));
      console.json(object);
    } else if (result.finished()) {
      result.models().forEach(model -> console.print(model.toString()));
    } else {
      console.print("stopped; the same command goes on");
    }
  }
}
