package org.spiritlm.app;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.spiritlm.app.bench.Benchmark;
import org.spiritlm.app.bench.DataBenchmarks;
import org.spiritlm.app.bench.EngineBenchmarks;
import org.spiritlm.app.bench.LanguageBenchmarks;
import org.spiritlm.app.bench.MachineBenchmarks;
import org.spiritlm.app.bench.SpeechBenchmarks;
import org.spiritlm.app.bench.SpeechTrainingBenchmarks;
import org.spiritlm.app.bench.StartBenchmarks;
import org.spiritlm.app.bench.TrainingBenchmarks;
import org.spiritlm.json.Json;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.Torch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code spiritlm bench}: how fast every part is on this machine. */
@Command(
    name = "bench",
    description = {
      "Measure how fast every part is on this machine, at real sizes with random weights.",
      "Name train-… alone: then memory is managed as 'train' has it, else as all other commands do.",
      "tools/bench/compare.py measures PyTorch beside it."
    },
    footer = {
      "",
      "Examples:",
      "  spiritlm bench",
      "  spiritlm bench hubert-10s vocoder-4s --rounds 20 --threads 2",
      "  spiritlm bench read-bandwidth decode --device cpu",
      "  spiritlm bench --list"
    })
final class BenchCommand implements Runnable {
  private final Console console;
  @Mixin CommonOptions common = new CommonOptions();

  @Parameters(
      paramLabel = "NAME",
      arity = "0..*",
      description = "What to measure, or the beginning of its name (default: everything).")
  List<String> names = List.of();

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description = "Measurements of each, after two that do not count (default: 5).")
  int rounds = 5;

  @Option(names = "--list", description = "Only list what can be measured.")
  boolean list;

  @Option(
      names = "--on-request",
      description =
          "Measure one thing, one round for each line of standard input, the line being the"
              + " round's number: two programs can so be measured in turns.")
  boolean onRequest;

  /** Measures how fast memory is read (GB/s), where that was asked for. */
  private Benchmark.@Nullable Task bandwidth;

  @Mixin DeviceOptions where = new DeviceOptions();

  private Device place = Device.CPU;

  BenchCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    if (rounds < 1) {
      throw new InputException("--rounds must be 1 or more, found " + rounds);
    }
    if (!list) {
      place = where.open();
    }
    List<Benchmark> chosen = chosen();
    if (list) {
      chosen.forEach(this::describe);
      return;
    }
    if (onRequest) {
      if (chosen.size() != 1) {
        throw new InputException("--on-request takes one NAME, found " + chosen.size());
      }
      serve(chosen.get(0));
      return;
    }
    chosen.forEach(this::measure);
  }

  private void describe(Benchmark benchmark) {
    if (common.json) {
      console.json(Json.object().put("name", benchmark.name()).put("unit", benchmark.unit()));
    } else {
      console.print(benchmark.name());
    }
  }

  private List<Benchmark> chosen() {
    List<Benchmark> all = new ArrayList<>(MachineBenchmarks.all(place));
    all.addAll(StartBenchmarks.all(ModelPlace.home()));
    all.addAll(SpeechBenchmarks.all(place));
    all.addAll(LanguageBenchmarks.all(place));
    all.addAll(EngineBenchmarks.all(place));
    all.addAll(TrainingBenchmarks.all(place));
    all.addAll(SpeechTrainingBenchmarks.all(place));
    all.addAll(DataBenchmarks.all());
    for (String name : names) {
      if (all.stream().noneMatch(benchmark -> benchmark.name().startsWith(name))) {
        String known = all.stream().map(Benchmark::name).collect(Collectors.joining(", "));
        throw new InputException("nothing to measure is called '" + name + "'; known: " + known);
      }
    }
    if (!names.isEmpty()) {
      all.removeIf(benchmark -> names.stream().noneMatch(benchmark.name()::startsWith));
    }
    return all;
  }

  private void measure(Benchmark benchmark) {
    PeakMemory memory = PeakMemory.watch();
    Benchmark.Task task = benchmark.prepare().get();
    double[] values = new double[rounds];
    double[] shares = new double[rounds];
    for (int round = -2; round < rounds; round++) { // the first two are for warming up
      // beside each round, since others on a machine take more of its memory's time now and less
      // then
      double read =
          bandwidth != null && benchmark.bytes() > 0
              ? Benchmark.measure(bandwidth, round + 2)
              : Double.POSITIVE_INFINITY;
      double value = Benchmark.measure(task, round + 2);
      if (round >= 0) {
        values[round] = value;
        shares[round] = value * benchmark.bytes() / 1e9 / read;
      }
    }
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    Arrays.sort(shares);
    double median = middle(sorted);
    double share = middle(shares);
    if (benchmark.name().equals(MachineBenchmarks.READ_BANDWIDTH)) {
      bandwidth = task;
    }
    if (common.json) {
      ObjectNode result = result(benchmark, median);
      ArrayNode each = result.putArray("rounds");
      Arrays.stream(values).forEach(each::add);
      result.put("device", place.toString());
      result.put("threads", Torch.threads());
      memory.bytes().ifPresent(bytes -> result.put("memory_mib", bytes >> 20));
      if (share > 0) {
        result.put("bandwidth_share", share);
      }
      console.json(result);
    } else {
      console.print(
          String.format(
              Locale.ROOT,
              "%-24s %10.2f %-20s (%.2f to %.2f)%s%s",
              benchmark.name(),
              median,
              benchmark.unit(),
              sorted[0],
              sorted[rounds - 1],
              memory.bytes().isPresent()
                  ? String.format(Locale.ROOT, "  %d MiB", memory.bytes().getAsLong() >> 20)
                  : "",
              share > 0 ? String.format("  %.0f %% of the read bandwidth", 100 * share) : ""));
    }
  }

  private static double middle(double... sorted) {
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }

  private void serve(Benchmark benchmark) {
    Benchmark.Task task = benchmark.prepare().get();
    BufferedReader requests =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try {
      for (String line = requests.readLine(); line != null; line = requests.readLine()) {
        int round;
        try {
          round = Integer.parseInt(line.strip());
        } catch (NumberFormatException e) {
          throw new InputException("expected the number of a round, found '" + line + "'", e);
        }
        console.json(result(benchmark, Benchmark.measure(task, round)));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ObjectNode result(Benchmark benchmark, double value) {
    ObjectNode result = Json.object();
    result.put("name", benchmark.name());
    result.put("value", value);
    return result.put("unit", benchmark.unit());
  }
}
