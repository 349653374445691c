package org.spiritlm.training.language;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.spiritlm.interleaving.Draws;
import org.spiritlm.json.Json;
import org.spiritlm.shards.Permutation;
import org.spiritlm.torch.InputException;
import org.spiritlm.training.Seeds;

/** Documents in memory, in an order drawn anew in every epoch. */
final class AnswerDocuments implements DocumentSource {
  private final List<TrainingDocument> documents;
  private final int perBatch;
  private final long seed;
  private final long checksum;
  private long taken;

  /**
   * Documents without end.
   *
   * @param documents at least one
   * @param perBatch how many make a batch
   */
  AnswerDocuments(List<TrainingDocument> documents, int perBatch, long seed) {
    this.documents = List.copyOf(documents);
    this.perBatch = perBatch;
    this.seed = seed;
    long sum = 0;
    for (TrainingDocument document : documents) {
      for (int id : document.ids()) {
        sum = Draws.mix(sum + id);
      }
    }
    this.checksum = sum;
  }

  @Override
  public List<TrainingDocument> next() {
    List<TrainingDocument> batch = new ArrayList<>();
    for (int i = 0; i < perBatch; i++) {
      long epoch = taken / documents.size();
      Permutation order = new Permutation(documents.size(), Seeds.mix(seed, epoch));
      batch.add(documents.get((int) order.at(taken % documents.size())));
      taken++;
    }
    return batch;
  }

  @Override
  public ObjectNode state() {
    return Json.object().put("taken", taken).put("checksum", Long.toHexString(checksum));
  }

  @Override
  public void restore(ObjectNode state) {
    if (!state.path("checksum").asText().equals(Long.toHexString(checksum))
        || !state.path("taken").isIntegralNumber()) {
      throw new InputException(
          "the run learnt from other utterances; go on with the same, or begin another run");
    }
    taken = state.path("taken").asLong();
  }
}
