package org.spiritlm.training;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.spiritlm.json.Json;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.Optimiser;
import org.spiritlm.torch.SafetensorsFile;
import org.spiritlm.torch.SafetensorsWriter;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;

/**
 * The checkpoints of a run: one directory for each step that was kept, with the parameters, the
 * optimisers' states and what decides the data that comes next.
 *
 * <p>Each is written beside its place and renamed, so that one that is there is whole, whenever the
 * process is killed.
 */
final class Checkpoints {
  private static final String PARAMETERS = "parameters.safetensors";
  private static final String OPTIMISER = "optimiser.safetensors";
  private static final String STATE = "state.json";
  private static final String UNFINISHED = ".part";

  private final Path directory;
  private final int kept;

  /**
   * Those of one run.
   *
   * @param directory where they lie; made when the first is written
   * @param kept how many of the newest stay, at least 1; the best one stays as well
   */
  Checkpoints(Path directory, int kept) {
    this.directory = directory;
    this.kept = kept;
  }

  /** The steps of all that are there, rising. */
  List<Long> steps() {
    List<Long> steps = new ArrayList<>();
    if (Files.isDirectory(directory)) {
      try (Stream<Path> files = Files.list(directory)) {
        files
            .map(file -> file.getFileName().toString())
            .filter(name -> name.matches("\\d{9}"))
            .forEach(name -> steps.add(Long.parseLong(name)));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    steps.sort(Comparator.naturalOrder());
    return steps;
  }

  /** The directory of a step. */
  Path at(long step) {
    return directory.resolve(String.format(Locale.ROOT, "%09d", step));
  }

  /**
   * Writes one and removes those that need not be kept.
   *
   * @param best the step of the best one so far, which stays
   * @param learnt the states of the optimisers, by the group's name and theirs
   * @throws InputException if the disk is full or cannot be written; what was there stays
   */
  void write(
      long step,
      @Nullable Long best,
      Set<TrainingTask.Group> groups,
      Map<String, Tensor> learnt,
      Map<String, Tensor> buffers,
      ObjectNode state) {
    Path place = at(step);
    Path beside = place.resolveSibling(place.getFileName() + UNFINISHED);
    try {
      remove(beside);
      Files.createDirectories(beside);
      SafetensorsWriter.write(beside.resolve(PARAMETERS), parameters(groups, buffers), Map.of());
      SafetensorsWriter.write(beside.resolve(OPTIMISER), learnt, Map.of());
      Files.writeString(beside.resolve(STATE), Json.line(state) + "\n", StandardCharsets.UTF_8);
      remove(place);
      Files.move(beside, place, StandardCopyOption.ATOMIC_MOVE);
      prune(best);
    } catch (IOException e) {
      discard(beside, e);
      throw WriteFailure.of(place, e);
    } catch (InputException e) { // of the tensors' file
      discard(beside, e);
      throw WriteFailure.advised(e);
    }
  }

  /** Leaves no half of a checkpoint, which takes room. */
  private static void discard(Path beside, Exception cause) {
    try {
      remove(beside);
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  private static Map<String, Tensor> parameters(
      Set<TrainingTask.Group> groups, Map<String, Tensor> buffers) {
    Map<String, Tensor> all = new TreeMap<>();
    for (TrainingTask.Group group : groups) {
      group.parameters().forEach((name, tensor) -> all.put(group.name() + "." + name, tensor));
    }
    buffers.forEach((name, tensor) -> all.put("buffers." + name, tensor));
    return all;
  }

  private void prune(@Nullable Long best) throws IOException {
    List<Long> steps = steps();
    Set<Long> stay = new HashSet<>(steps.subList(Math.max(0, steps.size() - kept), steps.size()));
    if (best != null) {
      stay.add(best);
    }
    for (long step : steps) {
      if (!stay.contains(step)) {
        remove(at(step));
      }
    }
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.filter(f -> f.toString().endsWith(UNFINISHED)).toList()) {
        remove(file);
      }
    }
  }

  /**
   * Reads the checkpoint of a step into parameters, buffers and optimisers.
   *
   * @return its state
   * @throws org.spiritlm.torch.CheckpointException if it is of a model with other parameters
   */
  ObjectNode read(
      long step, Map<TrainingTask.Group, Optimiser> optimisers, Map<String, Tensor> buffers) {
    Path place = at(step);
    if (!Files.isDirectory(place)) {
      throw new InputException(
          place + ": is not there, but process 0 has it; RUN must lie where all machines see it");
    }
    Weights parameters = Weights.of(SafetensorsFile.open(place.resolve(PARAMETERS)));
    Weights moments = Weights.of(SafetensorsFile.open(place.resolve(OPTIMISER)));
    optimisers.forEach(
        (group, optimiser) -> {
          copy(parameters.at(group.name()), group.parameters());
          optimiser.restore(moments.at(group.name()));
        });
    copy(parameters.at("buffers"), buffers);
    parameters.finish();
    moments.finish();
    return Json.file(place.resolve(STATE));
  }

  /** Reads the parameters and buffers alone. */
  void readParameters(long step, Iterable<TrainingTask.Group> groups, Map<String, Tensor> buffers) {
    Weights parameters = Weights.of(SafetensorsFile.open(at(step).resolve(PARAMETERS)));
    for (TrainingTask.Group group : groups) {
      copy(parameters.at(group.name()), group.parameters());
    }
    copy(parameters.at("buffers"), buffers);
  }

  private static void copy(Weights from, Map<String, Tensor> into) {
    try (Scope scope = Scope.open()) {
      into.forEach(
          (name, tensor) -> tensor.detach().copy_(from.tensor(name, Tensors.shape(tensor))));
    }
  }

  private static void remove(Path path) throws IOException {
    if (!Files.exists(path)) {
      return;
    }
    try (Stream<Path> files = Files.walk(path)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
