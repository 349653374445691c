package org.spiritlm.lm;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.spiritlm.torch.ConfigFile;

/** How rotary frequencies are stretched for contexts longer than the pretrained one. */
public sealed interface RopeScaling {
  /** Frequencies as they are. */
  record None() implements RopeScaling {}

  /**
   * All frequencies divided by one number (Chen et al., "Extending Context Window", 2023).
   *
   * @param factor at least 1
   */
  record Linear(double factor) implements RopeScaling {}

  /**
   * Llama 3.1's: low frequencies divided, high ones left, a smooth passage between.
   *
   * @param factor what low frequencies are divided by
   * @param lowFactor waves longer than {@code originalContext / lowFactor} are low
   * @param highFactor waves shorter than {@code originalContext / highFactor} are high
   * @param originalContext positions that the model was pretrained with
   */
  record Llama3(double factor, double lowFactor, double highFactor, int originalContext)
      implements RopeScaling {}

  /** A frequency (radians a position), stretched. */
  default double scale(double frequency) {
    if (this instanceof Linear linear) {
      return frequency / linear.factor;
    }
    if (this instanceof Llama3 llama) {
      double wave = 2 * Math.PI / frequency;
      if (wave < llama.originalContext / llama.highFactor) {
        return frequency;
      }
      if (wave > llama.originalContext / llama.lowFactor) {
        return frequency / llama.factor;
      }
      double smooth =
          (llama.originalContext / wave - llama.lowFactor) / (llama.highFactor - llama.lowFactor);
      return (1 - smooth) * frequency / llama.factor + smooth * frequency;
    }
    return frequency;
  }

  /**
   * Reads {@code rope_scaling}, or {@code rope_parameters} of newer files.
   *
   * @throws org.spiritlm.torch.CheckpointException if the kind is not built here
   */
  static RopeScaling read(ConfigFile config) {
    ConfigFile values = values(config);
    for (ConfigFile place : List.of(values, config)) {
      if (place.number("partial_rotary_factor", 1) != 1) {
        throw place.wrong("partial_rotary_factor", "1, the only one that is built here");
      }
    }
    if (values == config) {
      return new None();
    }
    String type = values.text("rope_type", values.text("type", "default"));
    return switch (type) {
      case "default" -> new None();
      case "linear" -> new Linear(atLeastOne(values, "factor"));
      case "llama3" ->
          new Llama3(
              atLeastOne(values, "factor"),
              positive(values, "low_freq_factor"),
              higher(values),
              values.positive("original_max_position_embeddings"));
      default -> throw values.wrong("rope_type", "\"default\", \"linear\" or \"llama3\"");
    };
  }

  /**
   * Where the values stand: in {@code rope_scaling}, else in {@code rope_parameters}, else in the
   * file itself; an empty object is as none.
   */
  static ConfigFile values(ConfigFile config) {
    for (String key : List.of("rope_scaling", "rope_parameters")) {
      if (config.has(key) && !config.below(key).node().isEmpty()) {
        return config.below(key);
      }
    }
    return config;
  }

  private static double atLeastOne(ConfigFile values, String key) {
    double value = values.number(key);
    if (!(value >= 1) || Double.isInfinite(value)) {
      throw values.wrong(key, "a number of at least 1");
    }
    return value;
  }

  private static double positive(ConfigFile values, String key) {
    double value = values.number(key);
    if (!(value > 0) || Double.isInfinite(value)) {
      throw values.wrong(key, "a number above 0");
    }
    return value;
  }

  private static double higher(ConfigFile values) {
    double high = positive(values, "high_freq_factor");
    if (high <= values.number("low_freq_factor")) {
      throw values.wrong("high_freq_factor", "a number above 'low_freq_factor'");
    }
    return high;
  }

  /** Writes {@code rope_scaling}, where there is any. */
  default void write(ObjectNode json) {
    if (this instanceof Linear linear) {
      json.putObject("rope_scaling").put("rope_type", "linear").put("factor", linear.factor);
    } else if (this instanceof Llama3 llama) {
      json.putObject("rope_scaling")
          .put("rope_type", "llama3")
          .put("factor", llama.factor)
          .put("low_freq_factor", llama.lowFactor)
          .put("high_freq_factor", llama.highFactor)
          .put("original_max_position_embeddings", llama.originalContext);
    } else {
      json.putNull("rope_scaling");
    }
  }
}
