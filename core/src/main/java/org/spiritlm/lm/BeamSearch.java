package org.spiritlm.lm;

import java.util.List;
import org.spiritlm.torch.InputException;

/**
 * Looks for the likeliest continuations of a prompt: at each step only so many beginnings (beams)
 * are kept, the likeliest ones. Nothing is drawn, so the same request has the same answers.
 *
 * <p>An answer's score is the sum of its tokens' log-probabilities, divided by its length (an end
 * token counts) to the power of the length penalty. Log-probabilities are those of the whole
 * vocabulary, also where ids are forbidden. A repetition penalty multiplies them for tokens that
 * stand in the prompt or the beam already.
 *
 * <p>At each step the likeliest continuations of all beams are ranked: of equal ones first that of
 * the better beam, then that with the lower id. Of those that end, only ones among the first {@code
 * width} become answers, and the likeliest {@code width} that do not end go on. The search is over
 * when there are {@code width} answers and the best beam, by its score at its present length, is no
 * better than the worst of them; so later answers that only a large length penalty would lift are
 * not found. All this is what Hugging Face's {@code generate} does with {@code num_beams} and
 * {@code early_stopping=False}, its default.
 *
 * <p>Differs from that: beams without probability are dropped, so that there may be fewer answers.
 *
 * <p>Safe for use by several threads.
 */
public final class BeamSearch {
  private final LlamaModel model;
  private final int width;
  private final double lengthPenalty;

  /** A search with scores per token: the length penalty is 1. */
  public BeamSearch(LlamaModel model, int width) {
    this(model, width, 1);
  }

  /**
   * A search.
   *
   * @param width beams, and the most answers, at least 1
   * @param lengthPenalty above 0 favours long answers, below 0 short ones; 0 takes sums as they are
   * @throws InputException if one of them is out of its range
   */
  public BeamSearch(LlamaModel model, int width, double lengthPenalty) {
    if (width < 1) {
      throw new InputException("the number of beams must be 1 or more, found " + width);
    }
    if (!Double.isFinite(lengthPenalty)) {
      throw new InputException("the length penalty must be a number, found " + lengthPenalty);
    }
    this.model = model;
    this.width = width;
    this.lengthPenalty = lengthPenalty;
  }

  /**
   * The best answers to a prompt, the best first: one or more, at most as many as there are beams.
   *
   * @param request its listener is not told, and its beams are this search's
   * @throws InputException if tokens are to be drawn, the prompt fills the model's context, or an
   *     id is not in its vocabulary
   */
  public List<Answer.Candidate> search(Request request) {
    Request unheard = request.heardBy(id -> true);
    try (Beams beams = new Beams(unheard, width, lengthPenalty, model)) {
      return new Generator(model).grown(List.of(beams)).get(0).candidates();
    }
  }
}
