package org.spiritlm.shards;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.spiritlm.corpus.PreparedDirectory;
import org.spiritlm.corpus.PreparedParquet;
import org.spiritlm.corpus.PreparedUtterance;
import org.spiritlm.corpus.Rejection;
import org.spiritlm.corpus.SeenNames;
import org.spiritlm.corpus.TextDocument;
import org.spiritlm.corpus.TextDocuments;
import org.spiritlm.corpus.TextListener;
import org.spiritlm.torch.InputException;

/**
 * What shards are made of.
 *
 * @param prepared directories that the command prepare wrote, or Parquet files of that form
 * @param texts files of text, see {@link TextDocuments}
 * @param splits the parts of corpora that are taken, or none for all
 */
public record ShardSources(List<Path> prepared, List<Path> texts, Set<String> splits) {
  public ShardSources {
    prepared = List.copyOf(prepared);
    texts = List.copyOf(texts);
    splits = Set.copyOf(splits);
    if (prepared.isEmpty() && texts.isEmpty()) {
      throw new InputException("there is nothing to read: give directories or texts");
    }
    requireDistinct(prepared.stream().map(PreparedDirectory::units).toList());
    requireDistinct(texts);
  }

  private static void requireDistinct(List<Path> places) {
    Set<Path> seen = new HashSet<>();
    for (Path place : places) {
      if (!seen.add(real(place))) {
        throw new InputException(place + " is given twice; what it holds would be there twice");
      }
    }
  }

  private static Path real(Path place) {
    try {
      return place.toRealPath();
    } catch (IOException e) { // it is not there, which is said when it is read
      return place.toAbsolutePath().normalize();
    }
  }

  /**
   * Reads all, item by item, into shards.
   *
   * @param units {@linkplain org.spiritlm.checkpoint.TokenizerChecksum#ofUnits checksums} of the
   *     speech tokenizer whose units these are, or null where that is not compared
   * @param progress takes now and then how many items were read
   * @throws InputException if something cannot be read, a directory is not finished, or units come
   *     from another speech tokenizer
   */
  public void writeTo(ShardSetWriter writer, @Nullable String units, LongConsumer progress) {
    prepared.forEach(PreparedDirectory::requireFinished);
    Reading reading = new Reading(writer, units, progress);
    prepared.forEach(reading::prepared);
    texts.forEach(reading::text);
  }

  /** One pass over all. */
  private final class Reading implements TextListener {
    private static final int STEP = 10_000;

    private final ShardSetWriter writer;
    private final LongConsumer progress;
    private final @Nullable String units;
    private final SeenNames ids = new SeenNames();
    private long items;

    Reading(ShardSetWriter writer, @Nullable String units, LongConsumer progress) {
      this.writer = writer;
      this.units = units;
      this.progress = progress;
    }

    void prepared(Path place) {
      try (PreparedParquet.Reader reader = PreparedParquet.read(PreparedDirectory.units(place))) {
        while (reader.hasNext()) {
          PreparedUtterance utterance = reader.next();
          checkModel(place, utterance);
          String split = utterance.split();
          if (splits.isEmpty() || (split != null && splits.contains(split))) {
            add(utterance);
          }
          count();
        }
      }
    }

    /** Adds an utterance; within what prepare wrote, which may be much, no id comes twice. */
    private void add(PreparedUtterance utterance) {
      String id = utterance.id();
      if (prepared.size() == 1 || ids.add(id)) {
        writer.add(utterance);
      } else {
        writer.reject(
            new Rejection(id, null, "the id '" + id + "' was there before, in another directory"));
      }
    }

    /** A model without pitch and style takes the phonetic units of one that has them. */
    private void checkModel(Path place, PreparedUtterance utterance) {
      String made = utterance.model().substring(utterance.model().lastIndexOf('@') + 1);
      if (units != null && !made.equals(units) && !made.startsWith(units + "-")) {
        throw new InputException(
            place
                + ": the units of "
                + utterance.id()
                + " were made by the model '"
                + utterance.model()
                + "', not by the speech tokenizer of --model, "
                + units
                + "; prepare with that one, or add --any-units if you know that its units are the"
                + " same");
      }
    }

    void text(Path file) {
      TextDocuments.read(file, this);
    }

    @Override
    public void accept(TextDocument document) {
      writer.addText(document.id(), document.text());
      count();
    }

    @Override
    public void reject(Rejection rejection) {
      writer.reject(rejection);
      count();
    }

    private void count() {
      items++;
      if (items % STEP == 0) {
        progress.accept(items);
      }
    }
  }
}
