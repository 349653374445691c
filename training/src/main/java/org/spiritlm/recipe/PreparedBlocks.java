package org.spiritlm.recipe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.checkpoint.Directories;
import org.spiritlm.corpus.Manifest;
import org.spiritlm.corpus.OrderedWork;
import org.spiritlm.corpus.PreparedParquetWriter;
import org.spiritlm.corpus.PreparedUtterance;
import org.spiritlm.corpus.Utterance;
import org.spiritlm.corpus.UtteranceAudio;
import org.spiritlm.corpus.UtterancePreparer;
import org.spiritlm.json.Json;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.InputException;

/**
 * The units of a corpus, made in this process: {@code units/NNNNNN.parquet} as the command prepare
 * writes them, each with a block of utterances, and {@code rejected/NNNNNN.jsonl} with those that
 * cannot be used. A block that is there is whole.
 */
final class PreparedBlocks {
  /** Utterances of a block. */
  private static final int BLOCK = 500;

  /** The share of utterances that may be bad. */
  private static final double MOST_BAD = 0.1;

  /** Utterances between two lines of progress. */
  private static final int TOLD = 50;

  private final Path manifest;
  private final UtterancePreparer preparer;
  private final int threads;
  private final Path directory;
  private final Consumer<String> progress;

  /**
   * Blocks of a corpus.
   *
   * @param threads that prepare at the same time
   * @param directory where they are made
   */
  PreparedBlocks(
      Path manifest,
      UtterancePreparer preparer,
      int threads,
      Path directory,
      Consumer<String> progress) {
    this.manifest = manifest;
    this.preparer = preparer;
    this.threads = threads;
    this.directory = directory;
    this.progress = progress;
  }

  /**
   * Makes what is not there yet.
   *
   * @throws InputException if too many utterances are bad
   */
  void make() {
    List<Utterance> utterances = new ArrayList<>();
    Manifest.readWhole(manifest, utterances::add);
    try {
      Files.createDirectories(directory.resolve("units"));
      Files.createDirectories(directory.resolve("rejected"));
      for (int from = 0; from < utterances.size(); from += BLOCK) {
        int to = Math.min(from + BLOCK, utterances.size());
        String name = String.format(Locale.ROOT, "%06d", from / BLOCK);
        Path whole = directory.resolve("units/" + name + ".parquet");
        if (!Files.exists(whole)) {
          block(utterances, from, to, whole, directory.resolve("rejected/" + name + ".jsonl"));
        }
      }
      checkRejections(utterances.size());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void block(List<Utterance> utterances, int from, int to, Path whole, Path rejected)
      throws IOException {
    StringBuilder rejections = new StringBuilder();
    Path beside = whole.resolveSibling("." + whole.getFileName());
    int[] done = {from};
    try (PreparedParquetWriter writer = new PreparedParquetWriter(beside);
        OrderedWork<Utterance, Prepared> work =
            new OrderedWork<>(
                threads,
                this::prepare,
                prepared -> {
                  if (prepared.utterance() != null) {
                    writer.write(prepared.utterance());
                  } else {
                    rejections.append(Json.line(prepared.rejection())).append('\n');
                  }
                  done[0]++;
                  if (done[0] % TOLD == 0 || done[0] == to) {
                    progress.accept(done[0] + " of " + utterances.size() + " utterances");
                  }
                })) {
      utterances.subList(from, to).forEach(work::add);
      work.finish();
    }
    if (rejections.isEmpty()) {
      Files.deleteIfExists(rejected);
    } else {
      Directories.write(rejected, rejections.toString());
    }
    CorpusStages.move(beside, whole);
  }

  /** One of the two is null. */
  private record Prepared(@Nullable PreparedUtterance utterance, @Nullable ObjectNode rejection) {}

  private Prepared prepare(Utterance utterance) {
    Path sounds = Objects.requireNonNull(manifest.toAbsolutePath().getParent());
    try (AudioReader reader = UtteranceAudio.open(utterance, sounds)) {
      return new Prepared(preparer.prepare(utterance, reader), null);
    } catch (CheckpointException e) {
      throw e; // the same for every utterance
    } catch (InputException e) {
      ObjectNode rejection = Json.object().put("id", utterance.id());
      return new Prepared(null, rejection.put("reason", String.valueOf(e.getMessage())));
    }
  }

  private void checkRejections(int all) throws IOException {
    long rejected = 0;
    try (var files = Files.list(directory.resolve("rejected"))) {
      for (Path file : files.filter(each -> each.toString().endsWith(".jsonl")).toList()) {
        rejected += Files.readAllLines(file).size();
      }
    }
    if (rejected > MOST_BAD * all) {
      throw new InputException(
          rejected
              + " of "
              + all
              + " utterances cannot be used; the reasons are in "
              + directory.resolve("rejected")
              + ". Mend the corpus, and begin again with another --out");
    }
  }
}
