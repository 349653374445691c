package org.spiritlm.training.language;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.spiritlm.text.Vocabulary;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.LowRankAdapters;
import org.spiritlm.training.Settings;

/**
 * Which low-rank adapters are trained in place of all parameters.
 *
 * @param rank of the changes
 * @param alpha changes are scaled by alpha / rank
 * @param dropout share of a change's inputs that it does not see while it is trained
 * @param targets names of the products in each block
 * @param speechTokens whether the vectors of the speech tokens, which may be new, are trained too
 * @param seed of the fresh adapters
 */
public record AdapterSettings(
    int rank, double alpha, double dropout, Set<String> targets, boolean speechTokens, long seed) {
  private static final List<String> PRODUCTS =
      List.of("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj");

  public AdapterSettings {
    targets = Set.copyOf(targets);
  }

  /**
   * Reads them.
   *
   * @return null where the rank is 0: all parameters are trained
   * @throws InputException if a target is no product of a block
   */
  static @Nullable AdapterSettings of(Settings settings, long seed) {
    int rank = settings.count("rank", 0);
    double alpha = settings.number("alpha", rank == 0 ? 16 : 2.0 * rank);
    double dropout = settings.number("dropout", 0);
    String names = settings.text("targets", String.join(",", PRODUCTS));
    boolean speechTokens = settings.flag("speech_tokens", false);
    Set<String> targets = new TreeSet<>(Arrays.asList(names.strip().split("\\s*,\\s*")));
    for (String target : targets) {
      if (!PRODUCTS.contains(target)) {
        throw new InputException(
            "the setting 'lora.targets' names '"
                + target
                + "'; expected some of "
                + String.join(",", PRODUCTS));
      }
    }
    if (!(dropout >= 0 && dropout < 1)) {
      throw new InputException(
          "the setting 'lora.dropout' must be at least 0 and below 1, found " + dropout);
    }
    return rank == 0
        ? null
        : new AdapterSettings(rank, alpha, dropout, targets, speechTokens, seed);
  }

  /** Fresh adapters for a model. */
  LowRankAdapters fresh(Vocabulary vocabulary) {
    return new LowRankAdapters(seed, options(vocabulary));
  }

  LowRankAdapters.Options options(Vocabulary vocabulary) {
    return new LowRankAdapters.Options(
        rank, alpha, dropout, targets, speechTokens ? vocabulary.firstAdded() : -1);
  }
}
