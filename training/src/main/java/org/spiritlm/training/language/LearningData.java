package org.spiritlm.training.language;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiritlm.SpiritLm;

/** What a language model learns from, and what it is validated with. */
sealed interface LearningData permits ShardData, AnswerData {
  /** The most tokens of a sequence. */
  int length();

  /**
   * Opens it.
   *
   * @param model whose tokens it has; its language model is not loaded
   * @param options how much is validated with
   * @throws org.spiritlm.torch.InputException if it is missing, damaged, or another model's
   */
  Opened open(SpiritLm model, ValidationOptions options);

  /**
   * How much is validated with.
   *
   * @param sequences for the loss
   * @param utterances that are answered, or -1 for as many as {@link #UTTERANCES} where that is
   *     learnt
   * @param samples that are continued
   */
  record ValidationOptions(int sequences, int utterances, int samples) {
    static final int UTTERANCES = 16;
  }

  /**
   * What was opened.
   *
   * @param learnt without end
   * @param heldOut what is not learnt from, or null
   * @param heldOutBatches how many of its batches are looked at
   * @param answered utterances to be answered by the model, perhaps none
   * @param questions how they are asked, or null to ask for transcripts
   * @param prompts to be continued, perhaps none
   */
  record Opened(
      DocumentSource learnt,
      @Nullable DocumentSource heldOut,
      int heldOutBatches,
      List<Spoken> answered,
      @Nullable Questions questions,
      List<WrittenSamples.Asked> prompts) {}
}
