package org.spiritlm.corpus.alignment;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.spiritlm.alignment.AlignedTranscript;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.alignment.Aligner;
import org.spiritlm.corpus.AudioLocation;
import org.spiritlm.corpus.CorpusListener;
import org.spiritlm.corpus.Manifest;
import org.spiritlm.corpus.OrderedWork;
import org.spiritlm.corpus.Rejection;
import org.spiritlm.corpus.Utterance;
import org.spiritlm.corpus.UtteranceAudio;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;

/**
 * Gives the utterances of a manifest their words' times.
 *
 * <p>Those that cannot be used, or whose score is too low, go to a second file with the reason. A
 * run that is killed and started again goes on where it was, and the result is the same. Both files
 * appear when all is done.
 */
public final class CorpusAlignment {
  /**
   * The score below which a transcript is taken not to be that of its audio, where nothing else is
   * said: letters have a probability of 0.14 (e^-2) in the geometric mean.
   */
  public static final double DEFAULT_LEAST_SCORE = -2;

  /** Items that are aligned together, and noted together as done. */
  private static final int GROUP = 16;

  /** An utterance that is longer, or its file larger, is a group of its own. */
  private static final double LONG_SECONDS = 60;

  private static final long LONG_BYTES = 10_000_000;

  private final Path directory;
  private final Aligner aligner;
  private final double leastScore;
  private final int threads;

  private CorpusAlignment(Path directory, Aligner aligner, double leastScore, int threads) {
    this.directory = directory;
    this.aligner = aligner;
    this.leastScore = leastScore;
    this.threads = threads;
  }

  /**
   * Opens an aligner for this work.
   *
   * @param directory the aligner's, see {@link Aligner#open}
   * @param leastScore utterances with a lower {@linkplain AlignedTranscript#score score} are left
   *     out
   * @throws org.spiritlm.torch.CheckpointException as {@link Aligner#open}
   */
  public static CorpusAlignment open(Path directory, Device device, double leastScore) {
    return new CorpusAlignment(
        directory, Aligner.open(directory, device), leastScore, device.callers());
  }

  /**
   * What was done.
   *
   * @param utterances with times
   * @param rejected left out
   * @param words of the utterances
   * @param wildcards words of these that the aligner's alphabet cannot write
   * @param seconds of audio of the utterances
   * @param meanScore mean of the utterances' scores, or null if there are none
   * @param resumed items that an earlier run had done
   */
  public record Summary(
      long utterances,
      long rejected,
      long words,
      long wildcards,
      double seconds,
      @Nullable Double meanScore,
      long resumed) {}

  /** Is told how far the work is. */
  @FunctionalInterface
  public interface Progress {
    /**
     * Some more items are done.
     *
     * @param done items so far, an earlier run's included
     * @param all items of the manifest
     * @param resumed items that an earlier run had done
     * @param seconds of audio aligned by this run
     */
    void at(long done, long all, long resumed, double seconds);
  }

