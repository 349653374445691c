package org.spiritlm.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.torch.InputException;

/** Defaults, then the file, then single values; what nobody knows is refused. */
final class SettingsTest {
  @TempDir private Path directory;

  private Settings file(String content) throws IOException {
    Path file = directory.resolve("run.yaml");
    Files.writeString(file, content);
    return Settings.read(file);
  }

  @Test
  void latestWins() throws IOException {
    Settings settings =
        file("steps: 50\noptimiser:\n  rate: 3e-4\n  schedule: cosine\n")
            .with("optimiser.rate=0.5")
            .with("data.path=a: b");
    assertThat(settings.positive("steps", 10)).isEqualTo(50);
    assertThat(settings.positive("keep", 2)).isEqualTo(2);
    Settings optimiser = settings.below("optimiser");
    assertThat(optimiser.number("rate", 1)).isEqualTo(0.5);
    assertThat(optimiser.choice("schedule", LearningRate.Schedule.CONSTANT))
        .isEqualTo(LearningRate.Schedule.COSINE);
    assertThatThrownBy(settings::finish)
        .isInstanceOf(InputException.class)
        .hasMessageContaining("unknown key 'data'; known are steps, keep, optimiser");
    assertThat(settings.resolved().toString())
        .isEqualTo(
            "{\"steps\":50,\"keep\":2,\"optimiser\":{\"rate\":0.5,\"schedule\":\"cosine\"}}");
  }

  /** A default that stands in the way is taken away by null. */
  @Test
  void nullTakesAway() {
    Settings defaults = Settings.parse("defaults", "encoder: {channels: 64, layers: 6}\nsteps: 3");
    Settings all = Settings.parse("file", "encoder: {channels: null, start: there}").over(defaults);
    Settings encoder = all.below("encoder");
    assertThat(encoder.text("start", "")).isEqualTo("there");
    assertThat(encoder.positive("channels", 7)).isEqualTo(7);
    assertThat(encoder.positive("layers", 2)).isEqualTo(6);
    assertThat(all.positive("steps", 1)).isEqualTo(3);
  }

  @Test
  void exponentsWithoutAPointAreNumbers() throws IOException {
    assertThat(file("rate: 3e-4").number("rate", 1)).isEqualTo(3e-4);
  }

  @Test
  void unknownKeysBelowAreRefused() throws IOException {
    Settings settings = file("optimiser:\n  rates: 1\n");
    settings.below("optimiser").number("rate", 1);
    assertThatThrownBy(settings::finish)
        .hasMessageContaining("run.yaml: unknown key 'optimiser.rates'; known are optimiser.rate");
  }

  @Test
  void wrongTypesAreRefused() throws IOException {
    Settings settings =
        file("steps: many\nrate: -1\nschedule: fast\nflag: 3\nempty: 0\nlist: [1]\n");
    wrong(() -> settings.positive("steps", 1), "'steps' must be a whole number", "\"many\"");
    wrong(() -> settings.positive("empty", 1), "at least 1", "found 0");
    wrong(() -> settings.number("rate", 1), "'rate' must be a number of at least 0", "-1");
    wrong(
        () -> settings.choice("schedule", LearningRate.Schedule.COSINE),
        "one of constant, cosine, linear",
        "fast");
    wrong(() -> settings.flag("flag", true), "true or false", "3");
    wrong(() -> settings.text("list", ""), "a text", "[1]");
    wrong(() -> settings.below("steps"), "keys with values", "many");
    wrong(() -> settings.with("steps"), "KEY=VALUE", "steps");
    wrong(() -> file("- a\n- b\n"), "expected keys with values", "run.yaml");
    wrong(() -> file("a: [1\nb: 2"), "not YAML", "line 2");
  }

  private static void wrong(ThrowingCallable call, String... messages) {
    assertThatThrownBy(call).isInstanceOf(InputException.class).hasMessageContainingAll(messages);
  }
}
