package org.spiritlm.spark;

import java.util.Arrays;
import java.util.Map;
import org.spiritlm.app.App;

/**
 * The entry point of the command {@code prepare}: {@code spiritlm}'s command line with Spark. Also
 * the class to give to {@code spark-submit}, whose arguments need not begin with the command.
 */
public final class Prepare {
  static final String COMMAND = "prepare";

  /** What {@code prepare} is where Spark is there. */
  static final Map<String, Class<? extends Runnable>> COMMANDS =
      Map.of(COMMAND, SparkPrepareCommand.class);

  private static final String LOG_LEVEL = "spiritlm.log";

  private Prepare() {}

  /**
   * Runs it and ends the JVM.
   *
   * @param args the command's words
   */
  public static void main(String[] args) {
    if (System.getProperty(LOG_LEVEL) == null && Arrays.asList(args).contains("--verbose")) {
      System.setProperty(LOG_LEVEL, "info"); // which log4j2.properties reads
    }
    App.main(words(args), COMMANDS);
  }

  /** The words with the command before them. */
  private static String[] words(String[] args) {
    if (args.length > 0 && args[0].equals(COMMAND)) {
      return args;
    }
    String[] words = new String[args.length + 1];
    words[0] = COMMAND;
    System.arraycopy(args, 0, words, 1, args.length);
    return words;
  }
}