  /**
   * Aligns a manifest.
   *
   * @param manifest what is read; relative audio is relative to its directory
   * @param output the manifest that is written, replaced if it exists; relative audio is relative
   *     to its directory. It stays what it was where no utterance has times
   * @param rejections the same for what is left out, an object a line with {@code id}, {@code
   *     audio} and {@code reason}; none is left where nothing was
   * @throws InputException if the manifest is empty, the output is no file, or another process or
   *     another run's remains are at the output
   * @throws UncheckedIOException if a file cannot be read or written
   */
  public Summary run(Path manifest, Path output, Path rejections, Progress progress) {
    if (Files.isDirectory(manifest)) {
      throw new InputException(manifest + ": is a directory, expected a manifest (JSON lines)");
    }
    requireFile(output);
    requireFile(rejections);
    try {
      RunIdentity identity = RunIdentity.of(manifest, directory, leastScore);
      if (identity.items() == 0) {
        throw new InputException(manifest + ": holds no utterance");
      }
      try (AlignmentJournal journal =
          new AlignmentJournal(beside(output, "journal"), identity.json())) {
        long resumed = journal.totals().items();
        try (Work work = new Work(manifest, output, journal, identity.items(), progress)) {
          Manifest.readUntimed(manifest, work);
          work.finish();
        }
        Path next = beside(output, "new");
        Path nextRejections = beside(rejections, "new");
        journal.writeTo(next, nextRejections);
        AlignmentJournal.Totals totals = journal.totals();
        long rejected = totals.items() - totals.aligned();
        if (rejected > 0) {
          move(nextRejections, rejections);
        } else {
          Files.delete(nextRejections);
          Files.deleteIfExists(rejections);
        }
        if (totals.aligned() > 0) {
          move(next, output);
        } else {
          Files.delete(next); // nobody wants a manifest of nothing
        }
        journal.delete();
        return new Summary(
            totals.aligned(),
            rejected,
            totals.words(),
            totals.wildcards(),
            totals.seconds(),
            totals.aligned() == 0 ? null : (Double) (totals.scores() / totals.aligned()),
            resumed);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether a run that writes this was stopped, and goes on when it is started again. */
  public static boolean isUnfinished(Path output) {
    return Files.exists(beside(output, "journal"));
  }

  /** Devices and pipes are not replaced, and cannot be gone on with. */
  private static void requireFile(Path file) {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new InputException(file + " is no file; give the name of a file to write");
    }
  }

  private static Path beside(Path file, String ending) {
    return file.toAbsolutePath().resolveSibling("." + file.getFileName() + "." + ending);
  }

  private static void move(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Takes the items of the manifest, aligns them in groups, and notes what became of them. */
  private final class Work implements CorpusListener, AutoCloseable {
    private final Path from;
    private final Path to;
    private final AlignmentJournal journal;
    private final long all;
    private final long resumed;
    private final double before;
    private final Progress progress;
    private final OrderedWork<List<Object>, Aligned> groups;
    private List<Object> group = new ArrayList<>(); // utterances and rejections
    private long seen;

    Work(Path manifest, Path output, AlignmentJournal journal, long all, Progress progress) {
      this.from = manifest.toAbsolutePath().resolveSibling("").normalize();
      this.to = output.toAbsolutePath().resolveSibling("").normalize();
      this.journal = journal;
      this.all = all;
      this.resumed = journal.totals().items();
      this.before = journal.totals().seconds();
      this.progress = progress;
      this.groups = new OrderedWork<>(threads, this::align, this::note);
    }

    @Override
    public void accept(Utterance utterance) {
      add(utterance);
    }

    @Override
    public void reject(Rejection rejection) {
      add(rejection);
    }

    private void add(Object item) {
      seen++;
      if (seen <= resumed) {
        return;
      }
      boolean alone = item instanceof Utterance utterance && mayBeLong(utterance);
      if (alone) {
        endGroup();
      }
      group.add(item);
      if (alone || group.size() == GROUP) {
        endGroup();
      }
    }

    /** Whether it is better noted as done by itself, as far as can be told without opening it. */
    private boolean mayBeLong(Utterance utterance) {
      @Nullable Double start = utterance.start();
      @Nullable Double end = utterance.end();
      if (end != null) {
        return end - (start == null ? 0 : start) > LONG_SECONDS;
      }
      try {
        AudioLocation.@Nullable Bytes bytes = utterance.audio().bytes();
        return bytes != null
            ? bytes.length() > LONG_BYTES
            : Files.size(UtteranceAudio.localFile(utterance.audio(), from)) > LONG_BYTES;
      } catch (InputException | IOException e) {
        return false; // which is told when it is opened
      }
    }

    private void endGroup() {
      if (!group.isEmpty()) {
        groups.add(group);
        group = new ArrayList<>();
      }
    }

    void finish() {
      endGroup();
      groups.finish();
    }

    @Override
    public void close() {
      groups.close();
    }

    /** What became of those of a group that have a transcript. */
    private record Aligned(List<Object> group, List<Aligner.Outcome> outcomes) {}

    private Aligned align(List<Object> group) {
      List<Aligner.Task> tasks = new ArrayList<>();
      for (Object item : group) {
        if (item instanceof Utterance utterance && text(utterance) != null) {
          String text = Objects.requireNonNull(text(utterance));
          tasks.add(new Aligner.Task(() -> UtteranceAudio.open(utterance, from), text));
        }
      }
      return new Aligned(group, aligner.align(tasks));
    }

    private void note(Aligned aligned) {
      List<Aligner.Outcome> outcomes = new ArrayList<>(aligned.outcomes());
      for (Object item : aligned.group()) {
        if (item instanceof Rejection rejection) {
          note(rejection);
        } else if (item instanceof Utterance utterance) {
          if (text(utterance) == null) {
            note(utterance, "it has no transcript");
          } else {
            note(utterance, outcomes.remove(0));
          }
        }
      }
      journal.endGroup();
      progress.at(journal.totals().items(), all, resumed, journal.totals().seconds() - before);
    }

    private void note(Utterance utterance, Aligner.Outcome outcome) {
      InputException failure = outcome.failure();
      if (failure != null) {
        note(utterance, String.valueOf(failure.getMessage()));
        return;
      }
      AlignedTranscript aligned = outcome.get();
      if (aligned.score() < leastScore) {
        note(
            utterance,
            String.format(
                Locale.ROOT,
                "its score is %.2f, below %.2f: the transcript is not what is said",
                aligned.score(),
                leastScore));
        return;
      }
      @Nullable Double start = utterance.start();
      List<AlignedWord> words = aligned.wordsAfter(start == null ? 0 : start);
      journal.aligned(
          utterance
              .withWords(words)
              .withAudio(UtteranceAudio.relocated(utterance.audio(), from, to)),
          aligned);
    }

    private void note(Utterance utterance, String reason) {
      note(new Rejection(utterance.id(), utterance.audio(), reason));
    }

    private void note(Rejection rejection) {
      AudioLocation audio = rejection.audio();
      journal.rejected(
          audio == null
              ? rejection
              : new Rejection(
                  rejection.id(), UtteranceAudio.relocated(audio, from, to), rejection.reason()));
    }
  }

  /** What is said: the transcript, else the words that have times already; null without either. */
  private static @Nullable String text(Utterance utterance) {
    if (utterance.text() != null || utterance.words().isEmpty()) {
      return utterance.text();
    }
    return String.join(" ", utterance.words().stream().map(AlignedWord::word).toList());
  }
}
