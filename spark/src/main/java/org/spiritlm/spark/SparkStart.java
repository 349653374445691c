package org.spiritlm.spark;

import java.util.Map;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkException;
import org.apache.spark.api.java.JavaSparkContext;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;

/** Starts Spark: in this process, or as the driver of a cluster. */
final class SparkStart {
  /** System property with the jars that executors need, separated by commas. */
  static final String JARS = "spiritlm.executor.jars";

  /** System property with the directory that holds {@code models}, here and on executors. */
  private static final String HOME = "spiritlm.home";

  private static final String OPTIONS = "spark.executor.extraJavaOptions";
  private static final String LOCAL = "local";

  private SparkStart() {}

  /**
   * Starts it; properties that the user gives, by {@code --conf}, {@code spark-submit} or as system
   * properties, count before our own.
   *
   * @param master null for that of the configuration, or all cores of this machine
   * @param threads of the operations of one task
   * @throws InputException if it does not start
   */
  static JavaSparkContext start(
      @Nullable String master, Map<String, String> properties, int threads) {
    SparkConf conf = new SparkConf();
    properties.forEach(conf::set);
    if (master != null) {
      conf.setMaster(master);
    }
    conf.setIfMissing("spark.master", LOCAL + "[*]");
    conf.setIfMissing("spark.app.name", "spiritlm prepare");
    if (conf.get("spark.master").startsWith(LOCAL)) {
      conf.setIfMissing("spark.driver.host", "localhost");
      conf.setIfMissing("spark.driver.bindAddress", "127.0.0.1");
      conf.setIfMissing("spark.executor.heartbeatInterval", "2s"); // for the progress
    } else {
      conf.setIfMissing("spark.task.cpus", Integer.toString(threads));
      String jars = System.getProperty(JARS);
      if (jars != null) {
        conf.setIfMissing("spark.jars", jars);
      }
      String home = System.getProperty(HOME);
      if (home != null) {
        conf.set(OPTIONS, withHome(conf.get(OPTIONS, ""), home));
      }
    }
    conf.setIfMissing("spark.executorEnv.OMP_NUM_THREADS", Integer.toString(threads));
    conf.setIfMissing("spark.executorEnv.THP_MEM_ALLOC_ENABLE", "1");
    conf.setIfMissing("spark.port.maxRetries", "256"); // Spark's page takes the next free port
    conf.setIfMissing("spark.ui.killEnabled", "false"); // whoever sees it may only look
    try {
      return new JavaSparkContext(conf);
    } catch (RuntimeException e) {
      throw refused(conf, e);
    } catch (Exception e) { // Scala declares nothing
      if (e instanceof SparkException) {
        throw refused(conf, e);
      }
      throw new IllegalStateException(e);
    }
  }

  /** Options of executors with the place of what comes along, unless they have one. */
  static String withHome(String options, String home) {
    String option = "-D" + HOME + "=";
    return options.contains(option) ? options : (options + " \"" + option + home + "\"").strip();
  }

  private static InputException refused(SparkConf conf, Exception e) {
    return new InputException(
        "Spark does not start with --master "
            + conf.get("spark.master")
            + ": "
            + String.valueOf(e.getMessage()).lines().findFirst().orElse(""),
        e);
  }
}
