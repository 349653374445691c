package org.spiritlm.app;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code spiritlm prepare}: a corpus to units. This class only knows the command line; the module
 * {@code spark} does the work in a subclass, so that no other command loads Spark.
 */
@Command(
    name = "prepare",
    description = {
      "Turn the recordings of a corpus into units, text ids and words' frames, in Parquet.",
      "",
      "Training shards are made from them. On this machine by default, on a Spark cluster with",
      "--master.",
      "",
      "What was killed goes on where it stopped when it is started again with the same arguments.",
    },
    sortOptions = false,
    footer = {
      "",
      "DIR/units takes the utterances, DIR/quarantine what could not be used and why, and",
      "DIR/summary.json what was done. MANIFEST, DIR and the audio may lie in any file system of",
      "Hadoop (hdfs://…, s3a://…); see docs/scale.md for clusters.",
      "",
      "Examples:",
      "  spiritlm prepare corpus.jsonl -o prepared --model my-model",
      "  spiritlm prepare corpus.jsonl -o prepared --model my-model --partitions 100 --max-bad 0.05",
      "  spiritlm prepare hdfs://nn/c.jsonl -o hdfs://nn/units --model /models/m --master yarn",
    })
public class PrepareCommand implements Runnable {
  private final Console console;

  @Parameters(
      paramLabel = "MANIFEST.jsonl",
      description = "The corpus, an utterance a line; audio with relative names lies beside it.")
  private String manifest = "";

  @Option(
      names = "-o",
      paramLabel = "DIR",
      required = true,
      description = "The directory of what is made; one that was begun is gone on with.")
  private String output = "";

  @Option(
      names = "--model",
      paramLabel = "NAME|DIR",
      description =
          "A bundled model, a model directory, or Meta's checkpoints (default: $"
              + ModelPlace.CHECKPOINTS
              + "). On a cluster every machine needs it under this name.")
  private @Nullable String model;

  @Mixin private VariantOption variant = new VariantOption();

  @Option(
      names = "--partitions",
      paramLabel = "N",
      description =
          "Files to divide the utterances into, each made by one task (default: so that each has"
              + " 500 or fewer, and every core has several).")
  private int partitions;

  @Option(
      names = "--master",
      paramLabel = "URL",
      description =
          "Where Spark runs: local[N], spark://HOST:PORT, yarn or k8s://URL (default: local[*],"
              + " every core of this machine).")
  private @Nullable String master;

  @Option(
      names = "--max-bad",
      paramLabel = "F",
      description =
          "The share of utterances that may be bad; with more the command fails (default: 0.01).")
  private double maxBad = 0.01;

  @Option(
      names = "--device",
      paramLabel = "auto|cpu|cuda[:N]",
      description = "Where to compute (default: auto, the first GPU where there is one).")
  private String device = "auto";

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads of each task's operations (default: 1; tasks use all cores).")
  private int threads = 1;

  @Option(
      names = "--conf",
      paramLabel = "KEY=VALUE",
      description = "A property of Spark's configuration; can be given several times.")
  private Map<String, String> conf = new LinkedHashMap<>();

  @Option(names = "--force", description = "Begin anew: remove what is in DIR.")
  private boolean force;

  @Option(
      names = "--retry",
      description = {
        "Do again the parts of an earlier run that have items in quarantine, such as when recordings",
        "that could not be read can be read now."
      })
  private boolean retry;

  @Mixin private CommonOptions common = new CommonOptions();

  /** The command, ready to be filled by the command line's parser. */
  public PrepareCommand(Console console) {
    this.console = console;
  }

  /**
   * What was asked for.
   *
   * @param manifest a path, or a URI with its scheme
   * @param output a path, or a URI with its scheme
   * @param model a directory
   * @param variant {@code base} or {@code expressive} where the directory holds both, else null
   * @param partitions 0 leaves the number open
   * @param master null leaves it to Spark's configuration
   * @param maxBad a share, 0 to 1
   * @param threads of one task
   * @param conf properties of Spark
   * @param force whether what is there is removed
   * @param retry whether parts with items in quarantine are done again
   */
  public record Request(
      String manifest,
      String output,
      Path model,
      @Nullable String variant,
      int partitions,
      @Nullable String master,
      double maxBad,
      String device,
      int threads,
      Map<String, String> conf,
      boolean force,
      boolean retry) {}

  @Override
  public final void run() {
    if (partitions < 0) {
      throw new InputException("--partitions must be 1 or more, found " + partitions);
    }
    if (threads < 1) {
      throw new InputException("--threads must be 1 or more, found " + threads);
    }
    if (!(maxBad >= 0 && maxBad <= 1)) {
      throw new InputException("--max-bad is a share from 0 to 1, found " + maxBad);
    }
    ObjectNode summary =
        prepare(
            new Request(
                manifest,
                output,
                variant.find(model).toAbsolutePath(),
                variant.name(),
                partitions,
                master,
                maxBad,
                device,
                threads,
                Map.copyOf(conf),
                force,
                retry),
            console);
    if (common.json) {
      console.json(summary);
    } else {
      console.print(
          String.format(
              Locale.ROOT,
              "%s: %d utterances, %.2f h of audio, %d units; %d of %d items bad%s",
              summary.path("units").asText(),
              summary.path("prepared").asLong(),
              summary.path("seconds").asDouble() / 3600,
              summary.path("hubert").asLong(),
              summary.path("rejected").asLong(),
              summary.path("items").asLong(),
              summary.path("rejected").asLong() == 0
                  ? ""
                  : ", see " + summary.path("quarantine").asText()));
    }
  }

  /**
   * Does the work.
   *
   * @return what stands in {@code summary.json}
   */
  protected ObjectNode prepare(Request request, Console console) {
    throw new InputException("prepare needs Spark, which the launcher 'spiritlm' brings along");
  }
}
