package org.spiritlm.app;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code spiritlm corpus}: what has to do with recordings and their transcripts. */
@Command(
    name = "corpus",
    description = "Make corpora of speech with transcripts.",
    subcommands = SynthesizeCommand.class,
    footer = {
      "",
      "Examples:",
      "  spiritlm corpus synthesize sentences.txt -o corpus",
    })
final class CorpusCommand implements Runnable {
  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  @Override
  public void run() {
    throw new ParameterException(
        Objects.requireNonNull(spec).commandLine(), "a command is missing");
  }
}
