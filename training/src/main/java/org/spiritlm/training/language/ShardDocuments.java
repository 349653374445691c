package org.spiritlm.training.language;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.spiritlm.json.JsonLine;
import org.spiritlm.shards.Sampler;
import org.spiritlm.shards.SamplerOptions;
import org.spiritlm.shards.SamplerState;
import org.spiritlm.shards.Sequence;
import org.spiritlm.shards.ShardSet;

/** Documents out of training shards: so many packed sequences a batch. */
public final class ShardDocuments implements DocumentSource {
  private final ShardSet shards;
  private final SamplerOptions options;
  private final Batch batch;
  private final List<String> notes;
  private Sampler sampler;

  /**
   * What a batch is.
   *
   * @param sequences how many, at least 1
   * @param apart whether the documents of a sequence do not see each other; otherwise a sequence is
   *     one document
   */
  public record Batch(int sequences, boolean apart) {}

  /**
   * @param notes what people should know of it, a line each
   */
  public ShardDocuments(ShardSet shards, SamplerOptions options, Batch batch, List<String> notes) {
    this.shards = shards;
    this.notes = List.copyOf(notes);
    this.options = options;
    this.batch = batch;
    this.sampler = new Sampler(shards, options);
  }

  @Override
  public List<TrainingDocument> next() {
    List<TrainingDocument> documents = new ArrayList<>();
    while (documents.isEmpty()) { // ends of documents alone teach nothing
      for (int i = 0; i < batch.sequences(); i++) {
        add(sampler.next(), documents);
      }
    }
    return documents;
  }

  private void add(Sequence sequence, List<TrainingDocument> documents) {
    int[] ids = sequence.ids();
    if (!batch.apart()) {
      documents.add(TrainingDocument.of(ids));
      return;
    }
    int[] starts = sequence.starts();
    for (int i = 0; i < starts.length; i++) {
      int end = i + 1 < starts.length ? starts[i + 1] : ids.length;
      if (end - starts[i] > 1) {
        documents.add(TrainingDocument.of(Arrays.copyOfRange(ids, starts[i], end)));
      }
    }
  }

  @Override
  public List<String> notes() {
    return notes;
  }

  @Override
  public ObjectNode state() {
    return sampler.state().toJson();
  }

  @Override
  public void restore(ObjectNode state) {
    SamplerState read = SamplerState.read(new JsonLine("the checkpoint's data state", state));
    sampler = Sampler.resume(shards, options, read, 0, 1);
  }

  @Override
  public void close() {
    shards.close();
  }
}
