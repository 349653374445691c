package org.spiritlm.recipe;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.spiritlm.corpus.WriterLock;
import org.spiritlm.json.Json;
import org.spiritlm.torch.InputException;
import org.spiritlm.training.Pace;

/**
 * Runs stages in a directory, each after those that it needs.
 *
 * <p>A stage that is done is passed over; one that was broken off at any moment goes on where it
 * was, and the result is the same. A directory that holds anything made with other settings is
 * refused before any work is done.
 *
 * <p>Several processes may run the same recipe in one directory: each takes the next stage that can
 * be done and that no other has, and waits where there is none.
 */
final class Recipe {
  /** How often the seconds of a stage are noted (seconds). */
  private static final double NOTED = 60;

  /** How often a process that waits for others looks again (milliseconds). */
  private static final long LOOKED = 200;

  /** Where a stage that is being worked on is locked; a trainer locks the stage's own directory. */
  private static final String LOCKS = "locks";

  private static final Pattern COUNTED = Pattern.compile("(?:step )?(\\d{1,9}) of (\\d{1,9})");

  /** The share of the whole that must be done before its time is told. */
  private static final double LEAST_SHARE = 0.02;

  private final Path directory;
  private final List<StageFiles> stages = new ArrayList<>();
  private final Consumer<String> progress;

  /**
   * How it went.
   *
   * @param finished whether all is done; otherwise the process was asked to end
   * @param stages those that are done, in order
   */
  record Result(boolean finished, List<Done> stages) {
    /** The stages, for programs. */
    ArrayNode json() {
      ArrayNode array = Json.object().putArray("stages");
      for (Done done : stages) {
        ObjectNode object = array.addObject().put("stage", done.name());
        object.put("seconds", done.seconds()).put("done_before", done.before());
      }
      return array;
    }
  }

  /**
   * A stage that is done.
   *
   * @param seconds that it took
   * @param before whether an earlier run, or another process, had done it
   */
  record Done(String name, double seconds, boolean before) {}

  /**
   * A recipe in a directory.
   *
   * @param stages in order, each after those that it needs
   * @param progress takes a line now and then
   */
  Recipe(Path directory, List<Stage> stages, Consumer<String> progress) {
    this.directory = directory;
    this.progress = progress;
    Map<String, String> fingerprints = new HashMap<>();
    for (Stage stage : stages) {
      List<String> before = new ArrayList<>();
      for (String need : stage.needs()) {
        String known = fingerprints.get(need);
        if (known == null) {
          throw new IllegalStateException(stage.name() + " comes before " + need);
        }
        before.add(known);
      }
      StageFiles files = new StageFiles(stage, directory.resolve(stage.name()), before);
      fingerprints.put(stage.name(), files.fingerprint());
      this.stages.add(files);
    }
  }

  /**
   * Does what is not done yet.
   *
   * @throws InputException if the directory holds what was made with other settings, or a stage
   *     cannot be done
   */
  Result run() {
    Set<String> own = new HashSet<>();
    boolean waiting = false;
    while (true) {
      List<Done> done = done(own);
      if (done.size() == stages.size()) {
        return new Result(true, done);
      }
      Taken taken = take(done);
      if (taken != null) {
        waiting = false;
        try (WriterLock lock = taken.lock()) {
          if (!run(taken.index(), done)) {
            return new Result(false, done);
          }
        }
        own.add(stages.get(taken.index()).stage().name());
      } else {
        if (!waiting) {
          progress.accept("waiting for stages that other processes work on");
          waiting = true;
        }
        look();
      }
    }
  }

  /** The stages that are done, in order. */
  private List<Done> done(Set<String> own) {
    List<Done> done = new ArrayList<>();
    for (StageFiles files : stages) {
      if (files.isDone()) {
        String name = files.stage().name();
        done.add(new Done(name, files.seconds(), !own.contains(name)));
      }
    }
    return done;
  }

  /**
   * A stage that this process works on.
   *
   * @param lock keeps others from it
   */
  private record Taken(int index, WriterLock lock) {}

  /** Takes the first stage that can be done and that no other process has; null for none. */
  private @Nullable Taken take(List<Done> done) {
    Set<String> names = done.stream().map(Done::name).collect(Collectors.toSet());
    for (int i = 0; i < stages.size(); i++) {
      Stage stage = stages.get(i).stage();
      if (!names.contains(stage.name()) && names.containsAll(stage.needs())) {
        WriterLock lock =
            WriterLock.tryTake(directory.resolve(LOCKS).resolve(stage.name() + ".lock"));
        if (lock != null && !stages.get(i).isDone()) {
          return new Taken(i, lock);
        }
        if (lock != null) { // done since we looked
          lock.close();
        }
      }
    }
    return null;
  }

  private static void look() {
    try {
      Thread.sleep(LOOKED);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while other processes work on the recipe", e);
    }
  }

  private boolean run(int index, List<Done> done) {
    StageFiles files = stages.get(index);
    Clock clock = new Clock(files);
    files.begin(clock.before);
    String prefix =
        "stage " + (index + 1) + " of " + stages.size() + ", " + files.stage().name() + ": ";
    progress.accept(prefix + files.stage().about());
    boolean finished =
        files
            .stage()
            .work()
            .run(
                files.directory(),
                line -> {
                  clock.note();
                  progress.accept(prefix + line + left(index, done, clock.seconds(), share(line)));
                });
    if (finished) {
      files.end(clock.seconds());
    } else {
      files.begin(clock.seconds());
      progress.accept(prefix + "stopped; the same command goes on");
    }
    return finished;
  }

  /** How long a stage takes, over all runs. */
  private static final class Clock {
    private final StageFiles files;
    private final double before;
    private final long began = System.nanoTime();
    private double noted;

    Clock(StageFiles files) {
      this.files = files;
      this.before = files.seconds();
      this.noted = before;
    }

    double seconds() {
      return before + (System.nanoTime() - began) / 1e9;
    }

    void note() {
      double now = seconds();
      if (now - noted >= NOTED) {
        noted = now;
        files.begin(now);
      }
    }
  }

  /**
   * The time that all stages together still take, as far as it can be told: this one's as fast as
   * it was so far, the others' in the shares that stages have, as fast as those that are done.
   */
  private String left(int index, List<Done> done, double here, double share) {
    Map<String, Double> known = done.stream().collect(Collectors.toMap(Done::name, Done::seconds));
    double took = 0;
    double shares = 0;
    double later = 0;
    for (int i = 0; i < stages.size(); i++) {
      Stage stage = stages.get(i).stage();
      Double seconds = known.get(stage.name());
      if (seconds != null) {
        took += seconds;
        shares += stage.seconds();
      } else if (i != index) {
        later += stage.seconds();
      }
    }
    double all = stages.stream().mapToDouble(files -> files.stage().seconds()).sum();
    if (shares < LEAST_SHARE * all || took == 0) {
      return "";
    }
    double pace = took / shares;
    double rest =
        share > 0
            ? here * (1 - share) / share
            : Math.max(0, pace * stages.get(index).stage().seconds() - here);
    return "; about " + Pace.shown(rest + pace * later) + " left in all";
  }

  /** How much of a stage is done, as a line such as {@code step 3 of 10: …} says, or 0. */
  private static double share(String line) {
    Matcher counted = COUNTED.matcher(line);
    if (!counted.lookingAt()) {
      return 0;
    }
    double all = Double.parseDouble(counted.group(2));
    return all == 0 ? 0 : Math.min(1, Double.parseDouble(counted.group(1)) / all);
  }
}
