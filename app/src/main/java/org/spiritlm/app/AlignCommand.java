package org.spiritlm.app;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Locale;
import org.spiritlm.corpus.alignment.CorpusAlignment;
import org.spiritlm.json.Json;
import org.spiritlm.torch.InputException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code spiritlm align}: when each word of a corpus is said. */
@Command(
    name = "align",
    description = {
      "Find when each word of a manifest's transcripts is said.",
      "",
      "The manifest that is written has the words' times, in seconds of the audio file, and scores.",
      "",
      "Utterances that cannot be used, or whose transcript does not fit, are left out and told,",
      "with the reason, in MANIFEST.rejected.jsonl. A run that was killed goes on where it was."
    },
    customSynopsis = "spiritlm align MANIFEST.jsonl -o MANIFEST.jsonl --aligner DIR [OPTIONS]",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  spiritlm align corpus.jsonl -o aligned.jsonl --aligner my-aligner",
      "  spiritlm align corpus.jsonl -o aligned.jsonl --aligner mms-aligner --min-score -1",
    })
final class AlignCommand implements Runnable {
  private final Console console;

  @Parameters(paramLabel = "MANIFEST.jsonl", description = "Utterances with their transcripts.")
  Path manifest = Path.of("");

  @Option(
      names = "-o",
      paramLabel = "MANIFEST.jsonl",
      required = true,
      description = "The manifest to write; recordings are located relative to it.")
  Path output = Path.of("");

  @Option(
      names = "--aligner",
      paramLabel = "DIR",
      required = true,
      description = {
        "A CTC model of characters as Hugging Face saves it (Wav2Vec2ForCTC or HubertForCTC):",
        "config.json, weights, vocab.json, preprocessor_config.json."
      })
  Path aligner = Path.of("");

  @Option(
      names = "--min-score",
      paramLabel = "S",
      description = {
        "Leave out utterances with a lower score, the mean log-probability of the frames in which",
        "a letter is said (default: ${DEFAULT-VALUE})."
      })
  double leastScore = CorpusAlignment.DEFAULT_LEAST_SCORE;

  @Option(names = "--force", description = "Replace files that are there.")
  boolean force;

  @Mixin DeviceOptions where = new DeviceOptions();

  @Mixin CommonOptions common = new CommonOptions();

  AlignCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    if (Double.isNaN(leastScore)) {
      throw new InputException("--min-score must be a number, such as -2, found NaN");
    }
    Path rejections = CorpusConvertCommand.rejectedFile(output);
    OutputFiles.claim(output, force);
    OutputFiles.claim(rejections, force || CorpusAlignment.isUnfinished(output));
    CorpusAlignment alignment = CorpusAlignment.open(aligner, where.open(), leastScore);
    ProgressLine progress = new ProgressLine(console, "utterances");
    long began = System.nanoTime();
    CorpusAlignment.Summary summary = alignment.run(manifest, output, rejections, progress::at);
    if (summary.utterances() == 0) {
      throw new InputException(
          "none of the "
              + summary.rejected()
              + " utterances could be aligned; "
              + rejections
              + " says why");
    }
    report(summary, rejections, (System.nanoTime() - began) / 1e9);
  }

  private void report(CorpusAlignment.Summary summary, Path rejections, double took) {
    if (common.json) {
      ObjectNode object = Json.object();
      object.put("manifest", output.toString());
      object.put("utterances", summary.utterances());
      object.put("words", summary.words());
      object.put("wildcards", summary.wildcards());
      object.put("seconds", summary.seconds());
      object.put("mean_score", summary.meanScore());
      object.put("rejected", summary.rejected());
      if (summary.rejected() > 0) {
        object.put("rejected_file", rejections.toString());
      }
      object.put("resumed", summary.resumed());
      object.put("took", took);
      console.json(object);
      return;
    }
    console.print(
        String.format(
            Locale.ROOT,
            "%d utterances aligned: %d words in %s of audio, %d of them wildcards",
            summary.utterances(),
            summary.words(),
            ProgressLine.duration(summary.seconds()),
            summary.wildcards()));
    if (summary.resumed() > 0) {
      console.print(summary.resumed() + " items were done by an earlier run");
    }
    if (summary.rejected() > 0) {
      console.print(summary.rejected() + " left out, see " + rejections);
    }
  }
}
