package org.spiritlm.training.language;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.Torch;
import org.spiritlm.training.Settings;
import org.spiritlm.training.Trainer;

/** The configurations of language models that come with the project are read by what trains. */
final class ConfigurationsTest {
  private static final Path DIRECTORY = Path.of("..", "configs");

  @Test
  void everyKeyIsKnown() throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.list(DIRECTORY)) {
      files = all.filter(file -> !file.endsWith("tiny-gpu.yaml")).sorted().toList();
    }
    assertThat(files)
        .extracting(file -> file.getFileName().toString())
        .containsExactly("base7b.yaml", "expressive7b.yaml", "small.yaml");
    for (Path file : files) {
      Settings settings = Settings.read(file);
      LanguageTraining.of(settings);
      Trainer.Options.of(settings, 1000, Device.CPU);
      settings.finish();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"base7b.yaml", "expressive7b.yaml"})
  void stepsAreThePapers(String name) {
    Settings settings = Settings.read(DIRECTORY.resolve(name));
    LanguageTraining.of(settings);
    Trainer.Options options = Trainer.Options.of(settings, 1000, Device.CPU);
    long tokens =
        (long) options.accumulate()
            * settings.positive("sequences", 1)
            * settings.positive("length", 1);
    assertThat(tokens).isEqualTo(1 << 20); // a million a step
    assertThat(options.steps()).isEqualTo(100_000);
    assertThat(settings.below("optimiser").number("rate", 0)).isEqualTo(3e-5);
  }

  @Test
  void theMachineDecidesThePrecisionWhereSettingsDoNot() {
    assertThat(precision("auto"))
        .isEqualTo(Torch.hasFastBfloat16() ? Torch.Precision.BFLOAT16 : Torch.Precision.FULL);
    assertThat(precision("auto"))
        .isEqualTo(Trainer.Options.of(Settings.none(), 1, Device.CPU).precision());
    assertThat(precision("full")).isEqualTo(Torch.Precision.FULL);
    assertThat(precision("bfloat16")).isEqualTo(Torch.Precision.BFLOAT16);
  }

  private static Torch.Precision precision(String wanted) {
    Settings settings = Settings.parse("the test", "precision: " + wanted);
    return Trainer.Options.of(settings, 1, Device.CPU).precision();
  }
}
