package org.spiritlm.app;

import picocli.CommandLine.Option;

/** The options of every command. */
final class CommonOptions {
  @Option(
      names = "--json",
      description = "Print results as JSON, one object a line, and nothing else.")
  boolean json;

  @Option(names = "--verbose", description = "Say more, and show the trace of a failure.")
  boolean verbose;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;
}
