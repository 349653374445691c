package org.spiritlm.app;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Locale;
import org.spiritlm.corpus.alignment.BoundaryErrors;
import org.spiritlm.json.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code spiritlm corpus boundaries}: how good times of words are. */
@Command(
    name = "boundaries",
    description = {
      "Say how far the times of words in one manifest lie from those in another, which are right:",
      "the median of the distances of all beginnings and ends, and what 95 % do not exceed."
    },
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  spiritlm corpus boundaries corpus/manifest.jsonl aligned.jsonl",
      "  spiritlm corpus boundaries corpus/manifest.jsonl aligned.jsonl --json",
    })
final class CorpusBoundariesCommand implements Runnable {
  private static final double MILLISECONDS = 1000;

  private final Console console;

  @Parameters(
      index = "0",
      paramLabel = "RIGHT.jsonl",
      description = "A manifest whose words have the right times.")
  Path right = Path.of("");

  @Parameters(
      index = "1",
      paramLabel = "FOUND.jsonl",
      description = "A manifest of the same utterances, whose times are judged.")
  Path found = Path.of("");

  @Mixin CommonOptions common = new CommonOptions();

  CorpusBoundariesCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    BoundaryErrors errors = BoundaryErrors.compare(right, found);
    if (common.json) {
      ObjectNode object = Json.object();
      object.put("utterances", errors.utterances());
      object.put("boundaries", errors.boundaries());
      object.put("median_ms", MILLISECONDS * errors.median());
      object.put("percentile95_ms", MILLISECONDS * errors.percentile95());
      object.put("mean_ms", MILLISECONDS * errors.mean());
      object.put("missing", errors.missing());
      object.put("different", errors.different());
      console.json(object);
      return;
    }
    console.print(
        String.format(
            Locale.ROOT,
            "%d boundaries in %d utterances: median %.1f ms, 95 %% within %.1f ms, mean %.1f ms",
            errors.boundaries(),
            errors.utterances(),
            MILLISECONDS * errors.median(),
            MILLISECONDS * errors.percentile95(),
            MILLISECONDS * errors.mean()));
    if (errors.missing() + errors.different() > 0) {
      console.print(
          errors.missing()
              + " utterances have no times in "
              + found
              + ", "
              + errors.different()
              + " have other words");
    }
  }
}
