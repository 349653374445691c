package org.spiritlm.training.language;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.spiritlm.json.Json;

/** Documents that count up from a number, so that there is something to learn. */
final class RandomDocuments implements DocumentSource {
  private final int vocabulary;
  private final int documents;
  private final int length;
  private long drawn;

  RandomDocuments(int vocabulary, int documents, int length) {
    this.vocabulary = vocabulary;
    this.documents = documents;
    this.length = length;
  }

  @Override
  public List<TrainingDocument> next() {
    SplittableRandom random = new SplittableRandom(++drawn);
    List<TrainingDocument> batch = new ArrayList<>();
    for (int i = 0; i < documents; i++) {
      int[] ids = new int[2 + random.nextInt(length - 1)];
      int first = random.nextInt(vocabulary);
      for (int j = 0; j < ids.length; j++) {
        ids[j] = (first + j) % vocabulary;
      }
      batch.add(TrainingDocument.of(ids));
    }
    return batch;
  }

  @Override
  public ObjectNode state() {
    return Json.object().put("drawn", drawn);
  }

  @Override
  public void restore(ObjectNode state) {
    drawn = state.get("drawn").asLong();
  }
}
