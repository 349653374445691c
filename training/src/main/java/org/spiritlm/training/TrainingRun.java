package org.spiritlm.training;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.spiritlm.corpus.WriterLock;
import org.spiritlm.json.Json;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.ProcessGroup;

/**
 * The directory of a run: its settings, checkpoints, metrics, and in the end what was trained. Only
 * one process, or one group of processes, may work in it.
 */
public final class TrainingRun implements AutoCloseable {
  private static final String LOCK = "lock";
  private static final String SETTINGS = "settings.json";

  /** How long the end of a process waits for a checkpoint. */
  private static final long PATIENCE_SECONDS = 300;

  private final Path directory;
  private final ObjectNode settings;
  private final @Nullable WriterLock lock; // of process 0
  private final List<String> changed = new ArrayList<>(); // keys that steer what is left to learn
  private final CountDownLatch ended = new CountDownLatch(1);
  private @Nullable Thread hook;

  private TrainingRun(Path directory, ObjectNode settings, @Nullable WriterLock lock) {
    this.directory = directory;
    this.settings = settings;
    this.lock = lock;
  }

  /**
   * Opens a run's directory, which is made, or one that is there, to go on. The settings are
   * written down when the work begins, which may refuse them.
   *
   * @param settings what {@link Settings#resolved} gives
   * @param free keys that may differ from those of a run that is there: what is learnt must not
   *     depend on them
   * @param steering keys that may differ while the run is not at its end: what is learnt from its
   *     last checkpoint on depends on them
   * @throws InputException if another process works there, or it has other settings
   */
  public static TrainingRun open(
      Path directory, ObjectNode settings, List<String> free, List<String> steering) {
    WriterLock lock =
        WriterLock.take(
            directory.resolve(LOCK),
            directory + ": another process trains there; wait for it or give another --out");
    TrainingRun run = new TrainingRun(directory, settings, lock);
    try {
      run.compare(free, steering);
      return run;
    } catch (RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  /**
   * The same in each of several processes; process 0 holds the directory for all.
   *
   * @throws InputException also if a process has other settings than process 0
   */
  public static TrainingRun open(
      Path directory,
      ObjectNode settings,
      List<String> free,
      List<String> steering,
      ProcessGroup ranks) {
    TrainingRun run =
        ranks.rank() == 0
            ? open(directory, settings, free, steering)
            : new TrainingRun(directory, settings, null);
    CRC32C checksum = new CRC32C();
    checksum.update(Json.line(settings).getBytes(StandardCharsets.UTF_8));
    double own = (double) checksum.getValue();
    if (ranks.sum(ranks.rank() == 0 ? own : 0)[0] != own) {
      throw new InputException(
          "rank "
              + ranks.rank()
              + " has other settings than rank 0; start all processes with the same command");
    }
    return run;
  }

  private void compare(List<String> free, List<String> steering) {
    Path file = directory.resolve(SETTINGS);
    if (Files.exists(file)) {
      List<String> differing = differing(Json.file(file), settings);
      differing.removeAll(free);
      changed.addAll(differing);
      changed.retainAll(steering);
      differing.removeAll(steering);
      if (!differing.isEmpty()) {
        throw refused("a run with other settings lies there", differing);
      }
    }
  }

  private InputException refused(String found, List<String> differing) {
    return new InputException(
        directory
            + ": "
            + found
            + " ("
            + String.join(", ", differing)
            + "); give another --out, or the settings in "
            + SETTINGS);
  }

  /** Writes down the settings that the run goes on with, if there is anything left to learn. */
  void settle(boolean atEnd) {
    if (lock == null) {
      return;
    }
    if (atEnd && !changed.isEmpty()) {
      throw refused("a run that is at its end with other settings lies there", changed);
    }
    Path file = directory.resolve(SETTINGS);
    Path beside = directory.resolve(SETTINGS + ".part");
    try {
      Files.writeString(beside, Json.line(settings) + "\n");
      Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw WriteFailure.of(file, e);
    }
  }

  /** The keys whose values are others in two trees of settings, or that one of them has alone. */
  public static List<String> differing(ObjectNode before, ObjectNode now) {
    return differing("", before, now);
  }

  private static List<String> differing(String path, ObjectNode before, ObjectNode now) {
    List<String> names = new ArrayList<>();
    before.fieldNames().forEachRemaining(names::add);
    now.fieldNames()
        .forEachRemaining(
            name -> {
              if (!before.has(name)) {
                names.add(name);
              }
            });
    List<String> differing = new ArrayList<>();
    for (String name : names) {
      if (before.get(name) instanceof ObjectNode old && now.get(name) instanceof ObjectNode fresh) {
        differing.addAll(differing(path + name + ".", old, fresh));
      } else if (!String.valueOf(before.get(name)).equals(String.valueOf(now.get(name)))) {
        differing.add(path + name);
      }
    }
    return differing;
  }

  /** Where it lies. */
  public Path directory() {
    return directory;
  }

  /**
   * Trains. Where the process is asked to end meanwhile (SIGTERM, Ctrl-C), or the one that started
   * it ends, a checkpoint is written first.
   */
  public Trainer.Result train(Trainer trainer) {
    LocalRanks.whenStarterEnds(trainer::stop);
    return stoppable(trainer::stop, () -> trainer.run(this::settle));
  }

  /**
   * Does work that writes what it has when it is told to stop, as it is where the process is asked
   * to end.
   */
  public <T> T until(Runnable stop, Supplier<T> work) {
    settle(false);
    return stoppable(stop, work);
  }

  private <T> T stoppable(Runnable stop, Supplier<T> work) {
    Thread waiting = new Thread(() -> stop(stop), "spiritlm-stop");
    Runtime.getRuntime().addShutdownHook(waiting);
    hook = waiting;
    return work.get();
  }

  private void stop(Runnable stop) {
    stop.run();
    try {
      if (!ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        System.err.println("spiritlm: the last step takes too long; its checkpoint is lost");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    ended.countDown();
    Thread waiting = hook;
    if (waiting != null) {
      try {
        Runtime.getRuntime().removeShutdownHook(waiting);
      } catch (IllegalStateException e) {
        // the process is ending
      }
    }
    if (lock != null) {
      lock.close();
    }
  }
}
