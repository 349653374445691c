package org.spiritlm.lm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.spiritlm.torch.DType;

/** One model for many: threads that use it together, and calls one after another. */
class SharedModelTest {
  private static final int THREADS = 4;
  private static final long MEBIBYTE = 1 << 20;

  /** Written, never read: the compiler must not see that. */
  static volatile byte[] garbage = {};

  static final List<String> VARIANTS = LlamaVariant.NAMES;

  private static final List<Function<LlamaModel, String>> JOBS =
      List.of(
          model -> answer(model, Request.greedy(new int[] {1, 2, 3}, 90)),
          model -> answer(model, Request.greedy(new int[70], 20).with(Sampling.random(5))),
          model -> answer(model, Request.greedy(new int[] {7}, 30).with(Sampling.random(6))),
          model ->
              new Scorer(model)
                  .score(List.of(pair(new int[100]), pair(1, 2, 3))).stream()
                      .map(Arrays::toString)
                      .toList()
                      .toString(),
          model ->
              new BeamSearch(model, 3)
                  .search(Request.greedy(new int[] {4, 5}, 12)).stream()
                      .map(found -> Arrays.toString(found.ids()) + found.score())
                      .toList()
                      .toString());

  private static String answer(LlamaModel model, Request request) {
    return Arrays.toString(new Generator(model).generate(request).ids());
  }

  private static Scorer.Pair pair(int... continuation) {
    return new Scorer.Pair(new int[] {9, 8}, continuation);
  }

  @ParameterizedTest
  @FieldSource("VARIANTS")
  void threadsGetWhatEachWouldGetAlone(String name) throws Exception {
    LlamaVariant variant = LlamaVariant.of(name);
    List<String> expected = JOBS.stream().map(job -> job.apply(variant.model())).toList();
    // a new one, whose tables grow while it is used
    LlamaModel shared = variant.load(variant.weights().as(DType.F32));
    CyclicBarrier start = new CyclicBarrier(THREADS);
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<List<String>>> all = new ArrayList<>();
      for (int thread = 0; thread < THREADS; thread++) {
        all.add(threads.submit(jobsFrom(thread, shared, start)));
      }
      for (Future<List<String>> each : all) {
        assertThat(each.get()).isEqualTo(expected);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  /** All jobs, each thread with another one first; their results in the jobs' order. */
  private static Callable<List<String>> jobsFrom(int first, LlamaModel model, CyclicBarrier start) {
    return () -> {
      start.await();
      String[] results = new String[JOBS.size()];
      for (int i = 0; i < results.length; i++) {
        int job = (first + i) % results.length;
        results[job] = JOBS.get(job).apply(model);
      }
      return List.of(results);
    };
  }

  /** The caches of all answers together, if they stayed, would be 250 MiB. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void answersLeaveNoMemoryBehind() throws IOException {
    LlamaModel model =
        LlamaModels.varied(
            new LlamaConfig(
                96,
                32,
                2,
                8,
                8,
                32,
                48,
                1e-5,
                10_000,
                new RopeScaling.None(),
                512,
                false,
                false,
                false));
    use(model, 0, 60);
    long before = resident();
    use(model, 60, 360);
    assertThat(resident() - before).isLessThan(24 * MEBIBYTE);
  }

  private static void use(LlamaModel model, int from, int to) {
    for (int i = from; i < to; i++) {
      int[] prompt = new int[200];
      Arrays.fill(prompt, i % 96);
      Request request = Request.greedy(prompt, 4);
      if (i % 3 == 0) {
        assertThat(new BeamSearch(model, 3).search(request)).hasSize(3);
      } else if (i % 3 == 1) {
        Request drawn = request.with(Sampling.random(i));
        assertThat(new Generator(model).generate(List.of(request, drawn))).hasSize(2);
      } else {
        assertThat(new Scorer(model).score(new Scorer.Pair(prompt, prompt))).hasSize(200);
      }
    }
  }

  /** Bytes of this process that are in memory, garbage collected. */
  private static long resident() throws IOException {
    for (int i = 0; i < 600; i++) {
      garbage = new byte[(int) MEBIBYTE]; // so that the heap has been used everywhere
    }
    System.gc();
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
      }
    }
    throw new IOException("/proc/self/status has no VmRSS");
  }
}
