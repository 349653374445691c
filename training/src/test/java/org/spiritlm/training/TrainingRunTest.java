package org.spiritlm.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.json.Json;
import org.spiritlm.torch.InputException;

/** A run's directory belongs to one process and one choice of settings. */
final class TrainingRunTest {
  @TempDir private Path directory;

  private TrainingRun open(String assignment) {
    Settings settings = Settings.none().with(assignment);
    settings.positive("steps", 10);
    settings.below("optimiser").number("rate", 0.5);
    settings.finish();
    return TrainingRun.open(
        directory.resolve("run"), settings.resolved(), List.of("steps"), List.of());
  }

  @Test
  void whatSteersTheRestMayChangeUntilTheEnd() {
    steered(0.5, false);
    steered(0.1, false);
    assertThat(rate()).isEqualTo(0.1);
    steered(0.1, true);
    assertThatThrownBy(() -> steered(0.2, true))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("at its end with other settings")
        .hasMessageContaining("(optimiser.rate)");
    assertThat(rate()).isEqualTo(0.1);
  }

  private void steered(double rate, boolean atEnd) {
    ObjectNode settings = Json.object();
    settings.putObject("optimiser").put("rate", rate);
    Path place = directory.resolve("run");
    try (TrainingRun run =
        TrainingRun.open(place, settings, List.of(), List.of("optimiser.rate"))) {
      run.settle(atEnd);
    }
  }

  private double rate() {
    return Json.file(directory.resolve("run/settings.json")).at("/optimiser/rate").asDouble();
  }

  private void work(String assignment) {
    try (TrainingRun run = open(assignment)) {
      assertThat(run.<Boolean>until(() -> {}, () -> true)).isTrue();
    }
  }

  @Test
  void otherSettingsAreRefused() {
    work("steps=5");
    work("steps=7"); // more steps learn the same at first
    open("steps=9").close(); // no work was done with these
    assertThatThrownBy(() -> open("optimiser.rate=0.1"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("other settings")
        .hasMessageContaining("optimiser.rate");
    assertThat(Json.file(directory.resolve("run/settings.json")).toString())
        .isEqualTo("{\"steps\":7,\"optimiser\":{\"rate\":0.5}}");
  }

  @Test
  void aSecondProcessIsRefused() {
    try (TrainingRun run = open("steps=5")) {
      assertThat(Files.isDirectory(run.directory())).isTrue();
      assertThatThrownBy(() -> open("steps=5"))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("another process");
    }
    open("steps=5").close();
  }
}
