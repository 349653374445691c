package org.spiritlm.spark;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.spark.api.java.JavaSparkContext;
import org.spiritlm.app.Console;
import org.spiritlm.app.PrepareCommand;
import org.spiritlm.torch.InputException;

/** {@code spiritlm prepare} where Spark is there. */
public final class SparkPrepareCommand extends PrepareCommand {
  /** System property: whether standard error is a terminal. */
  private static final String TERMINAL = "spiritlm.terminal";

  /** The command, ready to be filled by the command line's parser. */
  public SparkPrepareCommand(Console console) {
    super(console);
  }

  private static ObjectNode run(
      JavaSparkContext spark, Preparation.Options options, ProgressBar bar) {
    try {
      return Preparation.run(spark, options, bar);
    } catch (IllegalStateException e) {
      if (spark.sc().isStopped()) {
        throw new InputException(
            spark.master()
                + " ended the job: mostly because executors do not start there, which their logs"
                + " and Spark's page tell. What is done is kept",
            e);
      }
      throw e;
    }
  }

  /** This program's version, or "unpackaged" where it runs from its classes. */
  private static String version() {
    String version = SparkPrepareCommand.class.getPackage().getImplementationVersion();
    return version == null ? "unpackaged" : version;
  }

  @Override
  protected ObjectNode prepare(Request request, Console console) {
    Preparation.Options options =
        new Preparation.Options(
            request.manifest(),
            request.output(),
            request.model(),
            request.variant(),
            request.partitions(),
            request.maxBad(),
            request.device(),
            request.threads(),
            request.force(),
            request.retry(),
            version());
    try (JavaSparkContext spark =
            SparkStart.start(request.master(), request.conf(), request.threads());
        ProgressBar bar = new ProgressBar(console.err(), Boolean.getBoolean(TERMINAL))) {
      if (spark.sc().uiWebUrl().isDefined()) {
        console.say("Spark's page: " + spark.sc().uiWebUrl().get());
      }
      return run(spark, options, bar);
    }
  }
}
