package org.spiritlm.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.json.Json;
import org.spiritlm.torch.InputException;

/** Stages: done once, in order, with the same settings. */
final class RecipeTest {
  @TempDir private Path directory;

  private final List<String> worked = new ArrayList<>();
  private final List<String> lines = new ArrayList<>();

  private Stage stage(String name, int value, List<String> needs, Stage.Work work) {
    return new Stage(name, "makes " + name, needs, Json.object().put("value", value), 1, work);
  }

  private Stage stage(String name, int value, String... needs) {
    return stage(
        name,
        value,
        List.of(needs),
        (place, progress) -> {
          assertThat(place).isDirectory();
          worked.add(name);
          progress.accept("1 of 2 things");
          return true;
        });
  }

  private Recipe.Result run(Stage... stages) {
    return new Recipe(directory, List.of(stages), lines::add).run();
  }

  @Test
  void stagesAreDoneOnceAndInOrder() {
    Stage[] all = {stage("a", 1), stage("b", 1, "a"), stage("c", 1, "b")};
    Recipe.Result first = run(all);
    assertThat(first.finished()).isTrue();
    assertThat(worked).containsExactly("a", "b", "c");
    assertThat(lines).contains("stage 2 of 3, b: makes b", "stage 2 of 3, b: 1 of 2 things");
    Recipe.Result again = run(all);
    assertThat(worked).hasSize(3);
    assertThat(again.stages()).allMatch(Recipe.Done::before);
    assertThat(again.json().toString()).contains("\"stage\":\"b\"", "\"done_before\":true");
  }

  @Test
  void theTimeLeftFollowsFromWhatStagesTook() throws IOException {
    run(stage("a", 1));
    Path marker = directory.resolve("a/done.json");
    String slow =
        Files.readString(marker).replaceFirst("\"seconds\" : [0-9.]+", "\"seconds\" : 100");
    Files.writeString(marker, slow);
    run(stage("a", 1), stage("b", 1, "a"), stage("c", 1));
    assertThat(lines)
        .anyMatch(
            line -> line.matches("stage 2 of 3, b: 1 of 2 things; about 1 min 4. s left in all"));
  }

  @Test
  void aStageThatIsStoppedOrFailsIsGoneOnWith() {
    int[] calls = new int[1];
    Stage[] all = {
      stage("a", 1),
      stage(
          "b",
          1,
          List.of("a"),
          (place, progress) -> {
            calls[0]++;
            if (calls[0] == 1) {
              throw new UncheckedIOException(new IOException("No space left on device"));
            }
            return calls[0] > 2;
          }),
      stage("c", 1, "b")
    };
    assertThatThrownBy(() -> run(all)).hasMessageContaining("No space left on device");
    assertThat(run(all).finished()).isFalse();
    assertThat(lines).anyMatch(line -> line.contains("b: stopped; the same command goes on"));
    assertThat(worked).containsExactly("a");
    assertThat(run(all).finished()).isTrue();
    assertThat(worked).containsExactly("a", "c");
  }

  @Test
  void otherSettingsAreRefusedBeforeAnyWork() {
    run(stage("a", 1), stage("b", 1, "a"));
    worked.clear();
    assertThatThrownBy(() -> run(stage("a", 1), stage("b", 2, "a"), stage("c", 1)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(directory.resolve("b") + ": was made with other settings (value)");
    assertThat(worked).isEmpty();
    Stage begun = stage("c", 1, List.of(), (place, progress) -> false);
    assertThat(run(begun).finished()).isFalse();
    assertThatThrownBy(() -> run(stage("c", 2)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("other settings (value)");
  }

  @Test
  void aStageThatIsNotAtItsEndGoesOnAtAnotherRate() {
    boolean[] done = {false};
    Stage.Work work = (place, progress) -> done[0];
    assertThat(run(stage("a", 1), learning(0.5, 1, work)).finished()).isFalse();
    assertThatThrownBy(() -> run(stage("a", 1), learning(0.1, 2, work)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("other settings");
    assertThatThrownBy(() -> run(stage("a", 2), learning(0.1, 1, work)))
        .isInstanceOf(InputException.class);
    done[0] = true;
    assertThat(run(stage("a", 1), learning(0.1, 1, work)).finished()).isTrue();
    // what is done was made at this rate, and is no other's
    for (String file : List.of("begun.json", "done.json")) {
      assertThat(Json.file(directory.resolve("b").resolve(file)).at("/settings/optimiser/rate"))
          .hasToString("0.1");
    }
    assertThat(run(stage("a", 1), learning(0.1, 1, work)).finished()).isTrue();
    assertThatThrownBy(() -> run(stage("a", 1), learning(0.5, 1, work)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(
            directory.resolve("b") + ": was made with other settings (optimiser.rate)");
  }

  private static Stage learning(double rate, int value, Stage.Work work) {
    ObjectNode settings = Json.object().put("value", value);
    settings.putObject("optimiser").put("rate", rate);
    return new Stage("b", "learns", List.of("a"), settings, 1, work);
  }

  @Test
  void whatWasMadeOfOtherResultsIsRefused() throws IOException {
    run(stage("a", 1), stage("b", 1, "a"));
    for (String file : List.of("begun.json", "done.json")) {
      Files.delete(directory.resolve("a").resolve(file));
    }
    assertThatThrownBy(() -> run(stage("a", 2), stage("b", 1, "a")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(
            directory.resolve("b") + ": was made of other results than those of a");
  }

  @Test
  void aDamagedMarkerIsNamed() throws IOException {
    run(stage("a", 1));
    Path marker = directory.resolve("a/done.json");
    for (String content : List.of("", "{", "[1]", "{\"stage\":\"a\"}", "\u0000")) {
      Files.writeString(marker, content);
      assertThatThrownBy(() -> run(stage("a", 1)))
          .isInstanceOf(InputException.class)
          .hasMessageContaining(marker + " is damaged")
          .hasMessageContaining("remove the directory");
    }
  }

  @Test
  void severalProcessesShareTheStages() throws Exception {
    CountDownLatch waiting = new CountDownLatch(1);
    CountDownLatch both = new CountDownLatch(2);
    List<String> order = Collections.synchronizedList(new ArrayList<>());
    Stage[] all = {
      shared("a", order, waiting), // ends only when the other process says that it waits
      shared("b", order, both, "a"), // and b only when c is worked on beside it
      shared("c", order, both, "a"),
      shared("d", order, new CountDownLatch(0), "b", "c")
    };
    ExecutorService processes = Executors.newFixedThreadPool(2);
    try {
      Consumer<String> progress =
          line -> {
            if (line.startsWith("waiting for stages that other processes work on")) {
              waiting.countDown();
            }
          };
      Callable<Recipe.Result> one = () -> new Recipe(directory, List.of(all), progress).run();
      List<Future<Recipe.Result>> results = processes.invokeAll(List.of(one, one));
      int done = 0;
      for (Future<Recipe.Result> result : results) {
        assertThat(result.get().finished()).isTrue();
        done += (int) result.get().stages().stream().filter(stage -> !stage.before()).count();
      }
      assertThat(done).isEqualTo(all.length);
    } finally {
      processes.shutdownNow();
    }
    assertThat(order).hasSize(4).startsWith("a").contains("b", "c").endsWith("d");
  }

  private Stage shared(String name, List<String> order, CountDownLatch together, String... needs) {
    return stage(
        name,
        1,
        List.of(needs),
        (place, progress) -> {
          if (name.equals("b") || name.equals("c")) {
            together.countDown();
          }
          await(together);
          order.add(name);
          return true;
        });
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(1, TimeUnit.MINUTES)).as("what is waited for happens").isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
