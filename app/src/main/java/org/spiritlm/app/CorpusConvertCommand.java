package org.spiritlm.app;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.spiritlm.corpus.Alignments;
import org.spiritlm.corpus.Conversion;
import org.spiritlm.corpus.Corpus;
import org.spiritlm.corpus.CorpusFormat;
import org.spiritlm.corpus.Rejection;
import org.spiritlm.corpus.WriterLock;
import org.spiritlm.json.Json;
import org.spiritlm.torch.InputException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code spiritlm corpus convert}: any corpus to a manifest. */
@Command(
    name = "convert",
    description = {
      "Write a corpus as a manifest, one JSON object an utterance, which all other commands read.",
      "",
      "What cannot be used is left out and told, with the reason, in MANIFEST.rejected.jsonl."
    },
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  spiritlm corpus convert LibriSpeech/dev-clean -o dev-clean.jsonl",
      "  spiritlm corpus convert shards --format webdataset --alignments words.ctm -o corpus.jsonl",
    })
final class CorpusConvertCommand implements Runnable {
  private final Console console;

  @Parameters(paramLabel = "SOURCE", description = "The corpus: a directory, or one file of it.")
  Path source = Path.of("");

  @Option(
      names = "--format",
      paramLabel = "F",
      description = {
        "librispeech, ljspeech, vctk, common-voice, expresso, webdataset, manifest or folder",
        "(default: what the files in it tell)."
      })
  @Nullable String format;

  @Option(
      names = "-o",
      paramLabel = "MANIFEST.jsonl",
      required = true,
      description = "The manifest to write; recordings are located relative to it.")
  Path output = Path.of("");

  @Option(
      names = "--alignments",
      paramLabel = "FILE|DIR",
      description = "Word times to add: .TextGrid, .ctm or .json, one for each utterance or all.")
  @Nullable Path alignments;

  @Option(
      names = "--untranscribed",
      description = "Take recordings without a transcript, too (folder and webdataset).")
  boolean untranscribed;

  @Option(
      names = "--unopened",
      description = "Do not open the recordings: faster, but bad ones are not found now.")
  boolean unopened;

  @Option(names = "--force", description = "Replace files that are there.")
  boolean force;

  @Mixin CommonOptions common = new CommonOptions();

  CorpusConvertCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    CorpusFormat form =
        format == null ? CorpusFormat.recognise(source) : CorpusFormat.parse(format);
    Corpus corpus = form.corpus(untranscribed);
    Path rejected = rejectedFile(output);
    OutputFiles.claim(output, force);
    OutputFiles.claim(rejected, force);
    try (WriterLock lock = WriterLock.of(output);
        Alignments times = alignments == null ? null : Alignments.open(alignments)) {
      Conversion conversion = new Conversion(corpus, times, !unopened);
      report(form, write(conversion, rejected), rejected);
    }
  }

  /** {@code a.jsonl} has its rejections in {@code a.rejected.jsonl}. */
  static Path rejectedFile(Path manifest) {
    String name = String.valueOf(manifest.getFileName());
    String stem = name.endsWith(".jsonl") ? name.substring(0, name.length() - 6) : name;
    return manifest.resolveSibling(stem + ".rejected.jsonl");
  }

  private Conversion.Summary write(Conversion conversion, Path rejected) {
    Conversion.Summary[] summary = new Conversion.Summary[1];
    Path directory = output.toAbsolutePath().resolveSibling("");
    @Nullable InputException[] nothing = new InputException[1];
    OutputFiles.write(
        rejected,
        force,
        reasons -> {
          try {
            OutputFiles.write(
                output,
                force,
                manifest -> {
                  summary[0] = conversion.run(source, directory, manifest, reasons);
                  refuseNothing(summary[0], rejected);
                });
          } catch (InputException e) {
            if (summary[0] == null || summary[0].utterances() > 0 || summary[0].rejected() < 2) {
              throw e; // it has the only reason
            }
            nothing[0] = e; // thrown when the reasons are in their place
          }
        });
    InputException refused = nothing[0];
    if (refused != null) {
      throw refused;
    }
    if (summary[0].rejected() == 0) {
      try {
        Files.delete(rejected);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return summary[0];
  }

  private void refuseNothing(Conversion.Summary summary, Path rejected) {
    if (summary.utterances() > 0) {
      return;
    }
    Rejection first = summary.firstRejection();
    throw new InputException(
        source
            + ": holds no utterance that can be used"
            + (first == null
                ? ""
                : "; all "
                    + summary.rejected()
                    + " were refused"
                    + (summary.rejected() < 2 ? "" : " (see " + rejected + ")")
                    + ", the first, "
                    + first.id()
                    + ": "
                    + first.reason()));
  }

  private void report(CorpusFormat form, Conversion.Summary summary, Path rejected) {
    ObjectNode object = Json.object();
    object.put("format", form.written());
    object.put("manifest", output.toString());
    object.put("utterances", summary.utterances());
    object.put("transcribed", summary.transcribed());
    object.put("aligned", summary.aligned());
    object.put("words", summary.words());
    object.put("rejected", summary.rejected());
    if (summary.rejected() > 0) {
      object.put("rejected_file", rejected.toString());
    }
    if (common.json) {
      console.json(object);
      return;
    }
    object
        .properties()
        .forEach(entry -> console.print(entry.getKey() + ": " + entry.getValue().asText()));
    Rejection first = summary.firstRejection();
    if (first != null) {
      console.say("the first that was left out, " + first.id() + ": " + first.reason());
    }
  }
}
