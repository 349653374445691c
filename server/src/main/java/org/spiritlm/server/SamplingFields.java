package org.spiritlm.server;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Set;
import org.spiritlm.GenerationOptions;

/** How tokens are chosen, as requests say it. */
final class SamplingFields {
  /** The names of the fields. */
  static final Set<String> NAMES =
      Set.of(
          "temperature",
          "top_p",
          "top_k",
          "min_p",
          "repetition_penalty",
          "seed",
          "frequency_penalty",
          "presence_penalty",
          "logit_bias");

  private static final List<String> DRAWING =
      List.of("temperature", "top_p", "top_k", "min_p", "seed");

  private SamplingFields() {}

  /**
   * Options with what a request says.
   *
   * @throws ApiException if a value is out of its range, or asks for what is not done here
   */
  static GenerationOptions applied(Fields fields, GenerationOptions options) {
    refuse(fields, "frequency_penalty");
    refuse(fields, "presence_penalty");
    if (fields.has("logit_bias") && !fields.object().get("logit_bias").isEmpty()) {
      throw unsupported(fields, "logit_bias");
    }
    GenerationOptions changed = options;
    Double temperature = fields.number("temperature", 0, 2);
    if (temperature != null) {
      changed = changed.withTemperature(temperature);
    }
    Double topP = fields.number("top_p", 0, 1);
    if (topP != null) {
      changed = changed.withTopP(Math.max(topP, Double.MIN_NORMAL));
    }
    Integer topK = fields.whole("top_k", 0, Integer.MAX_VALUE);
    if (topK != null) {
      changed = changed.withTopK(topK);
    }
    Double minP = fields.number("min_p", 0, 1);
    if (minP != null) {
      changed = changed.withMinP(minP);
    }
    Double penalty = fields.number("repetition_penalty", 0.01, 100);
    if (penalty != null) {
      changed = changed.withRepetitionPenalty(penalty);
    }
    Long seed = fields.whole("seed", Long.MIN_VALUE, Long.MAX_VALUE);
    return changed.withSeed(seed == null ? Ids.seed() : seed);
  }

  /**
   * Refuses what says how tokens are drawn, beside a field with which none are.
   *
   * @throws ApiException for the first that is there
   */
  static void refuseDrawing(Fields fields, String field) {
    for (String key : DRAWING) {
      boolean draws = fields.has(key) && !(key.equals("temperature") && isZero(fields, key));
      if (draws) {
        throw ApiException.wrong(
            fields.at(key), "'" + field + "' draws nothing, so it cannot go with '" + key + "'");
      }
    }
  }

  private static boolean isZero(Fields fields, String key) {
    return Double.valueOf(0).equals(fields.number(key, 0, 2));
  }

  private static void refuse(Fields fields, String key) {
    Double value = fields.number(key, -2, 2);
    if (value != null && value != 0) {
      throw unsupported(fields, key);
    }
  }

  /** The error for what OpenAI's models do, and this one does not. */
  static ApiException unsupported(Fields fields, String key) {
    return ApiException.wrong(
        400, "unsupported_parameter", fields.at(key), "'" + fields.at(key) + "' is not done here");
  }

  /**
   * Refuses what would change the answer and is not done here; empty lists ask for nothing.
   *
   * @throws ApiException for the first that is there
   */
  static void refuse(Fields fields, Set<String> keys) {
    for (String key : keys) {
      JsonNode value = fields.object().get(key);
      if (fields.has(key) && !(value.isContainerNode() && value.isEmpty())) {
        throw unsupported(fields, key);
      }
    }
  }

  /**
   * The most new tokens that a request asks for.
   *
   * @param least 1, or 0 where a request may ask for none
   */
  static int newTokens(Fields fields, String key, int least, Exchange exchange) {
    Integer count = fields.whole(key, least, exchange.limits().newTokens());
    return count != null
        ? count
        : Math.min(GenerationOptions.DEFAULT_MAX_NEW_TOKENS, exchange.limits().newTokens());
  }
}
