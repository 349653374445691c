package org.spiritlm.app;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code spiritlm corpus}: what is done with corpora, each a command of its own. */
@Command(
    name = "corpus",
    description = "Convert, make and look at corpora of recordings and transcripts.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      CorpusConvertCommand.class,
      SynthesizeCommand.class,
      CorpusStatsCommand.class,
      CorpusShowCommand.class,
      CorpusBoundariesCommand.class
    },
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  spiritlm corpus convert LibriSpeech/dev-clean -o dev-clean.jsonl",
      "  spiritlm corpus synthesize sentences.txt -o corpus",
      "  spiritlm corpus stats dev-clean.jsonl",
      "  spiritlm corpus show 84-121123-0000 --corpus dev-clean.jsonl -o page.html",
      "  spiritlm corpus boundaries corpus/manifest.jsonl aligned.jsonl",
    })
final class CorpusCommand implements Runnable {
  @Spec @Nullable CommandSpec spec;
  @Mixin CommonOptions common = new CommonOptions();

  @Override
  public void run() {
    throw new ParameterException(
        Objects.requireNonNull(spec).commandLine(), "a command is missing");
  }
}
